"""The page on which somebody is opened in an emergency, by the whole identity number, which no address ever holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from saman.apps.team.desk import Desk
from saman.apps.team.opening.pages import own_standing
from saman.apps.team.opening.views import EmergencyForm, OpenNow, Span
from saman.apps.team.opening.words import ALONE, EMERGENCY_NOTICE, INFORMED, LOGGED, REVIEWED
from saman.apps.team.show import refusal_page, show
from saman.apps.team.texts import worded
from saman.apps.team.why import rule_said
from saman.apps.ui.locales import Words
from saman.apps.ui.pages import see
from saman.apps.ui.security import posted, session_of
from saman.flows.directory import name_of
from saman.flows.opening.emergency import (
    Emergency,
    latest,
    may_ask,
    number_of,
    objection,
    open_in_emergency,
)
from saman.flows.opening.opening import opened_record, openings_now
from saman.flows.opening.standing import not_yours
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access.terms import opening_at
from saman.model.access.terms_time import later
from saman.model.access.words import words
from saman.record import Stored
from saman.record.cursor import Place
from saman.record.membership import controller_of

ADDRESS: Final = "/team/emergency"
OFFERED: Final = (30, 60, 240, 720)
"""Minutes that are offered besides the longest."""
STEP: Final = timedelta(minutes=10)
"""So long the first of two steps counts."""
RULE: Final = "P05-emergency"


def emergency_routes(at: Callable[..., Route]) -> list[Route]:
    """The form, and sending it."""
    return [at(ADDRESS, ask), at(ADDRESS, send, "POST")]


async def ask(request: Request, desk: Desk) -> Response:
    """The empty form."""
    return await _form(request, desk, "", {}, None)


async def _form(request: Request, desk: Desk, step: str, typed: Mapping[str, str], errors: Refusal | None) -> Response:
    if not may_ask(desk.record):
        return refusal_page(request, not_yours())
    status = errors.status if errors else 200
    view = await emergency_form(desk, step)
    return show(request, "team/opening/emergency.html", view, status, errors=errors, typed=typed)


async def send(request: Request, desk: Desk) -> Response:
    """Open the person, or say that nobody was; where the country asks for two steps the first is only asked about."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    wanted = _wanted(desk, fields)
    wrong = objection(desk.record, wanted) if may_ask(desk.record) else not_yours()
    if wrong is not None:
        return await _answer(request, desk, fields, wrong)
    if _steps(desk) == 2:
        step = fields.get("step", "")
        if not step:
            place = Place(desk.record.context.now, number_of(wanted.number), "")
            return await _form(request, desk, desk.record.store.seal.close(place, _purpose(request)), fields, None)
        if not _follows(request, desk, wanted, step):
            again = refused(Kind.UNPROCESSABLE, "value", "Say it again.", "number", key="emergency.again")
            return await _answer(request, desk, fields, again)
    done = await open_in_emergency(desk.record, wanted, _notice(desk))
    return await _answer(request, desk, fields, done) if isinstance(done, Refusal) else see(_place(done.person))


def _place(person: str) -> str:
    return f"/team/people/{person}"


def _wanted(desk: Desk, fields: Mapping[str, str]) -> Emergency:
    """What the form says; an end that is not offered is none."""
    now = desk.record.context.now
    ends = {str(one.minutes): one.minutes for one in _spans(desk)}
    minutes = ends.get(fields.get("until", ""), 0)
    until = min(now + timedelta(minutes=minutes), latest(desk.record))
    return Emergency(number=fields.get("number", "")[:40], reason=fields.get("reason", "").strip(), until=until)


def _follows(request: Request, desk: Desk, wanted: Emergency, step: str) -> bool:
    """Whether the first step was taken in this session, not long ago, about the same number."""
    place = desk.record.store.seal.open(step, _purpose(request))
    if isinstance(place, Refusal) or place.moment is None or place.text != number_of(wanted.number):
        return False
    return place.moment <= desk.record.context.now < place.moment + STEP


def _purpose(request: Request) -> str:
    session = session_of(request)
    return f"emergency {session.csrf if session else ''}"


async def _answer(request: Request, desk: Desk, fields: Mapping[str, str], wrong: Refusal) -> Response:
    if wrong.kind is Kind.FORBIDDEN:
        return refusal_page(request, wrong)
    return await _form(request, desk, "", fields, worded(wrong))


def _notice(desk: Desk) -> str:
    """What the person is told, in the language of the country."""
    said = desk.words
    return Words(desk.model.country.language, said.zone, said.now).gettext(EMERGENCY_NOTICE).unescape()


def _steps(desk: Desk) -> int:
    terms = opening_at(desk.record.store.policy, desk.record.context.now)
    return terms.steps if terms else 1


async def emergency_form(desk: Desk, step: str) -> EmergencyForm:
    """The form, and whom the reader has opened so already."""
    policy = desk.record.store.policy
    clause = policy.clause(RULE)
    key = f"access.rule.{'confirmed' if clause and clause.confirmed else 'unconfirmed'}"
    rule = rule_said(desk, words(key, rule=RULE, says=clause.rule.says)) if clause else ""
    return EmergencyForm(
        standing=own_standing(desk),
        rule=rule,
        steps=_steps(desk),
        step=step,
        spans=tuple(_spans(desk)),
        afterwards=await _afterwards(desk),
        now=tuple([one async for one in _open_now(desk)]),
    )


def _spans(desk: Desk) -> Iterator[Span]:
    now = desk.record.context.now
    longest = int((latest(desk.record) - now).total_seconds()) // 60
    for minutes in (*(one for one in OFFERED if one < longest), longest):
        yield Span(minutes, desk.words.duration(timedelta(minutes=minutes)))


async def _afterwards(desk: Desk) -> tuple[str, ...]:
    context, policy = desk.record.context, desk.record.store.policy
    terms = opening_at(policy, context.now)
    over = await controller_of(desk.record.store.statements, context.party, context.now) or context.party
    due = desk.words.moment(later(context.now, terms.review_within if terms else "P1D", policy.zone))
    review = desk.t(REVIEWED, unit=desk.called(f"Organization/{over}"), moment=due)
    return (desk.t(ALONE), desk.t(LOGGED), review, desk.t(INFORMED))


async def _open_now(desk: Desk) -> AsyncIterator[OpenNow]:
    for one in await openings_now(desk.record):
        through = await opened_record(desk.record, one.person) if one.emergency else None
        seen = await through.read("Patient", one.person) if through else None
        if isinstance(seen, Stored):
            yield OpenNow(one.person, name_of(seen.resource()), one.until)
