"""The FHIR interface as in tests/http/fhir, and how operations are called."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest_asyncio
from starlette.applications import Starlette
from starlette.middleware import Middleware

from saman.apps.auth.identity import request_id
from saman.apps.fhir_api.app import Beside, fhir_app
from saman.apps.fhir_api.first import FhirFirst
from saman.kernel.outcome import Refusal
from saman.model.access.scopes import Narrowing, read_scopes
from saman.record import Context, Store, system
from tests.http.fhir.conftest import BASE, app, client, clock, exports, nobody, store, stranger

__all__ = ["app", "client", "exports", "nobody", "store", "stranger"]


async def scoped(headers: Iterable[tuple[bytes, bytes]]) -> Context | Refusal:
    """The system with the scopes that stand in the token, and the patient behind a `#`."""
    listed = dict(headers)
    scopes, _, person = listed[b"authorization"].decode().removeprefix("Bearer ").partition("#")
    context = system(clock(), request_id(listed.items()))
    return msgspec.structs.replace(context, narrowing=Narrowing(read_scopes(scopes).scopes, person))


@pytest_asyncio.fixture(scope="module")
async def narrow(store: Store, exports: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose token is its scopes."""
    app = Starlette(
        middleware=[Middleware(FhirFirst, fhir=fhir_app(store, scoped, clock, BASE, beside=Beside(exports=exports)))]
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{BASE}/") as one:
        yield one


def with_scope(scope: str) -> dict[str, str]:
    """The header of a client that has these scopes."""
    return {"authorization": f"Bearer {scope}"}


def parameters(**given: Any) -> dict[str, Any]:
    """A Parameters resource: text as `valueString`… is named by its key, `url__uri="…"`; resources as they are."""
    listed = []
    for key, value in given.items():
        name, _, kind = key.partition("__")
        for one in value if isinstance(value, list) else [value]:
            key = "resource" if kind == "resource" else f"value{kind[0].upper()}{kind[1:]}"
            listed.append({"name": name.replace("_", "-") if name[0] != "_" else name, key: one})
    return {"resourceType": "Parameters", "parameter": listed}


def told(body: dict[str, Any]) -> dict[str, Any]:
    """The parameters of an answer by name; of several with one name, the last."""
    assert body["resourceType"] == "Parameters", body
    return {
        one["name"]: next((value for key, value in one.items() if key.startswith("value")), one.get("part"))
        for one in body["parameter"]
    }


def codes(body: dict[str, Any]) -> list[str]:
    """The codes of an expansion."""
    assert body["resourceType"] == "ValueSet", body
    return [one["code"] for one in body["expansion"].get("contains", [])]
