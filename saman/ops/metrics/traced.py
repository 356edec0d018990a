"""One OpenTelemetry span for each request, named by the template of its route and nothing that was sent.

Only the API is used (https://opentelemetry.io/docs/specs/otel/trace/api/): where spans go, and whether anywhere, is
decided by the SDK that an installation adds. Attributes follow the conventions for HTTP servers.
"""

from __future__ import annotations

from opentelemetry import propagate
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from saman.ops.metrics.measured import METHODS, route_of

CARRIED = (b"traceparent", b"tracestate")
"""What is taken over from a caller (https://www.w3.org/TR/trace-context/); baggage may hold anything and is left."""


class Traced:
    """The middleware inside `Measured`."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on within its span."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        sent = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in CARRIED}
        with self._tracer.start_as_current_span(
            method, propagate.extract(sent), SpanKind.SERVER, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                await self._app(scope, receive, send_noting)
            finally:
                route = route_of(scope)
                span.update_name(f"{method} {route}")
                span.set_attribute("http.request.method", method)
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    span.set_status(Status(StatusCode.ERROR))
