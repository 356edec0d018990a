"""A2: every address says whom it is for, one that does not stops the start, and who did not sign in stays out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route

from saman.apps.audience import Audience, audience_of, undeclared
from saman.apps.fhir_api import app as fhir
from saman.apps.fhir_api.routes import Interaction, Policy, Table
from saman.apps.fhir_api.routes import Route as FhirRoute
from tests.attacks.counting import tried
from tests.http.app.conftest import Agder, agder, agder_filled, at_the_same_time, database

__all__ = ["agder", "agder_filled", "at_the_same_time", "database"]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def addresses(routes: list[BaseRoute], before: str = "") -> Iterator[str]:
    """Every address of an application, with something in the place of each variable."""
    for route in routes:
        if isinstance(route, Mount):
            yield from addresses(list(route.routes or ()), before + route.path)
        else:
            assert isinstance(route, Route), route
            yield re.sub(r"\{[^}]+\}", "x", before + route.path)


async def nothing(_: object) -> object:
    raise AssertionError


def page(_: object) -> PlainTextResponse:
    return PlainTextResponse("")


@pytest.mark.parametrize("policy", [None, "anyone", 1])
def test_a_route_of_the_interface_without_a_policy_stops_the_start(policy: object) -> None:
    route = FhirRoute("GET", "{type}/$export", Interaction.READ, nothing, policy)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="declares no policy"):
        Table((*fhir.RECORD_ROUTES, route))


def test_every_route_of_the_interface_asks_the_record() -> None:
    assert {route.policy for route in fhir.RECORD_ROUTES} == {Policy.RECORD}
    assert Table(msgspec.structs.replace(route) for route in fhir.RECORD_ROUTES)


@pytest.mark.parametrize("path", ["/export", "/team-report", "/citizens", "/fhirs", "/api/x", "/{anything}"])
def test_a_page_that_is_for_nobody_in_particular_is_found(path: str) -> None:
    assert undeclared([Route(path, page)]) == (path,)


async def test_whoever_did_not_sign_in_gets_nothing_but_what_is_for_everybody(
    agder: Agder, capsys: pytest.CaptureFixture[str]
) -> None:
    app = agder.made()
    assert isinstance(app, Starlette)
    pages = sorted(set(addresses(list(app.routes))))
    assert len(pages) > 20
    calls = [f"/fhir/{re.sub(r'{id}|{version}', '1', one.pattern)}" for one in fhir.RECORD_ROUTES]
    calls = [re.sub(r"{type}", kind, one) for one in calls for kind in ("Patient", "AuditEvent", "Binary")]
    cases, let_in = 0, []
    async with agder.browser(app) as nobody:
        for path in (*pages, *calls):
            audience = audience_of(path)
            assert audience is not None, path
            for method in METHODS:
                answer = await nobody.request(method, path)
                cases += 1
                if audience is not Audience.EVERYBODY and not _kept_out(answer):
                    let_in.append(f"{method} {path} {answer.status_code}")
    assert let_in == []
    tried(capsys, "A2", cases)


def _kept_out(answer: httpx.Response) -> bool:
    return answer.status_code in (401, 404, 405) or (
        answer.status_code == 303 and answer.headers["location"] == "/"
    )  # fmt: skip
