"""A view reads resources of its type, behind the gate, and nothing else."""

from __future__ import annotations

import json

import pytest_asyncio

from saman.record import Record, Store, system
from saman.record.fence import opening
from saman.record.views import PACE, View
from saman.record.views.run import reading
from saman.record.views.view import statement
from tests.record.conftest import BASE, NOW, made, observation, patient, processed
from tests.record.test_query_plans import Scan, literal, scans
from tests.record.test_restrictions import acting
from tests.record.views.running import column, view

PEOPLE, READINGS = 5, 400


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def filled(store: Store) -> Record:
    """Few people with many observations."""
    record = Record(store, system(NOW), BASE)
    people = [await made(record, patient(name=[{"family": "A"}, {"family": "B"}])) for _ in range(PEOPLE)]
    readings = [
        {"resource": observation(people[number % PEOPLE]), "request": {"method": "POST", "url": "Observation"}}
        for number in range(READINGS)
    ]
    await processed(record, {"resourceType": "Bundle", "type": "transaction", "entry": readings})
    return record


async def scanned(record: Record, wanted: View) -> list[Scan]:
    """The scans of a view's plan as it ran, but those of the context's grants."""
    given = ", ".join(map(literal, (*opening(record.context), BASE, *wanted.values)))
    async with reading(record, PACE) as inside:
        assert inside.connection is not None
        await inside.connection.execute(f"PREPARE view AS {statement(wanted, record.store.fence)}")
        text = await inside.connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE view({given})")
        await inside.connection.execute("DEALLOCATE view")
    return [one for one in scans(json.loads(text)[0]["Plan"]) if one.table == "resource"]


NAMES = [{"forEach": "name", "column": [column("family")]}]


async def test_rows_of_other_types_are_not_read(filled: Record) -> None:
    for kind, many in (("Patient", PEOPLE), ("Observation", READINGS), ("Goal", 0)):
        (scan,) = await scanned(filled, view(kind, column("id"), where=[{"path": "id.exists()"}]))
        assert scan.gated
        assert scan.rows == many
        assert scan.kind in ("Index Scan", "Bitmap Heap Scan")


async def test_who_sees_nothing_is_behind_the_gate_too(filled: Record) -> None:
    nurse = await acting(filled, "telemedicine-nurse", "unit-p")
    (scan,) = await scanned(nurse, view("Patient", select=NAMES))
    assert scan.gated
    assert scan.rows <= PEOPLE


async def test_a_run_cannot_write(filled: Record) -> None:
    async with reading(filled, PACE) as inside:
        assert inside.connection is not None
        told = await inside.connection.fetchval("SELECT current_setting('transaction_read_only')")
        assert told == "on"
        assert await inside.connection.fetchval("SHOW transaction_isolation") == "repeatable read"
        assert await inside.connection.fetchval("SHOW statement_timeout") == "1min"
