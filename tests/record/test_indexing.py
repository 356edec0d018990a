"""What was stored before is found after its values were worked out anew, however often that is stopped."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
import pytest_asyncio

from saman.kernel.outcome import Refusal
from saman.record import Record, indexing, system
from saman.record.indexing import renew_some
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, made, observation, patient

TABLES = ("token", "quantity", "reference", "string", "date")
ASKED = ("value-quantity", "88||%"), ("code:text", "metning"), ("component-code-value-quantity", "x$5")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def before(new_database: Callable[[], Database], open_at: Opener) -> tuple[Record, Database, set[str]]:
    """A record whose codes and numbers stand in the index as an older version left them."""
    database = new_database()
    record = Record(await open_at(database.app_url), system(NOW), BASE)
    who = await made(record, patient())
    part = {"code": {"coding": [{"code": "x"}]}, "valueQuantity": {"value": 5}}
    ids = {
        await made(record, observation(who, code={"coding": [{"code": "a"}], "text": "Metning"}, component=[part]))
        for _ in range(7)
    }
    gone = await made(record, observation(who))
    await record.delete("Observation", gone)
    return record, database, ids


def rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """All search values."""
    with psycopg.connect(database.superuser_url) as connection:
        return {table: sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr) for table in TABLES}


async def test_it_goes_on_where_it_was_stopped(
    before: tuple[Record, Database, set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    record, database, ids = before
    whole = rows(database)
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("DELETE FROM quantity")
        connection.execute("DELETE FROM token WHERE code = ''")
        connection.execute("UPDATE token SET folded = '', part = 0")
    monkeypatch.setattr(indexing, "STEP", 3)
    first = await renew_some(record.store, "x", NOW)
    assert (first.count, first.finished) == (3, False)

    async def fails(*_: object) -> None:
        raise OSError("the database has gone")

    with monkeypatch.context() as broken:
        broken.setattr(indexing, "_renew", fails)
        with pytest.raises(OSError, match="has gone"):
            await renew_some(record.store, "x", NOW)
    step = first
    while not step.finished:
        step = await renew_some(record.store, "x", NOW)
    assert step.count == 9
    assert await renew_some(record.store, "x", NOW) == step
    assert rows(database) == whole
    for asked in ASKED:
        page = await record.search("Observation", [asked, ("_count", "50")])
        assert not isinstance(page, Refusal)
        assert {one.id for one in page.matches} == ids, asked
