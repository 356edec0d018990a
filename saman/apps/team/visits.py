"""Asking home care in the person's own municipality for a visit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.team.desk import Desk
from saman.apps.team.person import Held, banner_of, held, may_ask_visit
from saman.apps.team.requests import read_moment
from saman.apps.team.show import refusal_page, show
from saman.apps.team.shown import is_dead, new_key
from saman.apps.team.texts import worded
from saman.apps.team.visit_views import VisitForm
from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.flows.referral.visit import Visit, ask_for_visit, asked_of_home_care, home_care_of
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.calendar import deadline


async def form(desk: Desk, found: Held, key: str) -> VisitForm | Refusal:
    """The form, with whom it goes to and by when they answer."""
    if is_dead(found.person) or not may_ask_visit(desk, found) or found.followed is None:
        return refused(Kind.FORBIDDEN, "forbidden", "Your role may not do this.", key="access.write.no_rule")
    unit = await home_care_of(desk.record, desk.model, found.id)
    if isinstance(unit, Refusal):
        return unit
    span = found.followed.service.response.request_answered
    tomorrow = (desk.words.now + timedelta(days=1)).replace(hour=15, minute=0)
    return VisitForm(
        person=found.id,
        banner=banner_of(desk, found),
        receiver=desk.called(f"Organization/{unit.id}"),
        receiver_phone=unit.phone,
        answer_by=deadline(span, unit, desk.model.country, desk.record.context.now),
        soon=tomorrow.strftime("%Y-%m-%dT%H:%M"),
        key=key,
        activities=tuple((one.id, desk.said(one.name)) for one in asked_of_home_care(found.followed.service)),
    )


async def ask(request: Request, desk: Desk) -> Response:
    """The empty form."""
    found = await held(desk, request.path_params["person"])
    view = found if isinstance(found, Refusal) else await form(desk, found, new_key())
    return show(request, "team/visit.html", view, errors=None, typed={})


async def send(request: Request, desk: Desk) -> Response:
    """Send the request once for its key."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    found = await held(desk, request.path_params["person"])
    if isinstance(found, Refusal):
        return refusal_page(request, found)
    view = await form(desk, found, fields.get("key", "")[:80] or new_key())
    if isinstance(view, Refusal) or found.followed is None:
        return show(request, "team/visit.html", view)
    done = await _sent(desk, found, fields, view.key)
    if isinstance(done, str):
        return see(f"/team/requests/{done}")
    if done.kind not in (Kind.UNPROCESSABLE, Kind.CONFLICT):
        return refusal_page(request, done)
    return show(request, "team/visit.html", view, done.status, errors=worded(done), typed=fields)


async def _sent(desk: Desk, found: Held, fields: Mapping[str, str], key: str) -> str | Refusal:
    before = read_moment(desk, fields.get("before", ""))
    if before is None:
        return refused(Kind.UNPROCESSABLE, "value", "Choose a time from now on.", "before", key="visit.past")
    assert found.followed is not None
    text = fields.get("text", "").strip()[:2000]
    wanted = Visit(text=text, before=before, activity=fields.get("activity", ""))
    done = await ask_for_visit(desk.record, desk.model, found.followed.service, found.id, wanted, f"visit-{key}")
    return done if isinstance(done, Refusal) else done.stored.id
