"""What of the events that wait may be told now, held against the rights that the owner has at this moment.

An event has no number before its owner may know of it, so that neither gaps nor counts speak of what is hidden. Once
it has a number it may have been told; should the owner lose sight of it before the receiver has confirmed, its number
is told alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from saman.model.fhir import resource_name
from saman.model.subscription.notification import Told
from saman.model.subscription.wanted import Content, Wanted
from saman.record.audit import Entry
from saman.record.context import system
from saman.record.narrow_reading import allowed, narrowly
from saman.record.narrowing import clauses_of, fulfils
from saman.record.reading import read_row
from saman.record.record import Record
from saman.record.stored import stored
from saman.record.subscriptions.attempts import Claimed

CHUNK = 100
MOST_BYTES = 4 * 1024 * 1024
"""Of resources in one notification; an event always goes out, be it larger."""

_EVENTS = "SELECT entry, number, at, type, id, version, change::text AS change, state::text AS state"
_OPEN = f"""{_EVENTS} FROM subscription_event WHERE subscription = $1 AND state = $2::text::"char"
ORDER BY number, entry LIMIT $3"""
_HELD = "SELECT numbered FROM subscription WHERE id = $1 AND claim = $2 FOR UPDATE"
_DROP = "DELETE FROM subscription_event WHERE subscription = $1 AND entry = ANY($2::bigint[]) AND state = 'w'"
_NUMBER = """UPDATE subscription_event e SET state = 'n', number = $3 + k.place
FROM unnest($2::bigint[]) WITH ORDINALITY AS k(entry, place)
WHERE e.subscription = $1 AND e.entry = k.entry AND e.state = 'w'"""
_COUNT = "UPDATE subscription SET numbered = numbered + $2 WHERE id = $1"


class Seen(msgspec.Struct, frozen=True):
    """An event that may be told, and the entry that says to the log that it was."""

    told: Told
    entry: Entry


class Batch(msgspec.Struct, frozen=True):
    """The events of one notification, and how many have been numbered by now."""

    events: tuple[Told, ...] = ()
    numbered: int = 0


async def judged(record: Record, wanted: Wanted, event: Any, content: Content, number: int = 0) -> Seen | None:
    """The event as the owner's own Record shows it; None when it shows nothing, or nothing that was asked for."""
    type_name = resource_name(event["type"])
    if type_name != wanted.topic.resource or event["change"] not in wanted.topic.changes:
        return None
    row = await _version(record, type_name, event["id"], event["version"])
    if row is None:
        return None
    is_removed = event["change"] == "D"
    before = None
    if event["version"] > 1 and (is_removed or wanted.topic.compares):
        before = await _version(record, type_name, event["id"], event["version"] - 1)
    looked = before if is_removed else row
    if looked is None or looked["deleted"]:
        return None
    then = stored(before).resource() if before is not None and not before["deleted"] and not is_removed else None
    if not _asked_for(wanted, stored(looked).resource(), then):
        return None
    text = stored(row).text() if content == "full-resource" and not is_removed else ""
    focus = "" if content == "empty" else f"{type_name}/{event['id']}"
    told = Told(number=number, at=event["at"], focus=focus, change=event["change"], text=text)
    read = Entry(
        record.context, "R", event["type"], event["id"], event["version"], row["person"], ground=row["ground"] or ""
    )
    return Seen(told, read)


async def _version(record: Record, type_name: str, id: str, version: int) -> Any:
    if not allowed(record, type_name, "r"):
        return None
    row = await read_row(record, type_name, id, version) or await read_row(record, type_name, id, version, "history")
    return row if row is not None and await narrowly(record, type_name, id, row) else None


def _asked_for(wanted: Wanted, current: dict[str, Any], before: dict[str, Any] | None) -> bool:
    if not wanted.topic.tells_of(current, before):
        return False
    return all(
        (clauses := clauses_of(wanted.topic.resource, one)) is not None and fulfils(clauses, current)
        for one in wanted.filters
    )


async def next_batch(record: Record, claimed: Claimed) -> Batch:
    """What to tell next, numbered and in the log; `record` is the owner's own. Empty when there is nothing (more)."""
    wanted = claimed.kept.wanted
    again = await _open(record, claimed, "n", wanted.most)
    if again:
        return await _told_again(record, wanted, again, claimed.kept.numbered)
    while waiting := await _open(record, claimed, "w", CHUNK):
        batch = await _first_told(record, claimed, wanted, waiting)
        if batch is None or batch.events:
            return batch or Batch()
    return Batch()


async def _told_again(record: Record, wanted: Wanted, events: Sequence[Any], numbered: int) -> Batch:
    seen = [(one, await judged(record, wanted, one, wanted.content, one["number"])) for one in events]
    await record.log(*(one.entry for _, one in seen if one is not None))
    told = tuple(one.told if one is not None else Told(number=event["number"]) for event, one in seen)
    return Batch(told, numbered)


async def _first_told(record: Record, claimed: Claimed, wanted: Wanted, waiting: Sequence[Any]) -> Batch | None:
    """Those of `waiting` that fit into one notification; None when somebody else has taken over."""
    hidden: list[int] = []
    found: list[tuple[int, Seen]] = []
    size = 0
    for event in waiting:
        seen = await judged(record, wanted, event, wanted.content)
        if seen is None:
            hidden.append(event["entry"])
            continue
        size += len(seen.told.text)
        if found and size > MOST_BYTES:
            break
        found.append((event["entry"], seen))
        if len(found) == wanted.most:
            break
    numbered = await _numbered(record, claimed, [entry for entry, _ in found], hidden)
    if numbered is None:
        return None
    await record.log(*(one.entry for _, one in found))
    told = [msgspec.structs.replace(one.told, number=numbered + place) for place, (_, one) in enumerate(found, 1)]
    return Batch(tuple(told), numbered + len(told))


async def _open(record: Record, claimed: Claimed, state: str, most: int) -> Sequence[Any]:
    async with record.store.transaction(system(record.context.now)) as connection:
        return await connection.fetch(_OPEN, claimed.kept.id, state, most)


async def _numbered(record: Record, claimed: Claimed, entries: list[int], hidden: list[int]) -> int | None:
    """How many had a number before these got theirs; None when the claim has gone to somebody else."""
    id = claimed.kept.id
    async with record.store.transaction(system(record.context.now)) as connection:
        before: int | None = await connection.fetchval(_HELD, id, claimed.word)
        if before is not None:
            await connection.execute(_DROP, id, hidden)
            await connection.execute(_NUMBER, id, entries, before)
            await connection.execute(_COUNT, id, len(entries))
    return before
