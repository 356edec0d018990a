"""From what has happened to whom it may concern: each event of the outbox becomes a line for each subscription.

An event leaves the outbox in the transaction in which its lines are written, so that none is lost and none comes twice,
in whatever order transactions were committed. Lines have no number yet: whether the owner may know of an event is
decided when it is told.
"""

from __future__ import annotations

import msgspec

from saman.model.fhir import resource_number
from saman.model.subscription.topic import TOPICS
from saman.record.context import Context
from saman.record.store import Store

MOST_TAKEN = 2000

_LISTED = [(one.url, resource_number(one.resource), one.changes) for one in TOPICS.values()]
_MATCH = """WITH taken AS (
    SELECT entry FROM outbox ORDER BY entry LIMIT $1 FOR UPDATE SKIP LOCKED
), happened AS (
    DELETE FROM outbox o USING taken t WHERE o.entry = t.entry
    RETURNING o.entry, o.at, o.type, o.id, o.version, o.person, o.change
), lines AS (
    SELECT s.id AS subscription, h.entry, h.at, h.type, h.id, h.version, h.change FROM happened h
    JOIN unnest($2::text[], $3::smallint[], $4::text[]) AS k(topic, type, changes)
        ON k.type = h.type AND strpos(k.changes, h.change::text) > 0
    JOIN subscription s ON s.topic = k.topic AND s.status <> 'off' AND h.entry > s.began
        AND (s.person IS NULL OR s.person = h.person)
    FOR KEY SHARE OF s  -- one that is taken out at this moment is passed over
), placed AS (
    INSERT INTO subscription_event (subscription, entry, at, type, id, version, change) SELECT * FROM lines
    RETURNING subscription
) SELECT (SELECT count(*) FROM happened) AS taken, ARRAY(SELECT DISTINCT subscription FROM placed) AS placed"""


class Matched(msgspec.Struct, frozen=True):
    """How many events were taken from the outbox, and the subscriptions for which there is something now."""

    taken: int
    placed: tuple[str, ...]


async def match(store: Store, context: Context, most: int = MOST_TAKEN) -> Matched:
    """Take at most so many events, oldest first; `context` is the system's own."""
    async with store.transaction(context) as connection:
        rows = await connection.fetch(_MATCH, most, *map(list, zip(*_LISTED, strict=True)))
    found = Matched(rows[0]["taken"], tuple(rows[0]["placed"]))
    store.notices.tell(topic_of(store, one) for one in found.placed)
    return found


def topic_of(store: Store, id: str) -> str:
    """The topic of notices under which those hear of something new who are connected for a subscription."""
    return store.notices.topic("subscription", id)
