"""What pages show leaves events too: each request its own, valid, and in the pattern that it says."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from saman.apps.auth.tokens import Tokens
from saman.model.fhir import validate
from saman.ops.token import SYSTEM_USER
from tests.conformance.balp.profiles import demands
from tests.http.app.conftest import Agder, agder, agder_filled, at_the_same_time, database
from tests.http.audit.conftest import request_of, resources

__all__ = ["agder", "agder_filled", "at_the_same_time", "database"]

pytestmark = pytest.mark.conformance

SHOWN = {"ingrid-aasen": ("/citizen", "/citizen/readings", "/citizen/messages"), "silje-haugen": ("/team",)}


async def looked(agder: Agder, user: str) -> dict[str, tuple[str, str]]:
    """The id of each request for a page that was shown, and its text, by its address."""
    found: dict[str, tuple[str, str]] = {}
    async with agder.signed_in(user) as client:
        first = SHOWN[user][0]
        links = re.findall(r'href="(/(?:citizen|team)/[a-z/-]+)"', (await client.get(first)).text)
        for number, path in enumerate(sorted({*SHOWN[user], *links})):
            request = f"balp-page-{user}-{number:02}"
            answer = await client.get(path, headers={"x-request-id": request})
            if answer.status_code == 200:
                found[path] = (request, answer.text)
    return found


async def events(agder: Agder) -> list[dict[str, Any]]:
    """Everything in the log."""
    token = Tokens(agder.store.secret).make(SYSTEM_USER, "TREAT", agder.clock(), timedelta(hours=1))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(agder.app), base_url="http://test", headers={"authorization": f"Bearer {token}"}
    ) as client:
        answer = (await client.get("/fhir/AuditEvent", params={"_count": "1000"})).json()
    return resources(answer)


@pytest.mark.parametrize("user", list(SHOWN))
async def test_each_page_leaves_its_events(agder: Agder, user: str) -> None:
    pages = await looked(agder, user)
    assert len(pages) > 3
    shown = await events(agder)
    told = {request_of(event) for event in shown}
    silent = {path: text for path, (request, text) in pages.items() if request not in told}
    assert len(silent) < len(pages) / 2
    assert user != "silje-haugen" or not re.search("Aasen|Tveit", "".join(silent.values())), "it showed a name"
    wrong = {text for event in shown for text, holds in demands(event) if not holds}
    assert wrong == set()
    assert {issue for event in shown for issue in validate(event)} == set()
    own = [event for event in shown if request_of(event) in {request for request, _ in pages.values()}]
    lists = [event for event in own if event["action"] == "E" and user == "silje-haugen"]
    assert lists or user != "silje-haugen", "a list that showed names is a query for each of them"
