"""What several requests create at once is written together, and each is answered and logged as its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import psycopg
import pytest

from saman.kernel.outcome import Kind, Refusal
from saman.model.access import Assignment, Holder
from saman.model.fhir import resource_number
from saman.record import Context, Record
from saman.record.grants import open_context
from saman.record.joining import MOST
from saman.record.stored import Written
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, made, observation, patient
from tests.record.test_query_plans import listening

MANY = 40
MOST_CONNECTIONS = 16
HOME = [{"coding": [{"system": "urn:saman:category", "code": "home-monitoring"}]}]


def as_of(context: Context, number: int) -> Context:
    """The same party, another of its nurses, in another request."""
    return msgspec.structs.replace(context, actor=f"Practitioner/{number}", request=f"request-{number}")


async def nurse(record: Record, who: str) -> Context:
    """A nurse who may write about one person."""
    team = {"resourceType": "CareTeam", "status": "active", "subject": {"reference": f"Patient/{who}"}}
    await made(record, team | {"participant": [{"member": {"reference": "Organization/unit"}}]})
    wanted = Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role="telemedicine-nurse", party="unit")
    number = await open_context(record.store.pool, wanted, record.store.policy)
    return Context(number, "", wanted.role, "unit", "TREAT", NOW, "", "staff")


async def at_once(record: Record, context: Context, about: list[str]) -> list[Written | Refusal]:
    doors = (Record(record.store, as_of(context, number), BASE) for number in range(len(about)))
    return await asyncio.gather(
        *(door.create(observation(who, category=HOME)) for door, who in zip(doors, about, strict=True))
    )


async def test_creates_at_once_share_statements_and_each_is_logged_as_its_own(
    record: Record, database: Database
) -> None:
    who = await made(record, patient())
    context = await nurse(record, who)
    async with listening(record) as heard:
        written = await at_once(record, context, [who] * MANY)
    ids = {one.stored.id for one in written if isinstance(one, Written)}
    assert len(ids) == MANY
    assert len([sql for sql, _ in heard if " put(" in sql]) <= 1 + -(-MANY // MOST) + 1
    with psycopg.connect(database.superuser_url) as connection:
        logged = connection.execute(
            "SELECT id, actor, request, ground <> '' FROM audit WHERE action = 'C' AND id = ANY(%s)", [list(ids)]
        ).fetchall()
    told = {one.stored.id: number for number, one in enumerate(written) if isinstance(one, Written)}
    assert sorted(logged) == sorted((id, f"Practitioner/{n}", f"request-{n}", True) for id, n in told.items())


async def test_one_that_may_not_be_written_keeps_nobody_else_from_it(record: Record, database: Database) -> None:
    who, hidden = await made(record, patient()), await made(record, patient())
    context = await nurse(record, who)
    about = [hidden if number % 5 == 0 else who for number in range(MANY)]
    written = await at_once(record, context, about)
    assert [isinstance(one, Written) for one in written] == [one == who for one in about]
    assert {one.kind for one in written if isinstance(one, Refusal)} == {Kind.FORBIDDEN}
    with psycopg.connect(database.superuser_url) as connection:
        found = connection.execute(
            "SELECT person, count(*) FROM resource WHERE person = ANY(%s) AND type = %s GROUP BY 1",
            [[who, hidden], resource_number("Observation")],
        ).fetchall()
        refused = connection.execute(
            "SELECT count(*) FROM audit WHERE action = 'C' AND outcome = 4 AND person = %s", [hidden]
        ).fetchall()
    assert found == [(who, about.count(who))]
    assert refused == [(about.count(hidden),)]


async def test_somebody_who_goes_away_takes_nobody_along(record: Record) -> None:
    who = await made(record, patient())
    context = await nurse(record, who)
    doors = [Record(record.store, as_of(context, number), BASE) for number in range(MANY)]
    tasks = [asyncio.create_task(door.create(observation(who, category=HOME))) for door in doors]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    for number, answer in enumerate(answers):
        assert isinstance(answer, asyncio.CancelledError if number % 3 == 0 else Written)


async def recovered(record: Record, who: str) -> bool:
    """Whether something is written again once each connection that was cut has been noticed by one request at most."""
    for _ in range(MOST_CONNECTIONS + 1):
        answer = await record.create(observation(who, category=HOME))
        if isinstance(answer, Written):
            return True
        assert answer.kind is Kind.UNAVAILABLE
    return False


@pytest.mark.parametrize("lost", [1, 7])
async def test_a_lost_database_is_told_to_everybody_who_waits(
    record: Record, database: Database, new_database: Callable[[], Database], lost: int
) -> None:
    who = await made(record, patient())
    context = await nurse(record, who)
    creating = asyncio.create_task(at_once(record, context, [who] * lost))
    await asyncio.sleep(0)
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'saman_app'"
            " AND datname = current_database()"
        )
    answers = await creating
    assert len(answers) == lost
    for answer in answers:
        assert isinstance(answer, Written) or answer.kind is Kind.UNAVAILABLE
    assert await recovered(record, who)
