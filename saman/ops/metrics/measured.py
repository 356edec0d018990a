"""Counts and times each request by the template of its route, never by its address."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from prometheus_client import Histogram
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from saman.ops.metrics.figures import Figures

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STREAMS = frozenset({"/team/live"})
NOWHERE = "none"
"""The route of a request that was answered before one was found, or for which there is none."""


class Measured:
    """The outermost middleware."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app = app
        self._figures = figures
        self._known: dict[tuple[str, str, int], Histogram] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on and measure it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        under_way = _UnderWay(self, scope)
        self._figures.in_flight += 1

        async def send_measured(message: Message) -> None:
            if message["type"] == "http.response.start":
                under_way.status = message["status"]
                if route_of(scope) in STREAMS:
                    under_way.end()
            elif not message.get("more_body"):
                under_way.end()  # before it leaves, so that whoever has an answer finds it counted
            await send(message)

        scope.setdefault("state", {})
        try:
            await self._app(scope, receive, send_measured)
        finally:
            under_way.end()

    def ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request is over."""
        key = (method, route, status // 100)
        child = self._known.get(key)
        if child is None:
            child = self._figures.requests.labels(method, route, f"{key[2]}xx")
            self._known[key] = child
        child.observe(seconds)
        self._figures.in_flight -= 1


class _UnderWay:
    """One request, which ends once."""

    __slots__ = ("_begun", "_by", "_scope", "status")

    def __init__(self, by: Measured, scope: Scope) -> None:
        self._by: Measured | None = by
        self._scope = scope
        self._begun = perf_counter()
        self.status = 500

    def end(self) -> None:
        """It is over, if it was not before."""
        by, self._by = self._by, None
        if by is not None:
            method = self._scope["method"]
            known = method if method in METHODS else "other"
            by.ended(known, route_of(self._scope), self.status, perf_counter() - self._begun)


def route_of(scope: Scope) -> str:
    """The template of the route that was found, such as `/fhir/{type}/{id}`."""
    below: str | None = scope["state"].get("fhir_route")
    if below is not None:
        return f"/fhir/{below}" if below else "/fhir"
    found: Any = scope.get("route")
    return found.path if isinstance(found, Route) else NOWHERE
