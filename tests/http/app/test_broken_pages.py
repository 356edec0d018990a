"""A page that broke, an address that nobody answers: designed, in the reader's language, and silent about data."""

from __future__ import annotations

import httpx
import pytest
import structlog

from saman.record.sessions import Sessions
from tests.http.app.conftest import Agder

SECRET = "Ingrid 88 %"


@pytest.fixture
async def reader(agder: Agder):
    async with agder.signed_in("ingrid-aasen") as client:
        client.headers["accept-language"] = "en"
        yield client


async def broken(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, error: Exception) -> httpx.Response:
    """The answer when looking up the session fails so."""

    async def find(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Sessions, "find", find)
    return await client.get("/citizen?lang=en", headers={"x-request-id": "number-of-this-call"})


@pytest.mark.parametrize("path", ["/nonsense", "/citizen/nonsense", "/citizen/plan/x/y"])
async def test_an_address_that_nobody_answers(reader: httpx.AsyncClient, path: str) -> None:
    answer = await reader.get(f"{path}?lang=en")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "We cannot find this page" in answer.text
    assert answer.headers["content-security-policy"]


async def test_a_method_that_a_page_does_not_take(reader: httpx.AsyncClient) -> None:
    answer = await reader.delete("/citizen/plan?lang=en")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert "This did not work" in answer.text


async def test_a_database_that_is_away(reader: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = await broken(reader, monkeypatch, ConnectionRefusedError(SECRET))
    assert answer.status_code == 503
    assert "The record does not answer just now." in answer.text


async def test_a_bug_is_told_by_its_number_and_nothing_else(
    reader: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with structlog.testing.capture_logs() as said:
        answer = await broken(reader, monkeypatch, ValueError(SECRET))
    assert answer.status_code == 500
    assert "The fault is ours." in answer.text
    assert SECRET not in answer.text
    (line,) = said
    assert (line["event"], line["error"], line["status"]) == ("the page broke", "ValueError", 500)
    assert line["request"]
    assert line["request"] in answer.text
    assert SECRET not in repr(said)
