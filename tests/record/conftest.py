"""A store on a fresh database, and the few resources that tests are made of."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.access import Policy, add_region, read_country
from saman.record import Record, Store, open_store, process, system
from tests.conftest import Database

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
BASE = "https://record.test/fhir"

Resource = dict[str, Any]
Opener = Callable[..., Awaitable[Store]]


def norway() -> Policy:
    """Norway's rules, with agreements that let one centre see health data and keep one unit from social data."""
    roles = re.findall(r"\{id: ([a-z-]+)", (ROOT / "regions/roles.yaml").read_text("utf-8"))
    text = (ROOT / "regions/countries/no.access.yaml").read_text("utf-8")
    policy = read_country("no.access.yaml", text, roles)
    assert isinstance(policy, Policy)
    region = """
schema: 0
region: test
rows:
  - {id: A01, agreement: a, says: Some., parties: [centre], fills: R02-telemedicine-nurse-health, sees: [health],
     valid_from: 2026-11-10, valid_to: 2026-11-25}
  - {id: A02, agreement: a, says: None., parties: [home-b], never_sees: [social], valid_from: 2026-11-20}
"""
    added = add_region(policy, "access.yaml", region)
    assert isinstance(added, Policy), added
    return added


@pytest.fixture(scope="session")
def policy() -> Policy:
    return norway()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def open_at(policy: Policy) -> AsyncIterator[Opener]:
    """Opens stores, which are closed at the end of the module."""
    opened: list[Store] = []

    async def at(url: str, **options: Any) -> Store:
        store = await open_store(url, policy, **options)
        assert not isinstance(store, Refusal), store
        opened.append(store)
        return store

    yield at
    for store in opened:
        await store.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def store(database: Database, open_at: Opener) -> Store:
    return await open_at(database.app_url)


@pytest.fixture
def record(store: Store) -> Record:
    """The system's own way in."""
    return Record(store, system(NOW), BASE)


@pytest_asyncio.fixture
async def fresh(new_database: Callable[[], Database], open_at: Opener) -> tuple[Record, Database]:
    """The same on a database of its own."""
    database = new_database()
    return Record(await open_at(database.app_url), system(NOW), BASE), database


def patient(**more: Any) -> Resource:
    return {"resourceType": "Patient", "name": [{"family": "Ås", "given": ["Kari"]}]} | more


def observation(subject: str, **more: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
        "subject": {"reference": f"Patient/{subject}"},
        "effectiveDateTime": "2026-11-20T10:00:00+01:00",
        "valueQuantity": {"value": 88, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
    } | more


async def made(record: Record, resource: Resource) -> str:
    """The id of `resource` once it is stored."""
    written = await record.create(resource)
    assert not isinstance(written, Refusal), written
    return written.stored.id


async def processed(record: Record, bundle: Resource) -> Resource:
    """The answer to a Bundle that is not refused."""
    answer = await process(record, bundle)
    assert not isinstance(answer, Refusal), answer
    decoded = json.decode(answer)
    assert isinstance(decoded, dict)
    return decoded


def without_server_parts(resource: Resource) -> Resource:
    """`resource` without what the server sets."""
    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in ("versionId", "lastUpdated")}
    rest = {name: value for name, value in resource.items() if name not in ("id", "meta")}
    return rest | ({"meta": meta} if meta else {})
