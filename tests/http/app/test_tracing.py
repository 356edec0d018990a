"""A span for each request: its route and status, the caller's trace, and not a word of what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, Tracer

from saman.record.sessions import Sessions
from tests.http.app.conftest import Agder

CANARY = "Kanarifugl"
PARENT = "0af7651916cd43dd8448eb211c80319c"


class Noted(NonRecordingSpan):
    """A span that keeps what it is told."""

    def __init__(self, name: str, parent: SpanContext) -> None:
        super().__init__(parent)
        self.name, self.parent = name, parent
        self.attributes: dict[str, Any] = {}
        self.status = StatusCode.UNSET
        self.told: list[object] = []

    def update_name(self, name: str) -> None:
        self.name = name

    def set_attribute(self, key: str, value: Any) -> None:
        self.attributes[key] = value

    def set_status(self, status: Any, description: str | None = None) -> None:
        assert isinstance(status, Status)
        self.status = status.status_code
        self.told.append(status.description or description)

    def record_exception(self, exception: BaseException, *rest: Any, **more: Any) -> None:
        self.told.append(exception)


class Notes(Tracer):
    """A tracer that keeps its spans."""

    def __init__(self) -> None:
        self.spans: list[Noted] = []

    def start_span(self, name: str, context: Any = None, kind: SpanKind = SpanKind.INTERNAL, *rest: Any, **more: Any):
        assert kind is SpanKind.SERVER
        span = Noted(name, trace.get_current_span(context).get_span_context())
        self.spans.append(span)
        return span

    @contextmanager
    def start_as_current_span(self, name: str, context: Any = None, kind: Any = None, **more: Any) -> Iterator[Span]:  # type: ignore[override]
        span = self.start_span(name, context, kind)
        try:
            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                yield span
        except Exception as error:
            if more["record_exception"]:
                span.record_exception(error)
            raise


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
async def client(agder: Agder, notes: Notes) -> Any:
    async with agder.browser(agder.made(tracer=notes)) as one:
        yield one


async def test_a_span_names_the_route_and_the_status(notes: Notes, client: httpx.AsyncClient) -> None:
    await client.get(f"/fhir/Patient/{CANARY}?family={CANARY}")
    await client.get("/region")
    await client.get(f"/{CANARY}", headers={"baggage": f"name={CANARY}"})
    await client.request("BREW", "/region")
    assert [span.name for span in notes.spans] == [
        "GET /fhir/{type}/{id}", "GET /region", "GET none", "_OTHER /region",
    ]  # fmt: skip
    assert [span.attributes["http.response.status_code"] for span in notes.spans] == [401, 200, 303, 405]
    assert {span.status for span in notes.spans} == {StatusCode.UNSET}
    assert CANARY not in repr([(span.name, span.attributes, span.told) for span in notes.spans])


async def test_a_trace_goes_on(notes: Notes, client: httpx.AsyncClient) -> None:
    await client.get("/region", headers={"traceparent": f"00-{PARENT}-b7ad6b7169203331-01"})
    await client.get("/region")
    assert [f"{span.parent.trace_id:032x}" for span in notes.spans] == [PARENT, "0" * 32]


async def test_a_bug_is_an_error_without_its_words(
    notes: Notes, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find(*_: object) -> None:
        raise KeyError(CANARY)

    monkeypatch.setattr(Sessions, "find", find)
    client.cookies.set("saman", "a-token")
    assert (await client.get("/team")).status_code == 500
    [span] = notes.spans
    assert span.status is StatusCode.ERROR
    assert CANARY not in repr((span.name, span.attributes, span.told))


async def test_without_the_setting_there_are_no_spans(agder: Agder, notes: Notes) -> None:
    async with agder.browser() as client:
        assert (await client.get("/region")).status_code == 200
    assert notes.spans == []
