"""Single statements over connections that stay lent: nothing is lost, kept or waited for that should not be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import psycopg
import pytest

from saman.kernel.outcome import Refusal
from saman.record import Record, Store, system
from saman.record import statements as single
from saman.record.statements import Statements
from tests.conftest import Database

from .conftest import NOW

MOST = 4
SLEEP = "SELECT pg_sleep(30)"
IDLE = "SELECT pid FROM pg_stat_activity WHERE application_name = 'statements' AND state = 'idle'"

ACTIVE = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%AS three%' AND pid <> pg_backend_pid()"


@pytest.fixture
async def statements(database: Database) -> AsyncIterator[Statements]:
    options = {"application_name": "statements"}
    pool = await asyncpg.create_pool(database.app_url, min_size=0, max_size=MOST, server_settings=options)
    made = Statements(pool)
    yield made
    await made.close()


async def several(statements: Statements, many: int) -> set[int]:
    """The backends that answered `many` at once."""
    asked = (statements.fetch("SELECT pg_backend_pid(), pg_sleep(0.01 * $1::int)", 1) for _ in range(many))
    return {rows[0][0] for rows in await asyncio.gather(*asked)}


async def test_one_after_the_other_goes_over_one_connection(statements):
    assert len({await statements.fetchval("SELECT pg_backend_pid()") for _ in range(20)}) == 1
    assert (statements.idle, statements.pool.get_size()) == (1, 1)
    assert await statements.fetchval("SELECT 1 WHERE false") is None


async def test_many_at_once_take_turns(statements):
    assert len(await several(statements, 40)) == MOST
    assert statements.idle == MOST


async def test_a_wrong_statement_keeps_nothing_back(statements):
    for _ in range(3 * MOST):
        with pytest.raises(asyncpg.DivisionByZeroError):
            await statements.fetch("SELECT 1 / $1::int", 0)
    assert statements.idle == statements.pool.get_size() == 1
    assert len(await several(statements, 40)) == MOST


async def test_one_that_is_given_up_leaves_its_connection_clean(statements):
    for _ in range(2 * MOST):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await statements.fetch(SLEEP)
    assert len(await several(statements, 40)) == MOST


async def test_who_gives_up_waiting_takes_no_turn(statements):
    slow = [asyncio.create_task(statements.fetch("SELECT pg_sleep(0.3)")) for _ in range(MOST)]
    waiting = [asyncio.create_task(statements.fetch(SLEEP)) for _ in range(2 * MOST)]
    await asyncio.sleep(0)
    for one in waiting:
        one.cancel()
    assert await statements.fetchval("SELECT 1") == 1
    await asyncio.gather(*slow)
    assert statements.idle == MOST


async def test_what_was_cut_while_idle_is_replaced_and_not_counted(statements, database):
    before = await several(statements, 40)
    with psycopg.connect(database.superuser_url, autocommit=True) as owner:
        owner.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM ({IDLE}) AS cut")
    rows = await asyncio.gather(*(_answered(statements) for _ in range(40)))
    assert not before & set(rows)
    assert statements.idle == statements.pool.get_size()


async def _answered(statements: Statements) -> int:
    """The backend that answered, at a later try where the cut was noticed only by asking."""
    for _ in range(MOST + 1):
        try:
            return int(await statements.fetchval("SELECT pg_backend_pid()"))
        except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError):
            continue
    raise AssertionError("no connection came back")


async def test_connections_are_given_back_now_and_then(statements, monkeypatch):
    monkeypatch.setattr(single, "RECYCLED", 3)
    lent = []
    for _ in range(7):
        await statements.fetch("SELECT 1")
        lent.append(statements.pool.get_size() - statements.pool.get_idle_size())
    assert lent == [1, 1, 0, 1, 1, 0, 1]


async def test_closing_waits_for_what_is_under_way(database):
    statements = Statements(await asyncpg.create_pool(database.app_url, min_size=0, max_size=MOST))
    under_way = asyncio.create_task(statements.fetch("SELECT pg_sleep(3), 3 AS three"))
    while not await statements.fetchval(ACTIVE):
        assert not under_way.done(), "it was never seen under way"
    await statements.close()
    assert (await under_way)[0]["three"] == 3
    with pytest.raises(asyncpg.InterfaceError):
        await statements.fetch("SELECT 1")


async def test_transactions_that_wait_for_a_statement_do_not_wait_for_each_other(store: Store):
    most = store.pool.get_max_size()
    there, go = asyncio.Barrier(most), system(NOW)

    async def asking(inner: Record) -> str | Refusal:
        await there.wait()
        return str(await inner.store.statements.fetchval("SELECT 'found'"))

    async with asyncio.timeout(30):
        found = await asyncio.gather(*(Record(store, go).atomically(asking) for _ in range(most)))
    assert found == ["found"] * most
