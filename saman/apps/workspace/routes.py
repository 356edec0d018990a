"""The addresses of the workspace. Who may come there, `audience` decides; who may change what, the mandate."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from saman.apps.workspace.desk import Desk
from saman.apps.workspace.handling import DeskFor, at_desk, show
from saman.apps.workspace.home import home_page
from saman.apps.workspace.way_routes import way_routes


def routes(desk_for: DeskFor) -> list[BaseRoute]:
    """Everything under `/region/work`."""
    at = at_desk(desk_for)
    return [
        at("", home),
        *way_routes(at),
    ]


async def home(request: Request, desk: Desk) -> Response:
    """Where to go, and what waits."""
    return show(request, "home.html", home_page(desk))
