"""All that is held about a person, page by page (https://hl7.org/fhir/R4/patient-operation-everything.html).

What the caller may not see is left out before pages are cut, so that no page tells of it. What is made from the log
(AuditEvent, Provenance) has its own searches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from saman.kernel.ids import is_fhir_id
from saman.kernel.outcome import Refusal
from saman.model.fhir import CLINICAL_TIMES, RESOURCE_TYPES, resource_number
from saman.record.audit import REFUSED, Entry, readings
from saman.record.cursor import Place
from saman.record.door import Door
from saman.record.fence import GATED, Fence, gate
from saman.record.limits import hurried
from saman.record.narrow_reading import allowed, at_once, unnarrowed
from saman.record.narrowing import insufficient, lets_row
from saman.record.reading import COLUMNS, read_row
from saman.record.refusals import gone, not_found
from saman.record.rows import person_shard
from saman.record.search.order import first_in_time
from saman.record.stored import Page, stored
from saman.record.traffic import shown

QUERY = "$everything"
"""How the log calls it."""

_PATIENT = resource_number("Patient")
_MADE = frozenset({"AuditEvent", "Provenance"})


class Everything(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of it: of these types only, written after `since`, about the time from `start` to before `end`.

    Types without a time of their own, such as Patient, are there whatever the time.
    """

    types: tuple[str, ...] = ()
    since: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    count: int = 1000
    cursor: str = ""

    def describe(self, person: str) -> str:
        """What a page marker is bound to."""
        when = [moment.isoformat() if moment else "" for moment in (self.since, self.start, self.end)]
        return f"Patient/{person}/{QUERY} {','.join(self.types)} {' '.join(when)}"


@cache
def everything_sql(fence: Fence) -> str:
    """Of the person $5 at shard $4: of the types $3, newest first within each, at most $6.

    Those after time $8 and id $9 where their type is $7; updated after $10; those of types in $13 from $11 to $12.
    """
    near = f"""SELECT y.* FROM resource y
            WHERE y.shard = $4::smallint AND y.type = k.t AND y.person = $5::text AND NOT y.deleted
              AND (k.t <> $7::smallint OR (y.at, y.id) < ($8::timestamptz, $9::text))
              AND ($10::timestamptz IS NULL OR y.updated > $10::timestamptz)
              AND (NOT k.t = ANY($13::smallint[])
                OR (y.at >= coalesce($11::timestamptz, '-infinity') AND y.at < coalesce($12::timestamptz, 'infinity')))
              AND {fence.exists("y", whom=True)}"""
    return gate(f"""SELECT {COLUMNS}, r.at, seen.ground, seen.fenced
        FROM unnest($3::smallint[]) AS k(t) CROSS JOIN LATERAL (
            {first_in_time(near, "y", "$6::bigint")}
        ) AS r {fence.join("r", whom=True)} WHERE {GATED} AND {fence.holds("r")}
        ORDER BY r.type, r.at DESC, r.id DESC LIMIT $6::bigint""")


@hurried(lambda door, person, asked: [_entry(door, person)])
async def everything(door: Door, person: str, asked: Everything) -> Page | Refusal:
    """One page; refused as not found when the caller may not see that the person is there."""
    if not allowed(door, "Patient", "rs"):
        await door.log(_entry(door, person, REFUSED))
        return insufficient()
    missing = await _missing(door, person)
    if missing is not None:
        await door.log(_entry(door, person, REFUSED))
        return missing
    place = door.store.seal.open(asked.cursor, asked.describe(person)) if asked.cursor else None
    if isinstance(place, Refusal):
        return place
    types = [one for one in asked.types or RESOURCE_TYPES if one not in _MADE and allowed(door, one, "rs")]
    rows = await _rows(door, person, asked, sorted(map(resource_number, types)), place)
    page, more = shown(rows[: asked.count]), len(rows) > asked.count
    plain = _entry(door, person)
    await door.log(*(readings(plain, page) or [plain]))
    following = door.store.seal.close(_place(page[-1]), asked.describe(person)) if more else None
    return Page(tuple(map(stored, page)), next=following)


def _entry(door: Door, person: str, outcome: int = 0) -> Entry:
    return Entry(door.context, "S", _PATIENT, person=person, outcome=outcome, query=QUERY)


async def _missing(door: Door, person: str) -> Refusal | None:
    """Why there is nothing to show of a person at all."""
    row = await read_row(door, "Patient", person) if is_fhir_id(person) else None
    if row is None:
        return not_found()
    return gone() if row["deleted"] else None


async def _rows(door: Door, person: str, asked: Everything, types: Sequence[int], place: Place | None) -> Sequence[Any]:
    """The rows of a page and one more, if there are; those that the scopes of an app leave out are read over."""
    whole, found, most = unnarrowed(door), list[Any](), asked.count + 1
    step = at_once(door, most)
    while True:
        rows = await _fetched(whole, person, asked, types, place, step)
        found += [row for row in rows if lets_row(door.context.narrowing, row, "rs")]
        if len(found) >= most or len(rows) < step:
            return found[:most]
        place = _place(rows[-1])


async def _fetched(
    door: Door, person: str, asked: Everything, types: Iterable[int], place: Place | None, most: int
) -> Sequence[Any]:
    after = int(place.text or 0) if place else 0
    listed = [one for one in types if one >= after]
    timed = [one for one in listed if one in _TIMED]
    shard = person_shard(person, door.store.mint)
    moment, id = (place.moment, place.id) if place else (None, None)
    return await door.fetch(
        everything_sql(door.store.fence),
        listed, shard, person, most, after, moment, id, asked.since, asked.start, asked.end, timed,
        whom=person,
    )  # fmt: skip


def _place(row: Any) -> Place:
    return Place(row["at"], str(row["type"]), row["id"])


_TIMED = frozenset(resource_number(name) for name in CLINICAL_TIMES)
