"""Single statements over connections that stay lent: nothing is lost, kept or waited for that should not be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import psycopg
import pytest

from saman.record.statements import Statements
from tests.conftest import Database

KEPT, MOST = 2, 4
SLEEP = "SELECT pg_sleep(30)"
IDLE = "SELECT pid FROM pg_stat_activity WHERE application_name = 'statements' AND state = 'idle'"


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[asyncpg.Pool]:
    options = {"application_name": "statements"}
    async with asyncpg.create_pool(database.app_url, min_size=0, max_size=MOST, server_settings=options) as made:
        yield made


@pytest.fixture
async def statements(pool: asyncpg.Pool) -> AsyncIterator[Statements]:
    made = Statements(pool, KEPT)
    yield made
    await made.close()


async def several(statements: Statements, many: int) -> set[int]:
    """The backends that answered `many` at once."""
    asked = (statements.fetch("SELECT pg_backend_pid(), pg_sleep(0.01 * $1::int)", 1) for _ in range(many))
    return {rows[0][0] for rows in await asyncio.gather(*asked)}


async def test_one_after_the_other_goes_over_one_connection(statements, pool):
    assert len({(await statements.fetch("SELECT pg_backend_pid()"))[0][0] for _ in range(20)}) == 1
    assert (statements.idle, pool.get_size(), pool.get_idle_size()) == (1, 1, 0)


async def test_many_at_once_take_what_the_pool_has_and_keep_their_share(statements, pool):
    assert len(await several(statements, 40)) == MOST
    assert (statements.idle, pool.get_idle_size()) == (KEPT, MOST - KEPT)


async def test_a_transaction_finds_a_connection_beside_those_that_are_kept(statements, pool):
    await several(statements, 40)
    async with asyncio.timeout(10):
        held = [await pool.acquire() for _ in range(MOST - KEPT)]
        assert (await statements.fetch("SELECT 1 AS one"))[0]["one"] == 1
        for one in held:
            await pool.release(one)


async def test_a_wrong_statement_keeps_nothing_back(statements, pool):
    for _ in range(3 * MOST):
        with pytest.raises(asyncpg.DivisionByZeroError):
            await statements.fetch("SELECT 1 / $1::int", 0)
    assert (statements.idle, pool.get_idle_size()) == (0, pool.get_size())
    assert len(await several(statements, 40)) == MOST


async def test_one_that_is_given_up_leaves_its_connection_clean(statements, pool):
    for _ in range(2 * MOST):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await statements.fetch(SLEEP)
    assert statements.idle == 0
    assert len(await several(statements, 40)) == MOST


async def test_what_was_cut_while_idle_is_replaced(statements, database):
    before = await several(statements, 40)
    with psycopg.connect(database.superuser_url, autocommit=True) as owner:
        owner.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM ({IDLE}) AS cut")
    rows = await asyncio.gather(*(_answered(statements) for _ in range(40)))
    assert not before & set(rows)
    assert statements.idle == KEPT


async def _answered(statements: Statements) -> int:
    """The backend that answered, at the second try where the cut was noticed only by asking."""
    for _ in range(MOST + 1):
        try:
            rows = await statements.fetch("SELECT pg_backend_pid()")
        except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError):
            continue
        return int(rows[0][0])
    raise AssertionError("no connection came back")


async def test_closing_gives_back_what_comes_home_later(pool):
    statements = Statements(pool, KEPT)
    under_way = asyncio.create_task(statements.fetch("SELECT pg_sleep(0.2)"))
    await statements.fetch("SELECT 1")
    await statements.close()
    await under_way
    assert (statements.idle, pool.get_idle_size()) == (0, pool.get_size())
    assert (await statements.fetch("SELECT 2 AS two"))[0]["two"] == 2
    assert statements.idle == 0
