"""From a desk's answer to a page, with the help block that every citizen page has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.citizen.desk import CitizenDesk
from saman.apps.ui.pages import render
from saman.kernel.outcome import Refusal

DeskFor = Callable[[Request], CitizenDesk]
Handler = Callable[[Request], Awaitable[Response]]


async def show(
    request: Request, desk: CitizenDesk, template: str, view: object, status: int = 200, **more: object
) -> Response:
    """The page `template` shows for `view`, or the page of a refusal."""
    if isinstance(view, Refusal):
        return await refusal_page(request, desk, view)
    return render(request, template, view, status, **await _frame(desk), **more)


async def refusal_page(request: Request, desk: CitizenDesk, refusal: Refusal) -> Response:
    """A refusal with the citizen's own frame and help around it."""
    return render(request, "citizen/refusal.html", refusal, refusal.status, **await _frame(desk))


async def _frame(desk: CitizenDesk) -> dict[str, object]:
    return {"help": await desk.help(), "acting": await desk.acting(), "measures": desk.measures()}
