"""Nothing is shown before its entry is durable, many entries share a commit, and refusals stay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import psycopg
import pytest

from saman.kernel.outcome import Kind, Refusal
from saman.model.fhir import resource_number
from saman.record import Context, Record, Stored, Written, process, system
from saman.record.audit import Entry
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, made, observation, patient
from tests.record.test_fences import care_team, nurse_at

Row = dict[str, Any]


def entries(database: Database, after: int = 0) -> list[Row]:
    """The log, oldest first."""
    with psycopg.connect(database.superuser_url, row_factory=psycopg.rows.dict_row) as connection:
        return connection.execute("SELECT * FROM audit WHERE entry > %s ORDER BY entry", (after,)).fetchall()


def last(database: Database) -> int:
    return max((row["entry"] for row in entries(database)), default=0)


def told(row: Row) -> tuple[str, str, str | None, int]:
    return row["action"], row["id"], row["person"], row["outcome"]


async def test_every_act_leaves_its_entry(database: Database, record: Record) -> None:
    before = last(database)
    who = await made(record, patient())
    reading = await made(record, observation(who))
    await record.read("Observation", reading)
    await record.vread("Observation", reading, 1)
    await record.history("Observation", reading)
    await record.search("Observation", [("patient", who)])
    await record.update("Observation", reading, observation(who, id=reading))
    await record.delete("Observation", reading)
    assert [told(row) for row in entries(database, before)] == [
        ("C", who, who, 0),
        ("C", reading, who, 0),
        ("R", reading, who, 0),
        ("R", reading, who, 0),
        ("H", reading, who, 0),
        ("S", "", who, 0),
        ("U", reading, who, 0),
        ("D", reading, who, 0),
    ]
    assert {row["actor"] for row in entries(database, before)} == {"system"}
    assert [row["version"] for row in entries(database, before)] == [1, 1, 1, 1, None, None, 2, 3]


async def test_a_search_names_everybody_it_showed_and_whoever_was_asked_about(
    database: Database, record: Record
) -> None:
    one, other = await made(record, patient()), await made(record, patient())
    both = [
        await made(record, observation(who, method={"text": "x"}, identifier=[{"value": "aud"}]))
        for who in (one, other)
    ]
    assert len(both) == 2
    before = last(database)
    await record.search("Observation", [("identifier", "aud"), ("_include", "Observation:subject")])
    assert {row["person"] for row in entries(database, before)} == {one, other}
    assert {row["query"] for row in entries(database, before)} == {
        "Observation?identifier=aud&_include=Observation:subject"
    }
    before = last(database)
    await record.search("Goal", [("patient", one)])
    await record.search("Patient", [("_id", f"{one},{other}"), ("family", "nobody of that name")])
    await record.search("Goal", [("lifecycle-status", "active")])
    assert sorted(str(row["person"]) for row in entries(database, before)) == sorted([one, one, other, "None"])


MARKED = ('"', "\\", '\\"', "{a,b}", "NULL", "a b,\n(c)", "", "å☃")
"""Texts that mean something where PostgreSQL reads arrays."""


async def test_entries_keep_every_character_and_what_is_nothing(database: Database, record: Record) -> None:
    before, store = last(database), record.store
    written = [Entry(record.context, "S", 1, query=text, ground=text, person=text or None) for text in MARKED]
    await store.audit.write(*written, Entry(record.context, "R", 1, id="a", version=2**40))
    await store.audit.write(*written[:1])
    rows = entries(database, before)
    assert [row["query"] for row in rows] == [*MARKED, "", MARKED[0]]
    assert [(row["ground"], row["person"]) for row in rows[: len(MARKED)]] == [(one, one or None) for one in MARKED]
    assert [row["version"] for row in rows] == [*[None] * len(MARKED), 2**40, None]
    assert {row["at"] for row in rows} == {record.context.now}


async def test_an_entry_says_on_which_ground(database: Database, record: Record) -> None:
    who = await made(record, patient())
    team = await made(record, care_team(who, "ground-unit"))
    nurse = await nurse_at(record, "ground-unit")
    before = last(database)
    await nurse.read("Patient", who)
    await nurse.search("CareTeam", [("patient", who)])
    await nurse.history("CareTeam", team)
    told = Record(nurse.store, nurse.context, BASE)
    written = await told.create(
        {"resourceType": "Communication", "status": "completed", "subject": {"reference": f"Patient/{who}"}}
    )
    assert isinstance(written, Written), written
    rows = entries(database, before)
    assert [row["action"] for row in rows] == ["R", "S", "H", "C"]
    assert {row["ground"] for row in rows} == {f"CareTeam/{team}"}
    assert {(row["actor"], row["role"], row["party"], row["purpose"]) for row in rows} == {
        ("Practitioner/1", "home-care-nurse", "ground-unit", "TREAT")
    }


async def test_refusals_are_entries_too(database: Database, record: Record) -> None:
    who = await made(record, patient())
    reading = await made(record, observation(who))
    nurse = await nurse_at(record, "refused-unit")
    before = last(database)
    message = {"resourceType": "Communication", "status": "completed", "subject": {"reference": f"Patient/{who}"}}
    condition = {"resourceType": "Condition", "subject": {"reference": f"Patient/{who}"}}
    answers = [
        await nurse.read("Observation", reading),
        await nurse.read("Patient", who),
        await nurse.history("Observation", reading),
        await nurse.create(message),
        await nurse.create(condition),
        await nurse.update("Observation", reading, observation(who, id=reading)),
        await nurse.delete("Observation", reading),
    ]
    assert [answer.kind for answer in answers if isinstance(answer, Refusal)] == [
        Kind.NOT_FOUND,
        Kind.NOT_FOUND,
        Kind.NOT_FOUND,
        Kind.FORBIDDEN,
        Kind.FORBIDDEN,
        Kind.FORBIDDEN,
        Kind.NOT_FOUND,
    ]
    rows = entries(database, before)
    assert [(row["action"], row["outcome"]) for row in rows] == [(action, 4) for action in "RRHCCUD"]
    assert [row["person"] for row in rows] == [None, who, None, who, who, who, None]
    assert {row["actor"] for row in rows} == {"Practitioner/1"}


async def test_a_refusal_outlives_the_transaction_it_ended(database: Database, record: Record) -> None:
    who = await made(record, patient())
    nurse = await nurse_at(record, "outlives")
    before = last(database)
    condition = {"resourceType": "Condition", "subject": {"reference": f"Patient/{who}"}}
    entry = {"resource": condition, "request": {"method": "POST", "url": "Condition"}}
    answer = await process(nurse, {"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    assert isinstance(answer, Refusal)
    assert [(row["action"], row["person"], row["outcome"]) for row in entries(database, before)] == [("C", who, 4)]


async def test_many_reads_share_few_commits(
    new_database: Callable[[], Database], open_at: Opener, record: Record
) -> None:
    database = new_database()
    own = Record(await open_at(database.app_url), system(NOW), BASE)
    ids = [await made(own, patient()) for _ in range(4)]
    commits = 0
    writer = own.store.audit
    commit = writer._commit

    async def counted(batch: Any) -> Any:
        nonlocal commits
        commits += 1
        return await commit(batch)

    writer._commit = counted  # type: ignore[method-assign]
    before = last(database)
    answers = await asyncio.gather(*(own.read("Patient", ids[number % 4]) for number in range(200)))
    assert all(isinstance(answer, Stored) for answer in answers)
    assert len(entries(database, before)) == 200
    assert commits <= 100


async def test_an_answer_is_withheld_until_its_entry_is_durable(
    new_database: Callable[[], Database], open_at: Opener
) -> None:
    database = new_database()
    record = Record(await open_at(database.app_url), system(NOW), BASE)
    who = await made(record, patient())
    with psycopg.connect(database.superuser_url) as other:
        other.execute("LOCK TABLE audit IN EXCLUSIVE MODE")
        reading = asyncio.ensure_future(record.read("Patient", who))
        async with record.store.pool.acquire() as connection:
            waits = "SELECT count(*) FROM pg_locks WHERE relation = 'audit'::regclass AND NOT granted"
            while await connection.fetchval(waits) == 0:
                assert not reading.done()
        assert not reading.done()
        other.rollback()
    assert isinstance(await reading, Stored)


async def test_nothing_is_shown_when_the_log_cannot_be_written(
    new_database: Callable[[], Database], open_at: Opener
) -> None:
    database = new_database()
    record = Record(await open_at(database.app_url), system(NOW), BASE)
    who = await made(record, patient())
    with psycopg.connect(database.superuser_url, autocommit=True) as owner:
        owner.execute("REVOKE INSERT ON audit FROM saman_app")
        answers = [
            await record.read("Patient", who),
            await record.read("Patient", "nobody"),
            await record.vread("Patient", who, 1),
            await record.history("Patient", who),
            await record.search("Patient", []),
        ]
        assert [answer.kind for answer in answers if isinstance(answer, Refusal)] == [Kind.UNAVAILABLE] * 5
        written = await record.create(patient())
        assert isinstance(written, Refusal)
        owner.execute("GRANT INSERT ON audit TO saman_app")
    assert isinstance(await record.read("Patient", who), Stored)
    page = await record.search("Patient", [("_total", "accurate")])
    assert not isinstance(page, Refusal)
    assert page.total == 1


async def test_an_outage_is_an_answer_and_passes(new_database: Callable[[], Database], open_at: Opener) -> None:
    database = new_database()
    record = Record(await open_at(database.app_url), system(NOW), BASE)
    who = await made(record, patient())
    elsewhere = psycopg.conninfo.make_conninfo(database.superuser_url, dbname="postgres")
    with psycopg.connect(elsewhere, autocommit=True) as owner:
        owner.execute("ALTER DATABASE " + database.name + " CONNECTION LIMIT 0")
        owner.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND usename = 'saman_app'",
            (database.name,),
        )
        answers = [await record.read("Patient", who) for _ in range(4)]
        assert {answer.kind for answer in answers if isinstance(answer, Refusal)} == {Kind.UNAVAILABLE}
        assert isinstance(await record.create(patient()), Refusal)
        owner.execute("ALTER DATABASE " + database.name + " CONNECTION LIMIT -1")
    assert isinstance(await record.read("Patient", who), Stored)


@pytest.mark.parametrize("asker", ["system", "self", "other"])
async def test_the_log_is_read_by_whom_it_is_about(database: Database, record: Record, asker: str) -> None:
    from saman.model.access import Assignment, Holder
    from saman.record.grants import open_context

    who, other = await made(record, patient()), await made(record, patient())
    await record.read("Patient", who)
    number = 0
    if asker != "system":
        actor = f"Patient/{who if asker == 'self' else other}"
        wanted = Assignment(number=0, kind=Holder.CITIZEN, purpose="PATRQT", role="citizen", actor=actor)
        number = await open_context(record.store.pool, wanted, record.store.policy)
    context = Context(number, "x", "", "", "PATRQT", NOW, "r", "citizen" if number else "system")
    async with record.store.transaction(context) as connection:
        rows = await connection.fetch("SELECT * FROM audit_about($1, $2, $3)", who, 2**60, 10)
    assert [row["action"] for row in rows] == ([] if asker == "other" else ["R", "C"])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await record.store.pool.fetch("SELECT * FROM audit")
    assert resource_number("Patient") in {row["type"] for row in entries(database)}
