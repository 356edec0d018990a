"""Applies the files of a care model to a running system: what changes and whom it concerns is said first, then it
happens whole or not at all, and the version is kept. People in a service stay on the version that they are on.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import msgspec

from saman.flows.governance.people import Concerned, Holding, concerned, holding
from saman.flows.governance.resources import changes_to, made
from saman.flows.governance.sight import UNREAD, sight
from saman.kernel import json
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.compare import Difference, compare
from saman.model.care.fhir import Changes
from saman.model.care.kept import digests
from saman.model.whole import Region, findings, read_region, read_today, standing_day
from saman.record import Record, Store, system
from saman.record.applied import Applied, Kept, alone, keep, kept, newest, number_now, topic

FOLDER, PAGE, ROLLBACK, DAY = "folder", "page", "rollback", "day"
"""Where what is applied comes from."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What applying would change.

    `before` is the number of the version in force (0: none), `number` the one that this becomes, the same when nothing
    is new. `sight`: by what it touches who may see what, empty: not at all. `holding` are organisations that leave and
    hold open tasks.
    """

    before: int
    number: int
    version: str
    differences: tuple[Difference, ...]
    sight: tuple[str, ...]
    changes: Changes
    concerned: tuple[Concerned, ...]
    holding: tuple[Holding, ...]

    @property
    def is_empty(self) -> bool:
        """Whether everything is as it would be made."""
        return self.number == self.before and not (self.changes.create or self.changes.update)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Files that are fit to be applied, read as they are on a day."""

    files: Mapping[str, str]
    region: Region
    day: date | None

    @property
    def digest(self) -> str:
        """The same for the same files on days between which they change nothing."""
        return digest_of(self.files, self.region.folder.name, self.day)


def digest_of(files: Mapping[str, str], name: str, day: date | None) -> str:
    """A digest of files as they hold from a day on."""
    whole = json.encode([name, day.isoformat() if day else "", dict(sorted(files.items()))])
    return hashlib.sha256(whole).hexdigest()


def read_wanted(files: Mapping[str, str], name: str, now: datetime, *, checked: bool = True) -> Wanted | Refusal:
    """The files in the folder `name` as they are now; refused with everything that is wrong with them.

    Not `checked` is what was in force before: it has only to be read.
    """
    wrong = findings(files, Path(name), now) if checked else ()
    if wrong:
        return Refusal(Kind.INVALID, wrong)
    region = read_today(files, Path(name), now)
    if isinstance(region, Refusal):
        return region
    return Wanted(files=files, region=region, day=standing_day(files, region, now))


class How(msgspec.Struct, frozen=True, kw_only=True):
    """Where files come from, and the number of the version that a plan was shown for.

    With `expected` it is refused when another version has been applied since.
    """

    origin: str = FOLDER
    expected: int | None = None


HOW = How()


async def plan_files(store: Store, files: Mapping[str, str], name: str, now: datetime) -> Plan | Refusal:
    """What applying the files of the folder `name` would change; nothing is written."""
    wanted = await asyncio.to_thread(read_wanted, files, name, now)
    return wanted if isinstance(wanted, Refusal) else await _planned(Record(store, system(now, "apply")), wanted)


async def apply_files(
    store: Store,
    files: Mapping[str, str],
    name: str,
    now: datetime,
    author: str,
    reason: str,
    how: How = HOW,
) -> Plan | Refusal:
    """Apply the files of the folder `name` in one transaction, and tell the servers; the same files change nothing.

    `author` is a name or reference, `reason` why; both are kept with the version. Who else applies waits.
    """
    wanted = await asyncio.to_thread(read_wanted, files, name, now, checked=how.origin != DAY)
    if isinstance(wanted, Refusal):
        return wanted
    fit = wanted

    async def work(inner: Record) -> Plan | Refusal:
        assert inner.connection is not None
        await alone(inner.connection)
        if how.expected is not None and await number_now(inner.connection) != how.expected:
            text = "Another version was applied since the plan was shown. Look at the plan again."
            return refused(Kind.CONFLICT, "conflict", text, "applied")
        plan = await _planned(inner, fit)
        if isinstance(plan, Refusal) or plan.is_empty:
            return plan
        refusal = await made(inner, plan.changes)
        if refusal is not None:
            return refusal
        if plan.number != plan.before:
            one = _version(fit, plan.number, inner.context.now, author, reason, how.origin)
            await keep(inner.connection, one, fit.files, topic(store.notices))
        return plan

    return await Record(store, system(now, "apply")).atomically(work)


async def roll_back(store: Store, number: int, now: datetime, author: str, reason: str) -> Plan | Refusal:
    """Apply the files of an earlier version again, as a new version."""
    found = await kept(store.statements, number)
    if found is None:
        return unknown_version(number)
    return await apply_files(store, found.files, found.applied.folder, now, author, reason, How(origin=ROLLBACK))


def other_region(held: str, wanted: str) -> Refusal:
    """Whoever is in a database would be seen by the rules of another region."""
    text = (
        f"The database holds the region {held}, and this is {wanted}. Nothing in it was changed. Give the folder of "
        "that region (SAMAN_REGION), or give this one a database of its own: another SAMAN_DATA_DIR or "
        "SAMAN_DATABASE_URL."
    )
    return refused(Kind.CONFLICT, "conflict", text, "SAMAN_REGION")


def unknown_version(number: int) -> Refusal:
    """No version has this number."""
    text = f"There is no version {number}. `saman model versions` lists them."
    return refused(Kind.NOT_FOUND, "not-found", text, "number")


def read_kept(held: Kept) -> Region | Refusal:
    """A version as it was applied; refused with the mend when this version of Saman does not understand its files."""
    region = read_region(held.files, Path(held.applied.folder), held.applied.day or date.min)
    if not isinstance(region, Refusal):
        return region
    text = (
        f"Version {held.applied.number} of the care model, which was applied to this database, does not load with "
        "this version of Saman. Start the version of Saman that applied it, or mend the folder and apply it: "
        "saman model apply DIR."
    )
    return Refusal(Kind.INVALID, (refused(Kind.INVALID, "invalid", text).issues[0], *region.issues))


async def _planned(record: Record, wanted: Wanted) -> Plan | Refusal:
    held = await newest(record.connection or record.store.statements)
    if held is not None and held.applied.region != wanted.region.model.region.id:
        return other_region(held.applied.region, wanted.region.model.region.id)
    changes = await changes_to(record, wanted.region.model)
    if isinstance(changes, Refusal):
        return changes
    applied = held.applied if held is not None else None
    people = await concerned(record, applied.services if applied else {}, digests(wanted.region.model))
    if isinstance(people, Refusal):
        return people
    left = await holding(record, changes.left)
    if isinstance(left, Refusal):
        return left
    number = applied.number if applied else 0
    is_new = applied is None or applied.digest != wanted.digest
    known = await asyncio.to_thread(read_kept, held) if held is not None else None
    before = known if isinstance(known, Region) else None
    return Plan(
        before=number,
        number=number + 1 if is_new else number,
        version=wanted.region.model.region.version,
        differences=compare(before.model, wanted.region.model) if before else (),
        sight=await asyncio.to_thread(_sight, held, before, wanted, record.context.now) if held and is_new else (),
        changes=changes,
        concerned=people,
        holding=left,
    )


def _sight(held: Kept, before: Region | None, wanted: Wanted, now: datetime) -> tuple[str, ...]:
    if before is None:
        return (UNREAD,)
    old, folder = f"{held.applied.folder}/", wanted.region.folder
    files = {
        f"{folder.name}/{path.removeprefix(old)}" if path.startswith(old) else path: text
        for path, text in held.files.items()
    }
    return sight(files, wanted.files, folder, now, before)


def _version(wanted: Wanted, number: int, now: datetime, author: str, reason: str, origin: str) -> Applied:
    model = wanted.region.model
    return Applied(
        number=number,
        region=model.region.id,
        folder=wanted.region.folder.name,
        version=model.region.version,
        digest=wanted.digest,
        day=wanted.day,
        services=digests(model),
        parties=tuple(sorted(party.id for party in model.parties)),
        at=now,
        author=author,
        reason=reason,
        origin=origin,
    )
