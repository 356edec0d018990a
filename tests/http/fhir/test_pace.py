"""Whoever calls too often waits, and nobody else does."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from saman.apps.auth.pace import Pace
from saman.apps.fhir_api.app import fhir_app
from saman.apps.fhir_api.first import FhirFirst
from saman.kernel.outcome import Kind, Refusal
from saman.record import Context, Store
from tests.http.fhir.conftest import BASE, caller, clock, identify

CALLS = 3


class Seconds:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Told:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def paced(store: Store, seconds: Seconds, told: Told) -> Starlette:
    fhir = fhir_app(store, Pace(identify, CALLS, told, seconds).of_headers, clock, BASE)
    return Starlette(middleware=[Middleware(FhirFirst, fhir=fhir)])


async def statuses(client: httpx.AsyncClient, times: int) -> list[int]:
    return [(await client.get("Patient/none")).status_code for _ in range(times)]


async def test_too_many_calls_are_told_when_to_come_again(paced: Starlette, seconds: Seconds, told: Told) -> None:
    async with caller(paced, "stranger") as one:
        assert await statuses(one, CALLS) == [404] * CALLS
        answer = await one.get("Patient/none")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "20")
        assert answer.json()["issue"][0]["code"] == "throttled"
        seconds.now += 19
        assert await statuses(one, 1) == [429]
        seconds.now += 1
        assert await statuses(one, 2) == [404, 429]
    assert told.times == 3


async def test_one_who_calls_too_often_slows_nobody_else(paced: Starlette) -> None:
    async with caller(paced, "stranger") as one, caller(paced, "system") as other, caller(paced) as nobody:
        await statuses(one, CALLS + 1)
        assert await statuses(other, CALLS * 10) == [404] * CALLS * 10
        assert await statuses(other, 1) == [429]
        assert await statuses(nobody, 1) == [401]
        assert (await nobody.get("metadata")).status_code == 200


async def test_an_app_and_its_user_have_a_pace_each(seconds: Seconds) -> None:
    sent: dict[str, Any] = {}

    async def who(headers: Any) -> Context:
        return Context(7, "Patient/p", "citizen", "", "PATRQT", clock(), sent["request"], "citizen")

    pace = Pace(who, 1, clock=seconds)
    for request, good in (("a" * 16, True), ("b" * 16, False), ("app:one:c", True), ("app:one:d", False),
                          ("app:two:e", True)):  # fmt: skip
        sent["request"] = request
        found = await pace.of_headers(())
        assert isinstance(found, Context) is good, request
        assert good or (isinstance(found, Refusal) and found.kind is Kind.TOO_MANY)
