"""A region is not served on a database that was set up with another, and nothing there is changed by trying."""

from __future__ import annotations

import pytest

from saman.kernel.outcome import Kind, Refusal
from saman.ops.setup import set_up
from saman.record import open_store
from saman.record.once import done_names
from tests import regions
from tests.conftest import Database

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def name() -> str:
    """The region that is there."""
    return "template"


async def test_another_region_is_refused_with_the_mend(database: Database) -> None:
    other = regions.region_of("is-fjallabyggd")
    store = await open_store(database.app_url, other.policy)
    assert not isinstance(store, Refusal), store
    before = await done_names(store), await store.pool.fetchval("SELECT count(*) FROM done")
    refused = await set_up(store, other, lambda: regions.MORNING, lambda line: None, demo=True)
    assert isinstance(refused, Refusal)
    assert refused.kind is Kind.CONFLICT
    assert all(word in refused.issues[0].text for word in ("template", "is-fjallabyggd", "SAMAN_DATA_DIR"))
    assert (await done_names(store), await store.pool.fetchval("SELECT count(*) FROM done")) == before
    await store.close()


async def test_the_same_region_is_served_again(database: Database) -> None:
    region = regions.region_of("template")
    store = await open_store(database.app_url, region.policy)
    assert not isinstance(store, Refusal), store
    said: list[str] = []
    assert await set_up(store, region, lambda: regions.MORNING, said.append, demo=True) is None
    assert said == []
    await store.close()
