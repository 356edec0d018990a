"""Changing a person's own limit, with a reason, by a role whose service model gives it the right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.team.desk import Desk
from saman.apps.team.person import Held, banner_of, held, may_change_limits
from saman.apps.team.posts import version_of
from saman.apps.team.show import refusal_page, show
from saman.apps.team.shown import is_dead
from saman.apps.team.texts import worded
from saman.apps.team.views import LimitChoice, LimitForm
from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.flows.monitoring.enrolment import OwnLimit
from saman.flows.monitoring.limits import NewLimit, change_limit, practice_of
from saman.kernel.outcome import Issue, Kind, Refusal, refused

_NUMBER = re.compile(r"\d{1,5}(?:[.,]\d{1,3})?")
MOST_REASON = 1000


async def form(desk: Desk, found: Held, chosen: str) -> LimitForm | Refusal:
    """The form, with every limit that can be changed and who will be told."""
    if is_dead(found.person) or not may_change_limits(desk, found) or found.enrolment is None:
        return refused(Kind.FORBIDDEN, "forbidden", "Your role may not do this.", key="access.write.right")
    practice = await practice_of(desk.record, desk.model, found.id)
    if isinstance(practice, Refusal):
        return practice
    choices = tuple(_choice(desk, one) for one in found.enrolment.limits)
    told = practice if practice != desk.record.context.party else ""
    party = desk.model.party(told) if told else None
    return LimitForm(
        person=found.id,
        banner=banner_of(desk, found),
        limits=choices,
        chosen=next((one for one in choices if one.quantity == chosen), None),
        told=party.name if party else "",
    )


def _choice(desk: Desk, limit: OwnLimit) -> LimitChoice:
    measured, quantity = desk.model.quantities[limit.quantity]
    number = desk.words.number
    name = desk.said(quantity.name if len(measured.quantities) > 1 else measured.name)
    return LimitChoice(
        quantity=limit.quantity,
        name=name,
        unit=quantity.unit.text,
        low=number(limit.low) if limit.low is not None else "",
        high=number(limit.high) if limit.high is not None else "",
        set_by=limit.set_by,
        set_on=limit.set_on,
        reason=limit.reason,
        version=limit.version,
    )


async def ask(request: Request, desk: Desk) -> Response:
    """Which limit, then the form for it."""
    found = await held(desk, request.path_params["person"])
    chosen = request.query_params.get("of", "")
    view = found if isinstance(found, Refusal) else await form(desk, found, chosen)
    return show(request, "team/limit.html", view, errors=None, typed={}, clash=False)


async def send(request: Request, desk: Desk) -> Response:
    """Change the limit at the version that was shown; what was typed stays when it is refused."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    found = await held(desk, request.path_params["person"])
    if isinstance(found, Refusal):
        return refusal_page(request, found)
    view = await form(desk, found, fields.get("of", ""))
    if isinstance(view, Refusal) or found.enrolment is None:
        return show(request, "team/limit.html", view)
    wanted = new_limit(fields)
    refusal = wanted if isinstance(wanted, Refusal) else None
    if isinstance(wanted, NewLimit):
        done = await change_limit(desk.record, desk.model, found.enrolment, wanted, desk.name)
        if not isinstance(done, Refusal):
            return see(f"/team/people/{found.id}")
        refusal = done
    assert refusal is not None
    clash = refusal.kind in (Kind.PRECONDITION, Kind.CONFLICT)
    if refusal.kind is not Kind.UNPROCESSABLE and not clash:
        return refusal_page(request, refusal)
    errors = None if clash else worded(refusal)
    return show(request, "team/limit.html", view, refusal.status, errors=errors, typed=fields, clash=clash)


def new_limit(fields: Mapping[str, str]) -> NewLimit | Refusal:
    """The limit a form asks for; numbers with a comma or a point. Whether it is fit, the flow says."""
    version = version_of(fields)
    if isinstance(version, Refusal):
        return version
    ends: dict[str, Decimal | None] = {}
    issues = []
    for end in ("low", "high"):
        text = fields.get(end, "").strip().replace("\N{NO-BREAK SPACE}", "")
        if text and not _NUMBER.fullmatch(text):
            issues.append(Issue("value", "Write a number with digits only.", end, key="limit.digits"))
        ends[end] = Decimal(text.replace(",", ".")) if text and _NUMBER.fullmatch(text) else None
    if issues:
        return Refusal(Kind.UNPROCESSABLE, tuple(issues))
    reason = fields.get("reason", "").strip()[:MOST_REASON]
    return NewLimit(quantity=fields.get("of", ""), low=ends["low"], high=ends["high"], reason=reason, version=version)
