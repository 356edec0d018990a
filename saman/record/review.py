"""The log as people read it: a person's own looks, and what the reviewer of a controller may see of it.

Each is read through a door of the database that holds the context against what it may ask (migration 0008). Looks by
people and the many acts of computers are read apart, so that the latter never crowd out the former.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import msgspec

from saman.record.audit import Entry, Logged
from saman.record.door import Door
from saman.record.fence import GATED, gate

MOST = 1000
"""Rows of the log that are read at once."""

_LOOKS = gate(f"SELECT * FROM looks_at($3::text, $4::timestamptz, $5::timestamptz, $6::integer) WHERE {GATED}")
_REST = gate(f"""SELECT day, party, source, wrote, times, client, behind
    FROM rest_at($3::text, $4::timestamptz, $5::timestamptz, $6::text, $7::text[]) WHERE {GATED}""")
_REVIEWED = gate(f"""SELECT * FROM reviewed_looks($3::timestamptz, $4::timestamptz, $5::text, $6::text, $7::text,
    $8::integer) WHERE {GATED}""")
_NUMBERS = gate(f"""SELECT unit, looks, people, staff, refused, lists
    FROM log_numbers($3::timestamptz, $4::timestamptz) WHERE {GATED} ORDER BY unit""")
_NOTES = gate(f"""SELECT week, unit, visit, found, note, actor, at FROM reviewed
    WHERE {GATED} AND at >= $3::timestamptz ORDER BY entry""")
_NOTE = """INSERT INTO reviewed (organisation, week, unit, visit, found, note, actor, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"""
_WISH = gate(f"SELECT tells, since, told_until FROM log_wish WHERE {GATED} AND person = $3::text")
_KEEP_WISH = """INSERT INTO log_wish (person, tells, since, told_until) VALUES ($1, $2, $3, $3)
ON CONFLICT (person) DO UPDATE SET tells = excluded.tells, since = excluded.since, told_until = excluded.told_until"""
_TOLD = "UPDATE log_wish SET told_until = $2 WHERE person = $1"


class Rest(msgspec.Struct, frozen=True):
    """What the log holds besides looks, counted by day.

    `party` whose lists showed the person, or `system` for acts of computers: then `source` says whose, as their
    requests begin, and `wrote` whether something was stored. `client` is the id of a back-end client and `behind` the
    organisation that it acted for.
    """

    day: date
    party: str
    source: str
    wrote: bool
    times: int
    client: str = ""
    behind: str = ""


class Numbers(msgspec.Struct, frozen=True):
    """What the people of one unit did: requests that showed something of `people` people, by `staff`; requests that
    were refused, and those that showed lists.
    """

    unit: str
    looks: int
    people: int
    staff: int
    refused: int
    lists: int


class Note(msgspec.Struct, frozen=True):
    """What a reviewer said of a visit: `checked`, `asked` or `serious`, with words."""

    week: str
    unit: str
    visit: int
    found: str
    note: str
    actor: str
    at: datetime


class Wish(msgspec.Struct, frozen=True):
    """What a citizen wants to be told of (a code, or empty), from when on, and until when it was told."""

    tells: str
    since: datetime
    told_until: datetime


async def looks_at(door: Door, person: str, since: datetime, until: datetime, most: int = MOST) -> tuple[Logged, ...]:
    """Looks at a person by people, newest first, without those that showed a name on a list."""
    return tuple(map(_logged, await door.fetch(_LOOKS, person, since, until, most)))


async def rest_at(
    door: Door, person: str, since: datetime, until: datetime, zone: str, sources: Iterable[str]
) -> tuple[Rest, ...]:
    """Lists and acts of computers by day in a time zone; `sources` are beginnings of requests that are told apart."""
    return tuple(Rest(*row) for row in await door.fetch(_REST, person, since, until, zone, sorted(sources)))


async def reviewed_looks(
    door: Door,
    since: datetime,
    until: datetime,
    *,
    unit: str = "",
    actor: str = "",
    person: str = "",
    most: int = 20_000,
) -> tuple[Logged, ...]:
    """Looks by the people of the reviewer's own organisation, newest first; none for anybody else.

    Nothing is logged by this: `log_review` says whose rows were shown.
    """
    return tuple(map(_logged, await door.fetch(_REVIEWED, since, until, unit, actor, person, most)))


async def log_review(door: Door, persons: Iterable[str], type_number: int, what: str) -> None:
    """Say in the log of each person that a reviewer was shown rows of it."""
    about = sorted(set(persons))
    await door.log(*(Entry(door.context, "R", type_number, person=one, query=what) for one in about))


async def log_numbers(door: Door, since: datetime, until: datetime) -> tuple[Numbers, ...]:
    """Numbers alone, for reviewers and data-protection officers, of their own organisation and its units."""
    return tuple(Numbers(*row) for row in await door.fetch(_NUMBERS, since, until))


async def notes_since(door: Door, since: datetime) -> tuple[Note, ...]:
    """What was said of visits since then in the own organisation, oldest first."""
    return tuple(Note(*row) for row in await door.fetch(_NOTES, since))


async def keep_note(door: Door, note: Note) -> None:
    """Add what a reviewer says, for the organisation the reviewer acts for; nothing is ever changed."""
    values: list[Any] = [door.context.party, note.week, note.unit, note.visit, note.found, note.note]
    async with door.store.transaction(door.context, door.connection) as connection:
        await connection.execute(_NOTE, *values, note.actor, note.at)


async def wish_of(door: Door, person: str) -> Wish | None:
    """What a citizen wants to be told of; None when nothing was ever chosen."""
    rows = await door.fetch(_WISH, person)
    return Wish(*rows[0]) if rows else None


async def keep_wish(door: Door, person: str, tells: str) -> None:
    """Put a choice in the place of the one before; what happened earlier is not told."""
    async with door.store.transaction(door.context, door.connection) as connection:
        await connection.execute(_KEEP_WISH, person, tells, door.context.now)


async def told(door: Door, person: str, until: datetime) -> None:
    """Remember until when a citizen was told."""
    async with door.store.transaction(door.context, door.connection) as connection:
        await connection.execute(_TOLD, person, until)


def _logged(row: Any) -> Logged:
    """An entry as read back, by the names of its columns."""
    return Logged(**{name: row[name] for name in Logged.__struct_fields__})
