"""The table of whom posts, services and duties stand for, derived from the directory as it is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Any

from saman.model.access.standing import Standing, standings
from saman.record.database import Connection
from saman.record.rows import Resource

_THERE = "SELECT ground, reference, party, since, until FROM stands_for WHERE ground = ANY($1::text[])"
_FORGET = "DELETE FROM stands_for WHERE ground = ANY($1::text[])"
_KEEP = """INSERT INTO stands_for (ground, reference, party, since, until)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])"""
_BEHIND = """SELECT s.party FROM stands_for s WHERE s.reference = ANY($1::text[]) UNION
SELECT b.party FROM stands_for s JOIN stands_for b ON b.reference = s.party WHERE s.reference = ANY($1::text[])"""
_CONCERNED = """SELECT r.person FROM relation r WHERE r.party = ANY($1::text[]) UNION
SELECT r.person FROM stands_for s JOIN relation r ON r.party = s.reference WHERE s.party = ANY($1::text[])
ORDER BY person"""

Written = Sequence[tuple[str, Resource | None]]
Row = tuple[str, str, str, datetime | None, datetime | None]


class Changed:
    """What a write changed: the references that stand for others now, and the parties that they stand for."""

    def __init__(self, before: set[Row], after: set[Row]) -> None:
        self.rows = after
        differing = before ^ after
        self.references = sorted({row[1] for row in differing})
        self.parties = sorted({row[2] for row in differing})


async def standing(connection: Connection, written: Written, zone: tzinfo) -> Changed:
    """What these resources change, compared with what stands."""
    grounds = [ground for ground, _ in written]
    before = {tuple(row) for row in await connection.fetch(_THERE, grounds)}
    after = {_row(one) for _, resource in written if resource is not None for one in standings(resource, zone)}
    return Changed(before, after)


async def keep_standing(connection: Connection, written: Written, changed: Changed) -> None:
    """Put what these resources say in the place of what they said."""
    await connection.execute(_FORGET, [ground for ground, _ in written])
    if changed.rows:
        await connection.execute(_KEEP, *zip(*sorted(changed.rows, key=str), strict=True))


async def parties_behind(connection: Connection, parties: Iterable[str]) -> set[str]:
    """The organisations that these parties stand for, as far as they are references, at any time."""
    references = [party for party in parties if "/" in party]
    if not references:
        return set()
    return {row["party"] for row in await connection.fetch(_BEHIND, references)}


async def concerned(connection: Connection, references: Sequence[str]) -> list[str]:
    """The people who are tied to one of these references."""
    return [row["person"] for row in await connection.fetch(_CONCERNED, references)]


def _row(one: Standing) -> Any:
    return one.ground, one.reference, one.party, one.since, one.until
