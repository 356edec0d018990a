"""The addresses of who may look: units and relatives, saying no to a unit, taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.citizen.desk import CitizenDesk
from saman.apps.citizen.show import refusal_page, show
from saman.apps.ui.locales import mark
from saman.apps.ui.pages import see
from saman.apps.ui.security import posted, session_of
from saman.flows.consent.choices import CLOSABLE
from saman.flows.consent.close import OPENS
from saman.kernel.ids import is_fhir_id
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Domain

NO_DAY = mark("Write the day as year-month-day, such as 2027-01-31.")


async def sharing(request: Request, desk: CitizenDesk) -> Response:
    """Who may look; a guardian sees whose it is to say no, and where it is theirs says it."""
    if is_close(request):
        return await show(request, desk, "citizen/sharing_child.html", await desk.child_sharing())
    return await show(request, desk, "citizen/sharing.html", await desk.sharing())


def is_close(request: Request) -> bool:
    """Whether somebody close asks."""
    session = session_of(request)
    return session is not None and session.role == "relative"


async def sharing_with(request: Request, desk: CitizenDesk) -> Response:
    """One unit, and what can be closed to it."""
    view = await desk.sharing_with(request.path_params["party"], None)
    return await show(request, desk, "citizen/sharing_with.html", view, errors=None)


async def choose(request: Request, desk: CitizenDesk) -> Response:
    """Shows what a choice would change, and says it when that has been seen."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return await refusal_page(request, desk, fields)
    party, kinds = request.path_params["party"], _chosen(fields)
    if fields.get("act") == "say":
        done = await desk.say_no(party, kinds)
        return see("/citizen/sharing") if done is None else await refusal_page(request, desk, done)
    view = await desk.sharing_with(party, kinds)
    if isinstance(view, Refusal) and view.kind is Kind.UNPROCESSABLE:
        again = await desk.sharing_with(party, None)
        return await show(request, desk, "citizen/sharing_with.html", again, view.status, errors=view)
    return await show(request, desk, "citizen/sharing_with.html", view, errors=None)


async def back(request: Request, desk: CitizenDesk) -> Response:
    """Takes a no back."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return await refusal_page(request, desk, fields)
    done = await desk.take_back(request.path_params["no"])
    return see("/citizen/sharing") if done is None else await refusal_page(request, desk, done)


async def saying_yes(request: Request, desk: CitizenDesk) -> Response:
    """What a yes to a unit would open, before it is said."""
    return await show(request, desk, "citizen/sharing_yes.html", await desk.saying_yes(request.path_params["party"]))


async def say_yes(request: Request, desk: CitizenDesk) -> Response:
    """Says yes to a unit."""
    fields = await posted(request)
    done = fields if isinstance(fields, Refusal) else await desk.say_yes(request.path_params["party"])
    return see("/citizen/sharing#yeses") if done is None else await refusal_page(request, desk, done)


async def ending_yes(request: Request, desk: CitizenDesk) -> Response:
    """What it would close to take a yes back, before that is done."""
    return await show(request, desk, "citizen/sharing_yes.html", await desk.ending_yes(request.path_params["yes"]))


async def end_yes(request: Request, desk: CitizenDesk) -> Response:
    """Takes a yes back."""
    fields = await posted(request)
    done = fields if isinstance(fields, Refusal) else await desk.end_yes(request.path_params["yes"])
    return see("/citizen/sharing") if done is None else await refusal_page(request, desk, done)


async def share_with(request: Request, desk: CitizenDesk) -> Response:
    """Changes or ends what is shared with somebody close, or undoes the ending."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return await refusal_page(request, desk, fields)
    done = await _shared(desk, request.path_params["relative"], fields)
    return see("/citizen/sharing#kin") if done is None else await refusal_page(request, desk, done)


async def _shared(desk: CitizenDesk, relative: str, fields: Mapping[str, str]) -> Refusal | None:
    version, act = fields.get("version", ""), fields.get("act", "")
    if not is_fhir_id(relative) or not version.isdecimal() or len(version) > 9:
        return refused(Kind.INVALID, "value", "This is nobody whom one can share with.", "version")
    if act == "end":
        return await desk.end_sharing(relative, int(version))
    if act == "undo":
        return await desk.share_again(relative, int(version))
    last = parse_day(fields.get("last", ""))
    if isinstance(last, Refusal):
        return last
    scopes = [one for one in OPENS if fields.get(f"scope-{one}")]
    return await desk.share_with(relative, int(version), scopes, last)


def parse_day(text: str) -> date | Refusal | None:
    """A day of a form, None when it was left empty."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        return refused(Kind.INVALID, "value", "Write the day as year-month-day.", "last", key=NO_DAY)


async def own_looks(request: Request, desk: CitizenDesk) -> Response:
    """What somebody close has looked at."""
    return await show(request, desk, "citizen/own_looks.html", await desk.own_looks())


def _chosen(fields: Mapping[str, str]) -> tuple[Domain, ...]:
    """The kinds whose boxes were ticked; each box has a name of its own."""
    return tuple(kind for kind in CLOSABLE if fields.get(f"kind-{kind.word}"))
