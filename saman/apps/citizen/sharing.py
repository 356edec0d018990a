"""The addresses of who may look: units and relatives, saying no to a unit, taking it back."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.citizen.desk import CitizenDesk
from saman.apps.citizen.show import refusal_page, show
from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.flows.consent.choices import CLOSABLE
from saman.kernel.outcome import Kind, Refusal
from saman.model.access import Domain


async def sharing(request: Request, desk: CitizenDesk) -> Response:
    """Who may look."""
    return await show(request, desk, "citizen/sharing.html", await desk.sharing())


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


def _chosen(fields: Mapping[str, str]) -> tuple[Domain, ...]:
    """The kinds whose boxes were ticked; each box has a name of its own."""
    return tuple(kind for kind in CLOSABLE if fields.get(f"kind-{kind.word}"))
