"""Which entries of the log are a list on which a name stood, and which a look; and what is told of clients."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from saman.record import Context, Record, Store, system
from saman.record.review import looks_at, rest_at
from saman.record.traffic import answering
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, made, observation, patient
from tests.record.test_review_fence import EVER, citizen_of

NURSE = Context(0, "Practitioner/nosy", "home-care-worker", "north", "TREAT", NOW, "nosy-one")


@pytest.fixture
async def two(store: Store) -> tuple[str, str]:
    """Two people with a reading each; the first has a number of her own."""
    own = Record(store, system(NOW), BASE)
    number = {"system": "urn:test:number", "value": "told-apart"}
    await forget(store)
    found = [await made(own, patient(identifier=[number], gender="other")), await made(own, patient(gender="other"))]
    for one in found:
        await made(own, observation(one))
    return found[0], found[1]


async def forget(store: Store) -> None:
    """Only one person has the number."""
    own = Record(store, system(NOW), BASE)
    page = await own.search("Patient", [("gender", "other")])
    for one in page.matches:  # type: ignore[union-attr]
        await own.update("Patient", one.id, patient(id=one.id))


async def asked(store: Store, *searches: tuple[str, list[tuple[str, str]]]) -> None:
    """One request of a nurse with these searches."""
    with answering() as answer:
        for kind, pairs in searches:
            await Record(store, NURSE, BASE).search(kind, pairs)
        await answer.settle(store.audit)


async def looks_and_lists(store: Store, person: str) -> tuple[int, int]:
    citizen = await citizen_of(store, person)
    lists = [one for one in await rest_at(citizen, person, *EVER, "Europe/Oslo", ()) if one.party != "system"]
    return len(await looks_at(citizen, person, *EVER)), sum(one.times for one in lists)


@pytest.mark.parametrize(
    ("searches", "look"),
    [
        ([("Patient", [("identifier", "urn:test:number|told-apart")])], True),
        ([("Patient", [("identifier", "urn:test:number|told-apart")]), ("Task", [("status", "ready")])], True),
        ([("Observation", [("patient.identifier", "urn:test:number|told-apart")])], True),
        ([("Observation", [("patient:Patient.gender", "other")])], True),
        ([("Patient", [("_filter", "identifier eq urn:test:number|told-apart")])], True),
        (
            [("Observation", [("_filter", "status eq final and patient.identifier eq urn:test:number|told-apart")])],
            True,
        ),
        ([("Patient", [("_filter", "gender eq other or gender eq unknown")])], False),
        ([("Patient", [("gender", "other")])], False),
        ([("Patient", [("gender", "other"), ("_count", "1"), ("_sort", "_id")])], None),
    ],
)
async def test_who_sees_more_than_a_name_on_a_list_has_looked(
    store: Store, two: tuple[str, str], searches: list[Any], look: bool | None
) -> None:
    """However the search avoids to name the person, such as by number, by chain, or one by one."""
    await asked(store, *searches)
    found = await looks_and_lists(store, two[0])
    if look is None:
        others = await looks_and_lists(store, two[1])
        assert sorted((found, others)) == [(0, 0), (1, 0)]
    else:
        assert found == ((1, 0) if look else (0, 1))


async def test_requests_that_say_they_are_one_are_counted_as_they_were(store: Store, database: Database) -> None:
    own = await made(Record(store, system(NOW), BASE), patient())
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            """INSERT INTO audit (at, request, actor, role, party, purpose, action, type, id, person, outcome, ground,
            query) SELECT %s::timestamptz - n * interval '1 second', 'the-same-request', 'Practitioner/a', 'nurse',
            'north', 'TREAT', 'S', 1, '', %s, 0, 'CareTeam/x', 'Patient?name=a' FROM generate_series(1, 40) n""",
            (NOW, own),
        )
    assert await looks_and_lists(store, own) == (0, 40)


async def test_a_client_is_told_with_the_organisation_that_it_acted_for(store: Store, database: Database) -> None:
    own = await made(Record(store, system(NOW), BASE), patient())
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        for request, party, action in (
            ("app:lab:1", "south", "R"), ("app:lab:2", "south", "R"), ("app:lab:3", "south", "C"), ("timer-1", "", "R"),
        ):  # fmt: skip
            connection.execute(
                """INSERT INTO audit (at, request, actor, role, party, purpose, action, type, id, person, outcome,
                ground, query) VALUES (%s, %s, 'system', 'system', %s, 'SYSTEM', %s, 1, '', %s, 0, '', '')""",
                (NOW, request, party, action, own),
            )
    rest = await rest_at(await citizen_of(store, own), own, *EVER, "Europe/Oslo", ("timer",))
    told = {(one.source, one.client, one.behind, one.wrote): one.times for one in rest if one.party == "system"}
    assert told[("", "lab", "south", False)] == 2
    assert told[("", "lab", "south", True)] == 1
    assert told[("timer", "", "", False)] == 1


def test_no_function_with_rights_of_its_owner_looks_among_temporary_tables_first(database: Database) -> None:
    with psycopg.connect(database.superuser_url) as connection:
        rows = connection.execute(
            """SELECT p.proname, array_to_string(p.proconfig, ' ') FROM pg_proc p
            WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace"""
        ).fetchall()
    assert len(rows) > 10
    assert [name for name, said in rows if not (said or "").endswith("pg_temp")] == []


async def test_the_application_makes_no_table_that_could_stand_for_another(store: Store) -> None:
    with pytest.raises(Exception, match="permission denied to create temporary tables"):
        await store.pool.execute("CREATE TEMP TABLE grants (context bigint)")
