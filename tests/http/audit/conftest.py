"""The FHIR interface over a fresh database with Norway's rules. A token says who calls: `system`, `citizen:<id>`,
`relative:<id>`, `nurse:<unit>` or `reviewer:<organisation>`; `x-scopes` narrows it as an app's token would."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from starlette.types import ASGIApp

from saman.apps.auth.identity import request_id
from saman.apps.fhir_api.app import fhir_app
from saman.apps.fhir_api.first import FhirFirst
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Assignment, Holder
from saman.model.access.scopes import Narrowing, read_scopes
from saman.record import Context, Store, open_store, system
from saman.record.grants import open_context
from tests.record.conftest import norway

BASE = "http://test/fhir"

Caller = Callable[[str], httpx.AsyncClient]
Json = dict[str, Any]


def clock() -> datetime:
    return datetime.now(UTC)


class Gate:
    """Tells from a token who calls."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def __call__(self, headers: Iterable[tuple[bytes, bytes]]) -> Context | Refusal:
        listed = dict(headers)
        request = request_id(listed.items())
        kind, _, who = listed.get(b"authorization", b"").decode().removeprefix("Bearer ").partition(":")
        if kind == "system":
            return system(clock(), request)
        if kind == "nurse":
            actor, role, purpose, holder, party = "Practitioner/1", "home-care-nurse", "TREAT", Holder.STAFF, who
        elif kind == "reviewer":
            actor, role, purpose, holder, party = "Practitioner/r", "log-reviewer", "HOPERAT", Holder.STAFF, who
        elif kind == "citizen":
            actor, role, purpose, holder, party = f"Patient/{who}", "citizen", "PATRQT", Holder.CITIZEN, ""
        elif kind == "relative":
            actor, role, purpose, holder, party = f"RelatedPerson/{who}", "relative", "FAMRQT", Holder.RELATIVE, ""
        else:
            return refused(Kind.UNAUTHENTICATED, "login", "Send an access token.")
        own = None if holder is Holder.STAFF else actor
        wanted = Assignment(number=0, kind=holder, purpose=purpose, role=role, party=party, actor=own)
        number = await open_context(self.store.pool, wanted, self.store.policy)
        context = Context(number, actor, role, party, purpose, clock(), request, holder.value)
        scopes = listed.get(b"x-scopes", b"").decode()
        narrowing = Narrowing(read_scopes(scopes).scopes, who) if scopes else None
        return msgspec.structs.replace(context, narrowing=narrowing)


@pytest_asyncio.fixture(scope="module")
async def store(database) -> AsyncIterator[Store]:
    opened = await open_store(database.app_url, norway())
    assert isinstance(opened, Store), opened
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def app(store: Store) -> ASGIApp:
    return FhirFirst(nowhere, fhir=fhir_app(store, Gate(store), clock, BASE))


async def nowhere(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError(scope["path"])


@pytest_asyncio.fixture(scope="module")
async def call(app: ASGIApp) -> AsyncIterator[Caller]:
    """A client for whoever the token says."""
    opened: dict[str, httpx.AsyncClient] = {}

    def caller(who: str) -> httpx.AsyncClient:
        if who not in opened:
            headers = {"authorization": f"Bearer {who}"} if who else {}
            opened[who] = httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url=f"{BASE}/", headers=headers
            )  # fmt: skip
        return opened[who]

    yield caller
    for one in opened.values():
        await one.aclose()


async def made(client: httpx.AsyncClient, resource: Json) -> str:
    """The id of a resource once it is stored."""
    answer = await client.post(resource["resourceType"], json=resource)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def resources(bundle: Json, mode: str = "match") -> list[Json]:
    """The resources of a searchset."""
    return [one["resource"] for one in bundle.get("entry", []) if one["search"]["mode"] == mode]


def request_of(event: Json) -> str:
    """The id of the request that an AuditEvent tells of."""
    return next(
        str(one["what"]["identifier"]["value"]) for one in event["entity"] if one["type"]["code"] == "XrequestId"
    )
