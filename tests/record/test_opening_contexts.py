"""A context has all its grants before it is used, however many people it has to do with and whatever breaks it off."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from saman.model.access import Assignment, Holder
from saman.record import Context, Record, Stored
from saman.record import grants as granting
from saman.record.grants import open_context
from tests.conftest import Database
from tests.record.conftest import NOW, made, patient

SOME = 2
"""Persons at a time."""

HELD = """SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE l.locktype = 'advisory' AND l.mode = 'ExclusiveLock' AND d.datname = current_database()"""

Fresh = tuple[Record, Database]


@pytest.fixture(autouse=True)
def in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(granting, "CHUNK", SOME)


def at(party: str, role: str = "home-care-nurse") -> Assignment:
    return Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role=role, party=party)


async def followed(record: Record, *parties: str) -> str:
    """A person whom these units follow."""
    who = await made(record, patient())
    members = [{"member": {"reference": f"Organization/{party}"}} for party in parties]
    subject = {"reference": f"Patient/{who}"}
    await made(record, {"resourceType": "CareTeam", "status": "active", "subject": subject, "participant": members})
    return who


async def opened(record: Record, party: str) -> Record:
    number = await open_context(record.store.pool, at(party), record.store.policy)
    return Record(record.store, Context(number, "Practitioner/1", "home-care-nurse", party, "TREAT", NOW, "r", "staff"))


def asked(database: Database, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.superuser_url) as connection:
        return connection.execute(sql, values).fetchall()


async def test_everybody_is_seen_who_is_followed_and_nobody_else(fresh: Fresh) -> None:
    record, _ = fresh
    mine = [await followed(record, "a", "b") for _ in range(2 * SOME + 1)]
    other = await followed(record, "b")
    nurse = await opened(record, "a")
    assert all([isinstance(await nurse.read("Patient", who), Stored) for who in mine])
    assert not isinstance(await nurse.read("Patient", other), Stored)


async def test_no_transaction_holds_more_people_than_are_taken_at_a_time(
    fresh: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, database = fresh
    for _ in range(2 * SOME + 1):
        await followed(record, "a")
    held: list[int] = []
    refresh = granting.refresh

    async def counted(*arguments: Any) -> None:
        held.append(asked(database, HELD)[0][0])
        await refresh(*arguments)

    monkeypatch.setattr(granting, "refresh", counted)
    await opened(record, "a")
    assert held == [SOME, SOME, 1]


async def test_what_others_may_see_stays_untouched(fresh: Fresh) -> None:
    record, database = fresh
    for _ in range(SOME):
        await followed(record, "a", "b")
    await opened(record, "a")
    before = asked(database, "SELECT ctid, context, person FROM grants ORDER BY 1")
    await opened(record, "b")
    assert set(before) <= set(asked(database, "SELECT ctid, context, person FROM grants"))


async def test_an_opening_that_was_broken_off_is_done_by_whoever_asks_next(
    fresh: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, database = fresh
    people = [await followed(record, "a") for _ in range(2 * SOME + 1)]
    refresh, parts = granting.refresh, iter(range(2))

    async def broken(*arguments: Any) -> None:
        if next(parts) == 1:
            raise ConnectionResetError
        await refresh(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(granting, "refresh", broken)
        with pytest.raises(ConnectionResetError):
            await opened(record, "a")
    assert asked(database, "SELECT opened FROM context WHERE party = 'a'") == [(False,)]
    nurse = await opened(record, "a")
    assert all([isinstance(await nurse.read("Patient", who), Stored) for who in people])
    assert asked(database, "SELECT opened FROM context WHERE party = 'a'") == [(True,)]


async def test_many_who_open_it_at_once_have_one_context_with_each_grant_once(fresh: Fresh) -> None:
    record, database = fresh
    for _ in range(2 * SOME + 1):
        await followed(record, "a")
    policy, pool = record.store.policy, record.store.pool
    numbers = await asyncio.gather(*(open_context(pool, at("a"), policy) for _ in range(6)))
    assert len(set(numbers)) == 1
    twice = "SELECT count(*) - count(DISTINCT (person, domain, since, ground, rows)) FROM grants WHERE context = %s"
    assert asked(database, twice, numbers[0]) == [(0,)]


async def test_who_is_followed_while_it_is_opened_is_seen(fresh: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    record, _ = fresh
    for _ in range(SOME + 1):
        await followed(record, "a")
    refresh, late = granting.refresh, list[str]()

    async def meanwhile(*arguments: Any) -> None:
        await refresh(*arguments)
        if not late:
            late.append("")
            late[0] = await followed(record, "a")

    monkeypatch.setattr(granting, "refresh", meanwhile)
    nurse = await opened(record, "a")
    assert isinstance(await nurse.read("Patient", late[0]), Stored)


async def test_who_is_no_longer_followed_while_it_is_opened_is_not_seen(
    fresh: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, _ = fresh
    people = [await followed(record, "a") for _ in range(SOME + 1)]
    found = await record.search("CareTeam", [("patient", people[0])])
    team = found.matches[0].id  # type: ignore[union-attr]
    refresh, ending = granting.refresh, list[asyncio.Task[Any]]()

    async def meanwhile(*arguments: Any) -> None:
        await refresh(*arguments)
        if not ending:
            ending.append(asyncio.create_task(record.delete("CareTeam", team)))

    monkeypatch.setattr(granting, "refresh", meanwhile)
    nurse = await opened(record, "a")
    await ending[0]
    assert not isinstance(await nurse.read("Patient", people[0]), Stored)
