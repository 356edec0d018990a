"""The professionals' addresses. Handlers are thin: ask the desk, show the view or the refusal."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from saman.apps.team import kept_visits, limits, lists, members, messages, people, posts, requests, summary, visits
from saman.apps.team.delegation.handlers import delegation_routes
from saman.apps.team.members_page import BASES
from saman.apps.team.opening.handlers import opening_routes
from saman.apps.team.opening.through import through
from saman.apps.team.person import person
from saman.apps.team.show import DeskFor, Handler, TeamHandler


def routes(desk_for: DeskFor) -> list[BaseRoute]:
    """Everything under `/team`; each desk is made for one request. Who may come there, `audience` decides."""

    def at(path: str, handler: TeamHandler, method: str = "GET") -> Route:
        return Route(path, _with_desk(desk_for, handler), methods=[method])

    def plainly(path: str, handler: TeamHandler, method: str = "GET") -> Route:
        return Route(path, _as_always(desk_for, handler), methods=[method])

    return [
        *(Route(f"/team/{name}", lists.file, methods=["GET"]) for name in lists.FILES),
        at("/team", lists.worklist),
        at("/team/new", lists.new),
        at("/team/sent", lists.sent),
        at("/team/marks", lists.purpose),
        at("/team/marks", lists.choose_marks, "POST"),
        *(at(f"/team/tasks/{{task}}/{act}", posts.handler(act), "POST") for act in posts.ACTS),
        at("/team/tasks/{task}/undo", posts.undo, "POST"),
        at("/team/people", people.people),
        at("/team/people", people.find, "POST"),
        *opening_routes(plainly),
        at("/team/people/{person}", person),
        at("/team/people/{person}/visit", visits.ask),
        at("/team/people/{person}/visit", visits.send, "POST"),
        at("/team/people/{person}/limit", limits.ask),
        at("/team/people/{person}/limit", limits.send, "POST"),
        at("/team/people/{person}/summary", summary.summary),
        at("/team/people/{person}/kept-visits", kept_visits.look),
        at("/team/people/{person}/kept-visits", kept_visits.change, "POST"),
        at("/team/messages/{person}", messages.thread),
        at("/team/messages/{person}", messages.send, "POST"),
        *(route for base in BASES.values() for route in _members(at, base)),
        *delegation_routes(at),
        at("/team/requests/{task}", requests.request),
        at("/team/requests/{task}/{act}", requests.answer, "POST"),
    ]


def _members(at: Callable[..., Route], base: str) -> list[Route]:
    """The pages of whoever has a say over who works where, under an address of their own."""
    return [
        at(base, members.members),
        at(f"{base}/find", members.find, "POST"),
        at(f"{base}/new", members.new),
        at(f"{base}/new", members.add, "POST"),
        at(f"{base}/{{role}}/dates", members.dates),
        at(f"{base}/{{role}}/dates", members.change_dates, "POST"),
        at(f"{base}/{{role}}/end", members.stop, "POST"),
        at(f"{base}/{{role}}/undo", members.undo, "POST"),
    ]


def _with_desk(desk_for: DeskFor, handler: TeamHandler) -> Handler:
    """Handlers see a person through the user's own opening while it lasts."""

    async def handle(request: Request) -> Response:
        return await handler(request, await through(request, desk_for(request)))

    return handle


def _as_always(desk_for: DeskFor, handler: TeamHandler) -> Handler:
    async def handle(request: Request) -> Response:
        return await handler(request, desk_for(request))

    return handle
