"""Approving and applying changes of a region's files: one at a time, whole or not at all, as they were read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from saman.flows.governance.changes import CHANGES, Approval, Change, State, after, closed, outdated, own
from saman.flows.governance.changes_meaning import Meaning, meaning
from saman.flows.governance.changes_texts import digest_of_all
from saman.flows.governance.mandate import Matter, barred
from saman.flows.governance.resources import applied as resources_applied
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.whole import read_today
from saman.record import Record, Store
from saman.record.workspace import Draft, Item, Workspace, write_all


class Turn(msgspec.Struct, frozen=True):
    """Which change is being applied: only one is at a time."""

    change: str


TURNS = Workspace("change-turn", Turn)
TURN = "turn"


async def in_force(store: Store, beginning: Mapping[str, str], folder: str) -> dict[str, str]:
    """The files of the region that runs: those it began with, and what was applied since, in its order."""
    files = dict(beginning)
    done = {one.id: one.body for one in await CHANGES.all(store) if one.body.state is State.APPLIED}
    turns = {one.body.change: one.version for one in reversed(await TURNS.past(store, TURN))}
    for id in sorted(done, key=turns.__getitem__):
        files = after(files, done[id], folder)
    return files


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a change stands against the files in force: what it would lead to, what that means, what is in its way.

    `approved`: somebody else has approved just this, and nothing was applied since that changes what it leads to.
    """

    files: Mapping[str, str]
    there: Mapping[str, str]
    after: Mapping[str, str]
    meaning: Meaning
    outdated: tuple[str, ...]
    approved: bool

    @property
    def needs_second(self) -> bool:
        """Whether two people are needed, since it touches who may see what."""
        return bool(self.meaning.sight)

    @property
    def is_ready(self) -> bool:
        """Whether it could be applied as it is, but for somebody's approval."""
        return not self.meaning.wrong and not self.outdated


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """The texts that a server began with, by path below the folder that holds the regions, and its region's folder."""

    texts: Mapping[str, str]
    folder: str

    async def now(self, store: Store) -> dict[str, str]:
        """The texts in force."""
        return await in_force(store, self.texts, self.folder)


async def standing(store: Store, files: Files, change: Change, now: datetime, language: str) -> Standing:
    """How a change stands now."""
    texts = await files.now(store)
    there, then = own(texts, files.folder), after(texts, change, files.folder)
    means = await asyncio.to_thread(meaning, texts, then, files.folder, now, language)
    approval = change.approval
    return Standing(
        files=texts,
        there=there,
        after=then,
        meaning=means,
        outdated=outdated(change, there),
        approved=approval is not None and approval.digest == digest_of_all(then),
    )


async def approve(record: Record, files: Files, item: Item[Change], reason: str) -> Item[Change] | Refusal:
    """Approve a change as it was read: refused for whoever wrote any of it, and for what could not be applied."""
    refusal = barred(record.context, Matter.APPROVAL) or (None if item.body.is_open else closed())
    if refusal is None and record.context.actor in item.body.writers:
        text = "Somebody else has to approve this: you wrote it."
        refusal = refused(Kind.FORBIDDEN, "forbidden", text, key="changes.own")
    if refusal is not None:
        return refusal
    stands = await standing(record.store, files, item.body, record.context.now, "en")
    if not stands.is_ready:
        return _unready()
    context = record.context
    approval = Approval(context.actor, context.now, item.version, digest_of_all(stands.after))
    body = msgspec.structs.replace(item.body, approval=approval)
    return await CHANGES.write(record.store, context, Draft(id=item.id, seen=item.version, body=body, reason=reason))


def _shut(item: Item[Change]) -> Refusal | None:
    return None if item.body.state in (State.OPEN, State.APPLYING) else closed()


def _unready() -> Refusal:
    text = "Something is wrong with the files, or they have changed since. Put that right first."
    return refused(Kind.CONFLICT, "conflict", text, key="changes.unready")


async def apply(record: Record, files: Files, item: Item[Change], reason: str) -> Item[Change] | Refusal:
    """Bring a change into force. One that was begun and broken off is begun anew, by whoever has the mandate."""
    refusal = barred(record.context, Matter.FILES) or _shut(item)
    if refusal is not None:
        return refusal
    turn = await TURNS.one(record.store, TURN)
    if turn is not None and turn.body.change != item.id and await _is_applying(record.store, turn.body.change):
        text = "Another proposal is being applied. Try again when that is done."
        return refused(Kind.CONFLICT, "conflict", text, key="changes.turn")
    stands = await standing(record.store, files, item.body, record.context.now, "en")
    if not stands.is_ready:
        return _unready()
    if stands.needs_second and not stands.approved:
        text = "This touches who may see what: a second person has to approve it first."
        return refused(Kind.FORBIDDEN, "forbidden", text, key="changes.second")
    return await _made(record, files.folder, item, turn, stands.after, reason)


async def _is_applying(store: Store, id: str) -> bool:
    other = await CHANGES.one(store, id)
    return other is not None and other.body.state is State.APPLYING


async def _made(
    record: Record, folder: str, item: Item[Change], turn: Item[Turn] | None, then: Mapping[str, str], reason: str
) -> Item[Change] | Refusal:
    begun = msgspec.structs.replace(item.body, state=State.APPLYING)
    mine = Draft(id=TURN, seen=turn.version if turn else 0, body=Turn(item.id), reason=reason)
    started = await write_all(
        record.store,
        record.context,
        [(CHANGES, Draft(id=item.id, seen=item.version, body=begun, reason=reason)), (TURNS, mine)],
    )
    if isinstance(started, Refusal):
        return started
    refusal = await applied(record, then, folder, reason)
    state = State.APPLIED if refusal is None else State.OPEN
    body = msgspec.structs.replace(item.body, state=state)
    draft = Draft(id=item.id, seen=item.version + 1, body=body, reason=reason)
    done = await CHANGES.write(record.store, record.context, draft)
    return refusal or done


async def applied(record: Record, files: Mapping[str, str], folder: str, reason: str) -> Refusal | None:
    """Bring all files of the region into force: the record gets the resources of the care model that they hold."""
    region = await asyncio.to_thread(read_today, files, Path(folder), record.context.now)
    if isinstance(region, Refusal):
        return region
    changes = await resources_applied(record.store, region.model, record.context.now)
    return changes if isinstance(changes, Refusal) else None
