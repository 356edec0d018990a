"""What owners ask of their subscriptions: how they stand, what happened since a number, a token for a web socket."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.subscription.notification import Standing, Told
from saman.model.subscription.wanted import Content
from saman.record.apps.clients import hashed
from saman.record.context import system
from saman.record.door import Door
from saman.record.fence import ACTOR, GATED, NUMBER, gate
from saman.record.record import Record
from saman.record.refusals import not_found
from saman.record.store import Store
from saman.record.subscriptions.kept import OWN, Kept, lets_own, own
from saman.record.subscriptions.owner import Owner, owner_of
from saman.record.subscriptions.telling import judged

MOST_ASKED = 100
"""Events in one answer of `$events`."""
TOKEN_LASTS = timedelta(minutes=5)

_NUMBERED = gate(f"""SELECT e.number, e.at, e.type AS kind, e.id, e.version, e.change::text AS change
FROM subscription s JOIN subscription_event e ON e.subscription = s.id
WHERE {OWN} AND s.id = $4::text AND e.number BETWEEN $5::bigint AND $6::bigint ORDER BY e.number LIMIT $7""")
_GIVE = gate(f"""INSERT INTO subscription_token (key, context, actor, client, owner, subscriptions, until)
SELECT $4::bytea, {NUMBER}, {ACTOR}, $3::text, $5::text, $6::text[], $7::timestamptz WHERE {GATED} RETURNING until""")
_USE = "DELETE FROM subscription_token WHERE key = $1 RETURNING owner, subscriptions, until"


class Asked(msgspec.Struct, frozen=True):
    """A subscription, and those events that were asked for."""

    standing: Standing
    events: tuple[Told, ...] = ()


class Bound(msgspec.Struct, frozen=True):
    """What a token for a web socket was given for: by whom, and for which subscriptions."""

    owner: Owner
    subscriptions: tuple[str, ...]


async def mine(door: Door, ids: Sequence[str] = ()) -> list[Kept]:
    """The subscriptions of whoever asks, of these ids only if any are given, as far as an app's scopes go."""
    found = await own(door, list(ids) or None)
    return [one for one in found if lets_own(door.context, one.stored().resource(), "rs")]


async def events_between(record: Record, id: str, first: int, last: int, content: Content | None) -> Asked | Refusal:
    """What happened from event `first` to `last`, as far as the caller may still know of it, at most `MOST_ASKED`."""
    kept = next(iter(await mine(record, [id])), None)
    if kept is None:
        return not_found()
    rows = await record.fetch(_NUMBERED, record.context.client, id, first, last, MOST_ASKED)
    wanted, told, entries = kept.wanted, list[Told](), []
    for row in rows:
        event = {**dict(row), "type": row["kind"]}
        seen = await judged(record, wanted, event, content or wanted.content, row["number"])
        told.append(seen.told if seen is not None else Told(number=row["number"]))
        entries += [seen.entry] if seen is not None else []
    await record.log(*entries)
    return Asked(kept.standing, tuple(told))


async def binding_token(door: Door, ids: Sequence[str]) -> tuple[str, datetime, tuple[str, ...]] | Refusal:
    """A word that binds a web socket to some of one's own subscriptions once, and until when it does."""
    found = [one.id for one in await mine(door, ids) if one.wanted.channel == "websocket" and one.status != "off"]
    if not found or (ids and set(found) != set(ids)):
        text = "There is no such subscription with a web socket, or you may not see it."
        return refused(Kind.NOT_FOUND, "not-found", text, "id")
    made, until = secrets.token_urlsafe(32), door.context.now + TOKEN_LASTS
    owner = msgspec.json.encode(owner_of(door.context)).decode()
    await door.fetch(_GIVE, door.context.client, hashed(made), owner, found, until)
    return made, until, tuple(found)


async def bound(store: Store, word: str, now: datetime) -> Bound | None:
    """What a token was given for; it is used up by this."""
    async with store.transaction(system(now)) as connection:
        row = await connection.fetchrow(_USE, hashed(word))
    if row is None or row["until"] <= now:
        return None
    return Bound(msgspec.json.decode(row["owner"], type=Owner), tuple(row["subscriptions"]))
