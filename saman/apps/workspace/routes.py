"""The addresses of the workspace. Who may come there, `audience` decides; who may change what, the mandate."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from saman.apps.workspace.assessment import assessment_routes
from saman.apps.workspace.bodies import body_routes
from saman.apps.workspace.changes import change_routes
from saman.apps.workspace.changes_editor import editor_routes
from saman.apps.workspace.desk import Desk
from saman.apps.workspace.files import file_routes
from saman.apps.workspace.handling import DeskFor, at_desk, show
from saman.apps.workspace.home import home_page
from saman.apps.workspace.meetings import meeting_routes
from saman.apps.workspace.way_routes import way_routes


def routes(desk_for: DeskFor) -> list[BaseRoute]:
    """Everything under `/region/work`."""
    at = at_desk(desk_for)
    return [
        at("", home),
        *file_routes(at),
        *editor_routes(at),
        *change_routes(at),
        *body_routes(at),
        *meeting_routes(at),
        *assessment_routes(at),
        *way_routes(at),
    ]


async def home(request: Request, desk: Desk) -> Response:
    """Where to go, and what waits."""
    return show(request, "home.html", await home_page(desk))
