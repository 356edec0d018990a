"""What a citizen wants to be told of looks: nothing at first. It stands on the first page until it was seen."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from saman.flows.review.acting import own_citizen
from saman.flows.review.openings import own_openings
from saman.flows.review.terms import log_terms
from saman.flows.review.visits import Visit, visits
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record import Record
from saman.record.review import keep_wish, looks_at, told, wish_of

EMERGENCY, FIRST, EVERY = "emergency", "first", "every"
WISHES: Final = ("", EMERGENCY, FIRST, EVERY)
"""Of nothing, of emergency openings, of the first look of a unit too, or of every look."""

BREAK_GLASS = "BTG"
"""The purpose of use of an emergency (http://terminology.hl7.org/CodeSystem/v3-ActReason)."""


async def own_wish(record: Record) -> str:
    """What the citizen who asks wants to be told of; empty when nothing was chosen."""
    person = own_citizen(record)
    wish = await wish_of(record, person) if person is not None else None
    return wish.tells if wish is not None else ""


async def choose(record: Record, wish: str) -> Refusal | None:
    """Keep the choice; what happened before it is not told."""
    person = own_citizen(record)
    if person is None:
        return refused(Kind.FORBIDDEN, "forbidden", "Only the citizen can choose.", key="auth.not-yours")
    if wish not in WISHES:
        return refused(Kind.UNPROCESSABLE, "value", "Choose one of these.", "wish", key="review.choose")
    await keep_wish(record, person, wish)
    return None


async def news(record: Record) -> tuple[Visit, ...]:
    """The looks that the citizen wants to be told of and has not seen, newest first."""
    person = own_citizen(record)
    wish = await wish_of(record, person) if person is not None else None
    if person is None or wish is None or not wish.tells:
        return ()
    now = record.context.now
    entries = await looks_at(record, person, wish.told_until, now + timedelta(seconds=1))
    found = tuple(
        one for one in visits(each for each in entries if each.actor != record.context.actor) if not one.refused
    )
    if wish.tells == EVERY or not found:
        return found
    grounds = frozenset(await own_openings(record))
    known = await _first_looks(record, person, found) if wish.tells == FIRST else None
    return tuple(one for one in found if _is_emergency(one, grounds) or (known is not None and one.number in known))


def _is_emergency(visit: Visit, grounds: frozenset[str]) -> bool:
    return any(one.purpose == BREAK_GLASS or one.ground in grounds for one in visit.shown)


async def _first_looks(record: Record, person: str, found: tuple[Visit, ...]) -> frozenset[int]:
    """The numbers of the visits that are the first of their unit, as far back as the log is shown."""
    since = log_terms(record.store.policy, record.context.now).since
    first = min(one.start for one in found)
    met = {one.party for one in await looks_at(record, person, since, first)}
    fresh: set[int] = set()
    for one in reversed(found):
        if one.first.party not in met:
            met.add(one.first.party)
            fresh.add(one.number)
    return frozenset(fresh)


async def seen(record: Record) -> None:
    """The citizen has opened the log: what stands there is told."""
    person = own_citizen(record)
    if person is not None and await own_wish(record):
        await told(record, person, record.context.now)
