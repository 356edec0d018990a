"""Who sees which rows of the log: generated entries of several organisations, held against an independent account."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saman.model.access import Assignment, Holder
from saman.record import Context, Record, Store, system
from saman.record.grants import open_context
from saman.record.review import Note, keep_note, log_numbers, looks_at, notes_since, rest_at, reviewed_looks
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, made, patient

TREE = {"north": "", "north-ward": "north", "north-bed": "north-ward", "south": "", "south-ward": "south"}
ROLES = ("log-reviewer", "data-protection-officer", "telemedicine-nurse", "citizen")
EVER = (NOW - timedelta(days=30), NOW + timedelta(days=1))


@pytest.fixture(scope="module", autouse=True)
async def organisations(store: Store) -> None:
    for id, parent in TREE.items():
        part_of = {"partOf": {"reference": f"Organization/{parent}"}} if parent else {}
        resource = {"resourceType": "Organization", "id": id, "name": id} | part_of
        await Record(store, system(NOW), BASE).update("Organization", id, resource)


def above(unit: str) -> set[str]:
    """A unit and everything over it."""
    found: set[str] = set()
    while unit:
        found.add(unit)
        unit = TREE[unit]
    return found


async def context_of(store: Store, role: str, party: str) -> Context:
    wanted = Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role=role, party=party, actor=None)
    number = await open_context(store.pool, wanted, store.policy)
    return Context(number, f"Practitioner/{role}", role, party, "TREAT", NOW, "review")


entries = st.lists(
    st.tuples(
        st.sampled_from(sorted(TREE)),
        st.sampled_from(["Practitioner/a", "Practitioner/b", "system"]),
        st.sampled_from(["p1", "p2", None]),
        st.integers(0, 40),
        st.sampled_from([("R", ""), ("S", "worklist of x"), ("S", "$everything"), ("S", "Goal?patient=p1"), ("U", "")]),
        st.sampled_from([0, 4]),
    ),
    max_size=25,
)


def put(database: Database, rows: Iterable[tuple[Any, ...]]) -> None:
    """Entries as anybody could have caused them, in the place of all there are."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("DELETE FROM audit")
        for number, (party, actor, person, days, (action, query), outcome) in enumerate(rows):
            own = "" if actor == "system" else party
            connection.execute(
                """INSERT INTO audit (at, request, actor, role, party, purpose, action, type, id, version, person,
                outcome, ground, query) VALUES (%s, %s, %s, 'nurse', %s, 'TREAT', %s, 1, '', NULL, %s, %s, '', %s)""",
                (NOW - timedelta(days=days, minutes=number), f"r{number}", actor, own, action, person, outcome, query),
            )


def is_list(row: tuple[Any, ...]) -> bool:
    action, query = row[4]
    return action == "S" and query != "$everything" and (row[2] or "") not in query


def lies_within(number: int, row: tuple[Any, ...]) -> bool:
    """Whether an entry is in the time asked for, whose first instant counts."""
    return EVER[0] <= NOW - timedelta(days=row[3], minutes=number)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=entries)
async def test_a_reviewer_sees_the_looks_of_the_own_organisation_and_nothing_else(
    store: Store, database: Database, rows: list[tuple[Any, ...]]
) -> None:
    put(database, rows)
    for party in TREE:
        for role in ROLES:
            door = Record(store, await context_of(store, role, party), BASE)
            seen = await reviewed_looks(door, *EVER)
            allowed = {
                f"r{number}"
                for number, row in enumerate(rows)
                if role == "log-reviewer" and party in above(row[0]) and row[1] != "system" and row[2]
                and not is_list(row) and lies_within(number, row)
            }  # fmt: skip
            assert {one.request for one in seen} == allowed, (role, party)
            counted = {one.unit for one in await log_numbers(door, *EVER)}
            oversees = role in ("log-reviewer", "data-protection-officer")
            assert counted == {
                row[0] for number, row in enumerate(rows)
                if oversees and party in above(row[0]) and row[1] != "system" and row[2] and lies_within(number, row)
            }, (role, party)  # fmt: skip


async def test_filters_only_narrow(store: Store, database: Database) -> None:
    put(
        database,
        [("north-ward", f"Practitioner/{who}", person, 1, ("R", ""), 0) for who in "ab" for person in ("p1", "p2")],
    )
    door = Record(store, await context_of(store, "log-reviewer", "north"), BASE)
    assert len(await reviewed_looks(door, *EVER)) == 4
    assert len(await reviewed_looks(door, *EVER, actor="Practitioner/a")) == 2
    assert len(await reviewed_looks(door, *EVER, actor="Practitioner/a", person="p1")) == 1
    assert await reviewed_looks(door, *EVER, unit="south") == ()
    assert len(await reviewed_looks(door, *EVER, most=3)) == 3


async def test_the_application_reads_no_row_of_the_log_by_itself(store: Store) -> None:
    with pytest.raises(Exception, match="permission denied"):
        await store.pool.fetch("SELECT * FROM audit")


async def test_a_unit_that_moves_is_answered_for_by_whom_it_belonged_to_then(store: Store, database: Database) -> None:
    put(database, [("south-ward", "Practitioner/a", "p1", days, ("R", ""), 0) for days in (1, 20)])
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        moved = NOW - timedelta(days=10)
        connection.execute("UPDATE part_of SET since = %s WHERE unit = 'south-ward'", (moved,))
        connection.execute(
            "INSERT INTO part_of VALUES ('Organization/south-ward', 'south-ward', 'north', '-infinity', %s)", (moved,)
        )
        try:
            seen = {
                party: {one.request for one in await reviewed_looks(await door_of(store, party), *EVER)}
                for party in ("north", "south")
            }
        finally:
            connection.execute("DELETE FROM part_of WHERE unit = 'south-ward' AND parent = 'north'")
            connection.execute("UPDATE part_of SET since = '-infinity' WHERE unit = 'south-ward'")
    assert seen == {"north": {"r1"}, "south": {"r0"}}


async def door_of(store: Store, party: str) -> Record:
    return Record(store, await context_of(store, "log-reviewer", party), BASE)


async def test_what_reviewers_say_stays_in_their_organisation_and_is_never_changed(store: Store) -> None:
    north, south = await door_of(store, "north"), await door_of(store, "south")
    note = Note("2026-W47", "north-ward", 7, "checked", "fine", "Practitioner/x", NOW)
    await keep_note(north, note)
    assert await notes_since(north, EVER[0]) == (note,)
    assert await notes_since(south, EVER[0]) == ()
    nurse = Record(store, await context_of(store, "telemedicine-nurse", "north"), BASE)
    assert await notes_since(nurse, EVER[0]) == ()
    with pytest.raises(Exception, match="row-level security"):
        await keep_note(nurse, note)
    with pytest.raises(Exception, match="permission denied"):
        await store.pool.execute("UPDATE reviewed SET note = 'other'")


async def test_a_persons_own_log_is_read_by_that_person_alone(store: Store, database: Database) -> None:
    own = await made(Record(store, system(NOW), BASE), patient())
    rows = [
        ("north", "Practitioner/a", own, 1, ("R", ""), 0), ("north", "Practitioner/a", own, 1, ("S", "worklist"), 0),
        ("", "system", own, 1, ("R", ""), 0), ("north", "Practitioner/a", "p1", 1, ("R", ""), 0),
    ]  # fmt: skip
    put(database, rows)
    citizen = await citizen_of(store, own)
    asked = (own, *EVER)
    assert [one.person for one in await looks_at(citizen, *asked)] == [own]
    rest = await rest_at(citizen, *asked, "Europe/Oslo", ("timer",))
    assert [(one.party, one.source, one.wrote, one.times) for one in rest] == [
        ("north", "", False, 1), ("system", "", False, 1),
    ]  # fmt: skip
    other = await citizen_of(store, "p1")
    for door in (other, await door_of(store, "north")):
        assert await looks_at(door, *asked) == ()
        assert await rest_at(door, *asked, "Europe/Oslo", ()) == ()


async def citizen_of(store: Store, person: str) -> Record:
    actor = f"Patient/{person}"
    wanted = Assignment(number=0, kind=Holder.CITIZEN, purpose="PATRQT", role="citizen", party="", actor=actor)
    number = await open_context(store.pool, wanted, store.policy)
    return Record(store, Context(number, actor, "citizen", "", "PATRQT", NOW, "own", "citizen"), BASE)


async def test_computers_never_crowd_out_people(store: Store, database: Database) -> None:
    own = await made(Record(store, system(NOW), BASE), patient())
    put(database, [("north", "Practitioner/a", own, 20, ("R", ""), 0)])
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            """INSERT INTO audit (at, request, actor, role, party, purpose, action, type, id, person, outcome, ground,
            query) SELECT %s::timestamptz - n * interval '1 minute', 'timer-' || n, 'system', '', '', '', 'S', 1, '',
            %s, 0, '', '' FROM generate_series(1, 5000) n""",
            (NOW, own),
        )
    citizen = await citizen_of(store, own)
    assert len(await looks_at(citizen, own, *EVER, most=10)) == 1
    rest = await rest_at(citizen, own, *EVER, "Europe/Oslo", ("timer",))
    assert sum(one.times for one in rest) == 5000
    assert {one.source for one in rest} == {"timer"}
