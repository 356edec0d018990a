"""Addresses about one person: the page itself, a visit asked for, a limit changed, messages, the summary."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.team.desk import Desk
from saman.apps.team.person import person_page
from saman.apps.team.show import show


async def person(request: Request, desk: Desk) -> Response:
    """A person's page."""
    tables = request.query_params.get("as") == "tables"
    return show(request, "team/person.html", await person_page(desk, request.path_params["person"], tables=tables))
