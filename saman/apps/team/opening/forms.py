"""The form that opens what a person has restricted, as the country's rows have it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from saman.apps.team.desk import Desk
from saman.apps.team.opening.views import Block, OpenForm, Span
from saman.apps.team.opening.words import (
    ALL_OF_IT,
    ALONE,
    GROUNDS,
    INFORMED,
    LOGGED,
    NATIONAL,
    NOT_INFORMED,
    ONLY_OF,
    REVIEWED,
    TO_OTHERS,
    TO_UNITS,
    TO_US,
)
from saman.apps.team.shown import banner
from saman.flows.opening.opening import FirstStep
from saman.flows.opening.standing import is_professional, told_of
from saman.model.access.terms import Opening, opening_at
from saman.model.access.terms_time import later
from saman.record.membership import controller_of

OFFERED: Final = (60, 240, 720, 1440, 4320)
"""Minutes that are offered where they are shorter than the longest."""


async def open_form(desk: Desk, person: str, resource: dict[str, Any], taken: FirstStep | None) -> OpenForm | None:
    """The form; None where nothing may be opened, or the country lets her know that there is nothing to open."""
    now, policy = desk.record.context.now, desk.record.store.policy
    terms = opening_at(policy, now)
    if terms is None or not is_professional(desk.record):
        return None
    told, hidden = await told_of(desk.record, person)
    if told and not hidden:
        return None
    blocks = [await _block(desk, one) for one in taken.holders] if taken else []
    return OpenForm(
        person=person,
        banner=banner(desk, resource),
        steps=terms.steps,
        step=taken.id if taken else "",
        ground=desk.t(GROUNDS[taken.ground]) if taken else "",
        blocks=tuple(blocks),
        whose=tuple(_whose(desk, blocks)),
        grounds=tuple((one, desk.t(GROUNDS[one])) for one in terms.grounds),
        spans=tuple(_spans(desk, terms)),
        afterwards=await _afterwards(desk, terms),
        law=set(terms.rows) == set(terms.confirmed) and not terms.set_here,
    )


async def _block(desk: Desk, holder: str) -> Block:
    """Where something is restricted: the unit, the organisation it belongs to now, and whether that is one's own."""
    statements, context = desk.record.store.statements, desk.record.context
    own = await controller_of(statements, context.party, context.now) or context.party
    over = await controller_of(statements, holder, context.now) or holder
    unit, provider = (desk.called(f"Organization/{one}") or one for one in (holder, over))
    closed = TO_US if holder == context.party else TO_UNITS if over == own else TO_OTHERS
    return Block(holder=holder, unit=unit, provider=provider, closed=desk.t(closed))


def _whose(desk: Desk, blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    for one in blocks:
        yield one.holder, desk.t(ONLY_OF, unit=one.unit)
    if blocks:
        yield "", desk.t(ALL_OF_IT)


def _spans(desk: Desk, terms: Opening) -> Iterator[Span]:
    now = desk.record.context.now
    longest = int((later(now, terms.longest, desk.record.store.policy.zone) - now).total_seconds()) // 60
    for minutes in (*(one for one in OFFERED if one < longest), longest):
        yield Span(minutes, desk.words.duration(timedelta(minutes=minutes)))


async def _afterwards(desk: Desk, terms: Opening) -> tuple[str, ...]:
    """What follows: who sees that it was opened, who goes through it, and whether the person is told."""
    context, policy = desk.record.context, desk.record.store.policy
    over = await controller_of(desk.record.store.statements, context.party, context.now) or context.party
    due = desk.words.moment(later(context.now, terms.review_within, policy.zone))
    said = [
        desk.t(ALONE),
        desk.t(LOGGED),
        desk.t(REVIEWED, unit=desk.called(f"Organization/{over}"), moment=due),
        desk.t(INFORMED if "inform" in terms.after else NOT_INFORMED),
    ]
    return (*said, desk.t(NATIONAL)) if "national_log" in terms.after else tuple(said)
