"""The rows of subscriptions: whoever made one finds it, and nobody else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from saman.kernel import json
from saman.model.fhir import resource_number
from saman.model.subscription.notification import Standing
from saman.model.subscription.wanted import Wanted, read_wanted
from saman.record.audit import INSERT, Entry, arrays
from saman.record.context import Context
from saman.record.database import Connection
from saman.record.door import Door
from saman.record.fence import ACTOR, GATED, NUMBER, gate
from saman.record.narrowing import clauses_of, fulfils
from saman.record.rows import Resource, split
from saman.record.stored import Stored
from saman.record.subscriptions.owner import Owner, owner_of

TYPE = "Subscription"
NUMBER_OF_TYPE = resource_number(TYPE)
MOST_OWNED = 50
"""Subscriptions that one owner may have, whether or not they are on."""

COLUMNS = "id, version, updated, owner, status, error, topic, resource, headers, numbered, failures, sent"
OWN = f"{GATED} AND s.context = {NUMBER} AND s.actor = {ACTOR} AND s.client = $3::text"
_MINE = gate(f"SELECT {COLUMNS} FROM subscription s WHERE {OWN} AND ($4::text[] IS NULL OR id = ANY($4)) ORDER BY id")
_ALONE = gate(f"SELECT pg_advisory_xact_lock(hashtextextended({ACTOR} || ' ' || $3::text, 0)) WHERE {GATED}")
_ADD = gate(f"""INSERT INTO subscription (id, version, updated, context, actor, client, owner, status, topic, person,
    channel, heartbeat, ends, resource, headers, began, due)
SELECT $4::text, 1, $5::timestamptz, {NUMBER}, {ACTOR}, $3::text, $6::text, $7::text, $8::text, $9::text,
    $10::text, $11::integer, $12::timestamptz, $13::text, $14::bytea, (SELECT last_value FROM outbox_entry_seq), $5
WHERE {GATED} RETURNING {COLUMNS}""")
_CHANGE = gate(f"""UPDATE subscription s SET version = version + 1,
    updated = greatest($5::timestamptz, updated + interval '1 millisecond'),
    owner = $6::text, status = $7::text, topic = $8::text, person = $9::text, channel = $10::text,
    heartbeat = $11::integer, ends = $12::timestamptz, resource = $13::text, headers = $14::bytea,
    began = CASE WHEN status = 'off' THEN (SELECT last_value FROM outbox_entry_seq) ELSE began END,
    error = '', failures = 0, due = $5, claim = '', claimed = NULL
WHERE {OWN} AND id = $4::text AND version = $15::bigint RETURNING {COLUMNS}""")
_FORGET = gate(f"""DELETE FROM subscription_event e USING subscription s
WHERE {OWN} AND s.id = $4::text AND s.status = 'off' AND e.subscription = s.id AND e.state = 'w'""")
_REMOVE = gate(f"""DELETE FROM subscription s WHERE {OWN} AND id = $4::text AND version = coalesce($5::bigint, version)
RETURNING id, version""")


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One subscription as it is kept; `resource` has header names without values, `numbered` events were told."""

    id: str
    version: int
    updated: datetime
    owner: Owner
    status: str
    error: str
    topic: str
    resource: Resource
    headers: bytes
    numbered: int
    failures: int
    sent: datetime | None

    @property
    def wanted(self) -> Wanted:
        """What it asks for; it could be read when it was kept."""
        wanted = read_wanted({**self.resource, "status": "requested"})
        assert isinstance(wanted, Wanted)
        return wanted

    @property
    def standing(self) -> Standing:
        """How it stands, as notifications say it."""
        return Standing(id=self.id, topic=self.topic, status=self.status, count=self.numbered, error=self.error)

    def stored(self) -> Stored:
        """The resource as it is read."""
        error = {"error": self.error} if self.error else {}
        meta, body = split({**self.resource, "status": self.status, **error})
        return Stored(TYPE, self.id, self.version, self.updated, None, meta, body)


class Wish(msgspec.Struct, frozen=True):
    """A Subscription to keep: what it asks for, the resource without header values, and the sealed headers."""

    wanted: Wanted
    resource: Resource
    headers: bytes
    status: str


def kept_of(row: Any) -> Kept:
    """A row with COLUMNS."""
    values = dict(row) | {
        "owner": msgspec.json.decode(row["owner"], type=Owner),
        "resource": json.decode_kept(row["resource"]),
    }
    return Kept(**values)


def lets_own(context: Context, resource: Resource, letters: str) -> bool:
    """Whether the scopes of an app let one's own Subscription through; it is about nobody, whoever was chosen."""
    narrowing = context.narrowing
    limits = narrowing.limits(TYPE, letters) if narrowing is not None else ()
    return narrowing is None or any(
        (clauses := clauses_of(TYPE, one.searched)) is not None and fulfils(clauses, resource) for one in limits
    )


async def own(door: Door, ids: list[str] | None = None) -> list[Kept]:
    """What whoever asks has made, of these ids only if any are given."""
    return [kept_of(row) for row in await door.fetch(_MINE, door.context.client, ids)]


async def add(door: Door, id: str, wish: Wish) -> Kept | None:
    """Keep a new one; None when its owner has as many as anybody may."""
    async with door.store.transaction(door.context, door.connection) as connection:
        inside = Door(door.store, door.context, door.base, connection)
        await inside.fetch(_ALONE, door.context.client)
        if len(await own(inside)) >= MOST_OWNED:
            return None
        [row] = await inside.fetch(_ADD, *_values(door, id, wish))
        await _log(connection, Entry(door.context, "C", NUMBER_OF_TYPE, id, 1))
    return kept_of(row)


async def change(door: Door, id: str, wish: Wish, expected: int) -> Kept | None:
    """Keep a new version of what is at version `expected`; None when that was changed meanwhile."""
    async with door.store.transaction(door.context, door.connection) as connection:
        inside = Door(door.store, door.context, door.base, connection)
        rows = await inside.fetch(_CHANGE, *_values(door, id, wish), expected)
        if not rows:
            return None
        await inside.fetch(_FORGET, door.context.client, id)
        await _log(connection, Entry(door.context, "U", NUMBER_OF_TYPE, id, rows[0]["version"]))
    return kept_of(rows[0])


async def remove(door: Door, id: str, expected: int | None) -> bool:
    """Take out what is there, at version `expected` if given, with everything that it was told or waits for."""
    async with door.store.transaction(door.context, door.connection) as connection:
        inside = Door(door.store, door.context, door.base, connection)
        rows = await inside.fetch(_REMOVE, door.context.client, id, expected)
        if not rows:
            return False
        await _log(connection, Entry(door.context, "D", NUMBER_OF_TYPE, id, rows[0]["version"]))
    return True


def _values(door: Door, id: str, wish: Wish) -> tuple[Any, ...]:
    wanted, context = wish.wanted, door.context
    owner = msgspec.json.encode(owner_of(context)).decode()
    return (
        context.client, id, context.now, owner, wish.status, wanted.topic.url, wanted.person, wanted.channel,
        wanted.heartbeat, wanted.ends, json.encode(wish.resource).decode(), wish.headers,
    )  # fmt: skip


async def _log(connection: Connection, entry: Entry) -> None:
    """The entry of a write, in its own transaction."""
    await connection.fetch(INSERT, *arrays([entry.row()]))
