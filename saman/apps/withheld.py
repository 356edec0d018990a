"""Withholds each answer until the log of what it shows is durable."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from saman.kernel.outcome import Refusal
from saman.record import Store
from saman.record.audit import Unlogged
from saman.record.outage import outage
from saman.record.render import outcome_text
from saman.record.traffic import Answering, Before, Settled, answering, nobody

Noted = Callable[[Settled], None]
"""Keeps what was made durable for an answer apart from the log itself."""


def to_nobody(settled: Settled) -> None:
    """Nobody keeps it."""


Failing = Callable[[Refusal], Response]


class Withheld:
    """Lets nothing of an answer leave before its entries are durable.

    When they cannot be made so, `failing` answers instead; without it, Unlogged is raised for whoever is outside.
    """

    def __init__(
        self,
        app: ASGIApp,
        store: Store,
        noted: Noted = to_nobody,
        failing: Failing | None = None,
        meant: Before = nobody,
    ) -> None:
        self._app = app
        self._store = store
        self._noted = noted
        self._failing = failing
        self._meant = meant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on and hold the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with answering() as made:
            held = _Held(self, made, send)
            try:
                await self._app(scope, receive, held)
            finally:
                await held.end()
        if held.failed is not None:
            if self._failing is None or held.begun:
                raise held.failed
            await self._failing(outage(held.failed))(scope, receive, send)

    async def settle(self, made: Answering) -> None:
        """Make durable what has come together."""
        self._noted(await made.settle(self._store.audit, self._meant))


class _Held:
    """The way out of one answer."""

    def __init__(self, by: Withheld, made: Answering, send: Send) -> None:
        self._by = by
        self._made = made
        self._send = send
        self.begun = False
        self.failed: Unlogged | None = None

    async def __call__(self, message: Message) -> None:
        """Send a part once everything it may show is in the log; nothing more after that has failed."""
        if self._made.has_news and self.failed is None:
            await self.end()
        if self.failed is None:
            self.begun = True
            await self._send(message)

    async def end(self) -> None:
        """Log what was read, also when nothing of it was sent."""
        if self._made.has_news:
            try:
                await self._by.settle(self._made)
            except Unlogged as error:
                self.failed = self.failed or error


def fhir_failure(refusal: Refusal) -> Response:
    """The OperationOutcome that says so."""
    headers = {"retry-after": "5", "x-content-type-options": "nosniff", "cache-control": "no-store"}
    body = outcome_text(refusal.issues)
    return Response(body, refusal.status, headers, media_type="application/fhir+json; charset=utf-8")
