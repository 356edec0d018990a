"""The addresses of why and why not, and of opening what a person has restricted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from saman.apps.team.desk import Desk
from saman.apps.team.opening.emergency import emergency_routes
from saman.apps.team.opening.forms import open_form
from saman.apps.team.opening.pages import why_not_page, why_page
from saman.apps.team.opening.through import note_of, noted, through
from saman.apps.team.opening.views import OpenForm
from saman.apps.team.opening.words import NOTICE
from saman.apps.team.show import TeamHandler, refusal_page, show
from saman.apps.team.texts import worded
from saman.apps.ui.locales import Words
from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.flows.opening.opening import Wanted, end, first_step, open_restricted, openings_now, step_taken
from saman.kernel.outcome import Kind, Refusal, refused

PERSON = "/team/people/{person}"


def opening_routes(at: Callable[..., Route]) -> list[Route]:
    """What is under a person's address, and why not; `at` makes a route for a path, a handler and a method."""
    return [
        *emergency_routes(at),
        at("/team/why-not", why_not),
        at(f"{PERSON}/why", _about(why)),
        at(f"{PERSON}/open", _about(ask)),
        at(f"{PERSON}/open", _about(send), "POST"),
        at(f"{PERSON}/open/first", _about(first), "POST"),
        at(f"{PERSON}/close", close, "POST"),
    ]


def _about(handler: TeamHandler) -> TeamHandler:
    """Pages that tell of access see the person as always, and still say that an opening lasts."""

    async def handle(request: Request, desk: Desk) -> Response:
        opened = await noted(request, desk)
        return await handler(request, await through(request, desk) if opened and opened.emergency else desk)

    return handle


async def why_not(request: Request, desk: Desk) -> Response:
    """What gives access to a person, whoever it is."""
    return show(request, "team/opening/why_not.html", why_not_page(desk))


async def why(request: Request, desk: Desk) -> Response:
    """Why the user sees what she sees of a person."""
    return show(request, "team/opening/why.html", await why_page(desk, request.path_params["person"]))


async def ask(request: Request, desk: Desk) -> Response:
    """The form; while an opening lasts there is nothing to ask for."""
    return await _form(request, desk, request.query_params.get("of", ""), {}, None)


async def _form(request: Request, desk: Desk, step: str, typed: Mapping[str, str], errors: Refusal | None) -> Response:
    person = request.path_params["person"]
    seen = await desk.record.read("Patient", person)
    if isinstance(seen, Refusal):
        return refusal_page(request, seen)
    if _is_open(request):
        return see(f"/team/people/{person}")
    taken = await step_taken(desk.record, person, step) if step else None
    view = await open_form(desk, person, seen.resource(), taken)
    if view is None:
        return see(f"/team/people/{person}/why")
    if step and taken is None and errors is None:
        errors = worded(refused(Kind.UNPROCESSABLE, "value", "Take the first step again.", key="opening.step"))
    status = errors.status if errors else 200
    return show(request, "team/opening/open.html", view, status, errors=errors, typed=typed)


async def first(request: Request, desk: Desk) -> Response:
    """The first of two steps: learn what is restricted, and where the law says so whose it is."""
    fields = await posted(request)
    person = request.path_params["person"]
    seen = fields if isinstance(fields, Refusal) else await desk.record.read("Patient", person)
    if isinstance(fields, Refusal) or isinstance(seen, Refusal):
        return refusal_page(request, seen if isinstance(seen, Refusal) else _never())
    view = await open_form(desk, person, seen.resource(), None)
    if view is None or view.steps != 2:
        return see(f"/team/people/{person}/open")
    taken = await first_step(desk.record, person, fields.get("ground", ""))
    if isinstance(taken, Refusal):
        return await _refused(request, desk, "", fields, taken)
    return see(f"/team/people/{person}/open?of={taken.id}")


async def send(request: Request, desk: Desk) -> Response:
    """Open it, once; who sends the form again is at the person's page."""
    fields = await posted(request)
    person = request.path_params["person"]
    seen = fields if isinstance(fields, Refusal) else await desk.record.read("Patient", person)
    if isinstance(fields, Refusal) or isinstance(seen, Refusal):
        return refusal_page(request, seen if isinstance(seen, Refusal) else _never())
    if _is_open(request):
        return see(f"/team/people/{person}")
    step = fields.get("step", "")
    taken = await step_taken(desk.record, person, step) if step else None
    view = await open_form(desk, person, seen.resource(), taken)
    if view is None:
        return see(f"/team/people/{person}/why")
    until = _until(desk, view, fields.get("until", ""))
    if isinstance(until, Refusal):
        return await _refused(request, desk, step, fields, until)
    wanted = Wanted(
        person=person,
        ground=taken.ground if taken else fields.get("ground", ""),
        reason=fields.get("reason", "").strip(),
        until=until,
        step=step,
        holder=fields.get("holder", "")[:70],
    )
    done = await open_restricted(desk.record, wanted, _notice(desk))
    if isinstance(done, Refusal):
        return await _refused(request, desk, step, fields, done)
    return see(f"/team/people/{person}")


def _is_open(request: Request) -> bool:
    """Whether all that is restricted is open already; with what one unit holds, more can be asked for."""
    note = note_of(request)
    return note is not None and not note.holder


def _never() -> Refusal:
    return refused(Kind.NOT_FOUND, "not-found", "There is no such person.", key="record.not-found")


def _until(desk: Desk, view: OpenForm, text: str) -> datetime | Refusal | None:
    """The end that was chosen; None for as long as the country lets it, which stands last."""
    offered = {str(one.minutes): one.minutes for one in view.spans}
    if text not in offered:
        return refused(Kind.UNPROCESSABLE, "value", "Choose for how long.", "until", key="opening.until")
    longest = offered[text] == view.spans[-1].minutes
    return None if longest else desk.record.context.now + timedelta(minutes=offered[text])


def _notice(desk: Desk) -> str:
    """What the person is told, in the language of the country: the notice is read elsewhere too."""
    words = desk.words
    return Words(desk.model.country.language, words.zone, words.now).gettext(NOTICE).unescape()


async def _refused(request: Request, desk: Desk, step: str, fields: Mapping[str, str], wrong: Refusal) -> Response:
    if wrong.kind not in (Kind.UNPROCESSABLE, Kind.CONFLICT):
        return refusal_page(request, wrong)
    return await _form(request, desk, step, fields, worded(wrong))


async def close(request: Request, desk: Desk) -> Response:
    """End the user's own opening of the person now; nothing of anybody else's, and nothing twice."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    person = request.path_params["person"]
    for opened in await openings_now(desk.record):
        if opened.person == person:
            await end(desk.record, opened.id)
    return see(f"/team/people/{request.path_params['person']}")
