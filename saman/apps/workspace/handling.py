"""How handlers of the workspace are made and answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from saman.apps.ui.pages import render
from saman.apps.workspace.desk import Desk
from saman.apps.workspace.words import told
from saman.kernel.outcome import Refusal

DeskFor = Callable[[Request], Desk]
Handler = Callable[[Request, Desk], Awaitable[Response]]
At = Callable[..., Route]

BASE = "/region/work"


def at_desk(desk_for: DeskFor) -> At:
    """Makes routes below `/region/work`: `at("/files", handler, "POST")`; each desk is made for one request."""

    def at(path: str, handler: Handler, method: str = "GET") -> Route:
        async def handle(request: Request) -> Response:
            return await handler(request, desk_for(request))

        return Route(f"{BASE}{path}", handle, methods=[method])

    return at


def show(request: Request, template: str, view: object, status: int = 200, **more: object) -> Response:
    """A page of the workspace, or why there is none."""
    if isinstance(view, Refusal):
        return refusal_page(request, view)
    return render(request, f"workspace/{template}", view, status, **more)


def attached(name: str, body: bytes, media: str) -> Response:
    """A file for the reader to keep."""
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(body, 200, headers, media_type=media)


def refusal_page(request: Request, refusal: Refusal) -> Response:
    """Why something did not work."""
    return render(request, "workspace/refusal.html", told(refusal), refusal.status)
