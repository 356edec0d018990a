"""A care model applied to a real record: once, again without a change, and after a change."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec
import pytest_asyncio

from saman.flows.governance.resources import applied
from saman.kernel.outcome import Refusal
from saman.model.care.fhir import Changes, to_fhir
from saman.ops.region import Region, open_region
from saman.record import Record, Store, open_store, system
from tests.conftest import Database
from tests.unit.model.care.conftest import REGIONS

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest_asyncio.fixture(loop_scope="session")
async def store(database: Database) -> AsyncIterator[Store]:
    region = open_region(REGIONS / "no-agder")
    assert isinstance(region, Region)
    opened = await open_store(database.app_url, region.policy, connections=2)
    assert not isinstance(opened, Refusal)
    yield opened
    await opened.close()


async def changes(store, model, **options) -> Changes:
    made = await applied(store, model, NOW, **options)
    assert isinstance(made, Changes), made
    return made


async def test_a_region_is_applied_once_and_then_only_where_it_changed(store, agder):
    count = len(to_fhir(agder))
    assert len((await changes(store, agder, dry_run=True)).create) == count
    assert len((await changes(store, agder)).create) == count
    again = await changes(store, agder)
    assert (again.create, again.update, len(again.unchanged), again.left) == ((), (), count, ())

    parties = tuple(party for party in agder.parties if party.id != "association-agder-1")
    renamed = msgspec.structs.replace(parties[0], name="Sørlandet")
    changed = msgspec.structs.replace(agder, parties=(renamed, *parties[1:]))
    third = await changes(store, changed)
    assert [one["id"] for one in third.update] == [parties[0].id]
    assert third.left == ("HealthcareService/association-agder-1", "Organization/association-agder-1")

    record = Record(store, system(NOW))
    kept = await record.read("Organization", "association-agder-1")
    assert not isinstance(kept, Refusal)
    trust = await record.read("Organization", parties[0].id)
    assert not isinstance(trust, Refusal)
    assert (trust.version, trust.resource()["name"]) == (2, "Sørlandet")
