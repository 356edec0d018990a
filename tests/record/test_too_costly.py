"""A search that takes the database too long is refused, holds nothing, and leaves no statement behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from saman.kernel.outcome import Kind, Refusal
from saman.model.access import Policy
from saman.record import Page, Record, Stored, open_store, system
from saman.record.search.query import MAX_CLAUSES
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, made, patient

SEARCH = [("identifier", "urn:test|1")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hurried(new_database: Callable[[], Database], policy: Policy) -> AsyncIterator[tuple[Record, Database]]:
    """A record whose searches are given little time, over two connections."""
    database = new_database()
    store = await open_store(database.app_url, policy, connections=2, search_seconds=0.2)
    assert not isinstance(store, Refusal)
    yield Record(store, system(NOW), BASE), database
    await store.close()


@asynccontextmanager
async def held(database: Database, table: str = "token") -> AsyncIterator[asyncpg.Connection[Any]]:
    """Somebody holds what every search by such a value looks into, so that it would wait for ever."""
    connection = await asyncpg.connect(database.superuser_url)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield connection
    finally:
        await connection.close()


WAITING = """SELECT count(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()"""


async def test_it_is_refused_and_others_go_on(hurried: tuple[Record, Database]) -> None:
    record, database = hurried
    who = await made(record, patient(identifier=[{"system": "urn:test", "value": "1"}]))
    async with held(database) as watching:
        answers = await asyncio.gather(*(record.search("Patient", SEARCH) for _ in range(5)))
        for answer in answers:
            assert isinstance(answer, Refusal)
            assert answer.kind is Kind.TOO_COSTLY
            assert [(one.code, "too long" in one.text) for one in answer.issues] == [("too-costly", True)]
        assert isinstance(await record.read("Patient", who), Stored)
        assert await watching.fetchval(WAITING) == 0
    found = await record.search("Patient", SEARCH)
    assert isinstance(found, Page)
    assert [one.id for one in found.matches] == [who]


async def test_a_transaction_goes_on_without_it(hurried: tuple[Record, Database]) -> None:
    record, database = hurried

    async def work(inner: Record) -> Any:
        before = await made(inner, {"resourceType": "Organization", "name": "before"})
        async with held(database, "date"):
            answer = await inner.search("Patient", [("birthdate", "2000")])
        assert isinstance(answer, Refusal)
        return before

    kept = await record.atomically(work)
    assert isinstance(await record.read("Organization", kept), Stored)


async def test_a_search_has_so_many_conditions_at_most(record: Record) -> None:
    answer = await record.search("Patient", [("gender", "male")] * (MAX_CLAUSES + 1))
    assert isinstance(answer, Refusal)
    assert answer.issues[0].code == "too-costly"
    assert isinstance(await record.search("Patient", [("gender", "male")] * MAX_CLAUSES), Page)


@pytest.mark.parametrize("name", ["_has:Observation:patient:_has:Observation:has-member:code", "name:contains"])
async def test_what_is_dear_but_not_ruinous_is_answered(record: Record, name: str) -> None:
    assert isinstance(await record.search("Patient", [(name, "a")]), Page)
