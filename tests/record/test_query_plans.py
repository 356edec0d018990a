"""Every budgeted question walks an index behind the gate, and touches no more rows than its budget says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import msgspec
import psycopg
import pytest
import pytest_asyncio

from saman.kernel.clock import instant
from saman.kernel.outcome import Refusal
from saman.model.access import Assignment, Holder
from saman.record import Context, Record, system
from saman.record.database import Connection
from saman.record.grants import open_context
from saman.record.rows import key
from saman.record.store import Store
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, Resource, made, observation, patient, processed
from tests.record.questions import OF_SEVERAL, QUESTIONS, SINCE, UCUM, Known

BUDGETS: dict[str, dict[str, int]] = msgspec.yaml.decode(Path(__file__).with_name("query_budgets.yaml").read_bytes())
FENCED = ("resource", "history", "token", "string", "date", "quantity", "reference", "work")
CLONES, TWIN_CLONES = 250, 40
PARTITIONS = 8
VERY_MANY, VERSIONS = 500, 50
"""Readings of the person who has most, versions of the reading that has most."""
PEOPLE = """CREATE TEMPORARY TABLE people AS
    SELECT DISTINCT person, hashtextextended(person, 0) AS person_key FROM resource WHERE person IS NOT NULL"""


@asynccontextmanager
async def listening(record: Record) -> AsyncIterator[list[tuple[str, tuple[Any, ...]]]]:
    """Every statement that goes to the database meanwhile, with its values; those of the log apart."""
    heard: list[tuple[str, tuple[Any, ...]]] = []
    store = record.store

    def hear(query: asyncpg.connection.LoggedQuery) -> None:  # type: ignore[name-defined]
        if "saman.context" in query.query or ("pg_catalog" not in query.query and "'jit'" not in query.query):
            heard.append((query.query, tuple(query.args)))

    async with every_connection(store) as held:
        for connection in held:
            connection.add_query_logger(hear)
    yield heard
    async with every_connection(store) as held:
        for connection in held:
            connection.remove_query_logger(hear)


@asynccontextmanager
async def every_connection(store: Store) -> AsyncIterator[list[Connection]]:
    """All connections that requests go over, while nothing else does."""
    await store.statements.give_back()
    pools = (store.pool, store.statements.pool)
    held = [(pool, await pool.acquire()) for pool in pools for _ in range(pool.get_max_size())]
    yield [connection for _, connection in held]
    await asyncio.gather(*(pool.release(connection) for pool, connection in held))


def literal(value: Any) -> str:
    """A value as SQL text."""
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f"'{value.isoformat()}'"
    if isinstance(value, (list, tuple)):
        inside = ("NULL" if one is None else json.dumps(str(one), ensure_ascii=False) for one in value)
        return literal("{" + ",".join(inside) + "}")
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


async def plan(record: Record, statement: str, values: tuple[Any, ...]) -> dict[str, Any]:
    """The generic plan as it ran."""
    given = ", ".join(map(literal, values))
    async with record.store.pool.acquire() as connection:
        await connection.execute(f"PREPARE question AS {statement}")
        try:
            text = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE question({given})")
        finally:
            await connection.execute("DEALLOCATE question")
    found: dict[str, Any] = json.loads(text)[0]["Plan"]
    return found


class Scan(NamedTuple):
    table: str
    kind: str
    rows: float
    gated: bool
    ran: bool


def scans(node: dict[str, Any], gated: bool = False) -> Iterator[Scan]:
    """Each scan of a plan, with whether the gate stands above it."""
    gated = gated or "One-Time Filter" in node
    if "Relation Name" in node:
        removed = sum(node.get(name, 0) for name in ("Rows Removed by Filter", "Rows Removed by Index Recheck"))
        rows = (node["Actual Rows"] + removed) * node["Actual Loops"]
        yield Scan(node["Relation Name"], node["Node Type"], rows, gated, node["Actual Loops"] > 0)
    for child in node.get("Plans", ()):
        yield from scans(child, gated)


def table_of(scan: Scan) -> str:
    """The table, without the number of its partition."""
    name, _, number = scan.table.rpartition("_")
    return name if number.isdigit() else scan.table


async def fill(record: Record, database: Database, clones: int) -> tuple[Known, Context]:
    """A unit whose nurse follows a few people closely; and many thousands of rows about others."""
    await record.update("Organization", "unit", {"resourceType": "Organization", "id": "unit", "name": "x"})
    who = await made(
        record, patient(identifier=[{"system": "urn:test", "value": "11"}], name=[{"family": "Ås 11"}], gender="female")
    )
    home = [{"coding": [{"system": "urn:saman:category", "code": "home-monitoring"}]}]
    readings = [
        observation(who, effectiveDateTime=instant(NOW.replace(day=day, hour=hour)), category=home)
        for day in range(1, 21)
        for hour in range(4)
    ]
    task: Resource = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": {"reference": f"Patient/{who}"},
        "code": {"coding": [{"system": "urn:saman:task", "code": "read-report"}]},
        "authoredOn": instant(NOW),
    }
    low = {"value": 41, "unit": "%", "system": UCUM, "code": "%"}
    readings[8] |= {"valueQuantity": low}
    tasks = [task | {"owner": {"reference": "Organization/unit"}} for _ in range(30)]
    await processed(record, transaction([*readings, *tasks]))
    await followed(record, who)
    reading = await made(record, observation(who, category=home))
    await record.update("Observation", reading, observation(who, id=reading, category=home))
    wanted = Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role="telemedicine-nurse", party="unit")
    number = await open_context(record.store.pool, wanted, record.store.policy)
    _clone(database, clones)
    heavy = await fill_very_many(record, home)
    known = Known(who, reading, heavy, await fill_versions(record, observation(heavy, category=home)))
    return known, Context(number, "Practitioner/1", wanted.role, "unit", "TREAT", NOW, "r", "staff")


def planned(who: str) -> list[Resource]:
    """A plan and the two Goals that it leads to."""
    subject = {"subject": {"reference": f"Patient/{who}"}}
    named = [f"urn:uuid:00000000-0000-4000-8000-00000000000{number}" for number in range(2)]
    goal = subject | {"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "x"}}
    plan = subject | {"resourceType": "CarePlan", "status": "active", "intent": "plan"}
    plan["goal"] = [{"reference": one} for one in named]
    return [*(goal | {"fullUrl": one} for one in named), plan]


def transaction(resources: list[Resource]) -> Resource:
    """A Bundle that makes them, each under its `fullUrl` if it has one."""
    entries = []
    for one in resources:
        entry: Resource = {"request": {"method": "POST", "url": one["resourceType"]}}
        entry |= {"fullUrl": one["fullUrl"]} if "fullUrl" in one else {}
        entries.append(entry | {"resource": {name: value for name, value in one.items() if name != "fullUrl"}})
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


async def followed(record: Record, who: str) -> None:
    """Have the unit follow a person."""
    team = {"resourceType": "CareTeam", "status": "active", "subject": {"reference": f"Patient/{who}"}}
    await made(record, team | {"participant": [{"member": {"reference": "Organization/unit"}}]})


async def fill_very_many(record: Record, category: list[Resource]) -> str:
    """A person with a plan and very many readings, of a code that nobody else has and older than all others'."""
    who = await made(record, patient())
    await followed(record, who)
    reading = observation(who, category=category, code={"coding": [{"system": "http://loinc.org", "code": "9279-1"}]})
    times = [instant(SINCE - timedelta(minutes=minutes)) for minutes in range(VERY_MANY)]
    readings = [reading | {"effectiveDateTime": time} for time in times]
    await processed(record, transaction([*readings, *planned(who)]))
    return who


async def fill_versions(record: Record, reading: Resource) -> str:
    """The id of a reading with many versions."""
    id = await made(record, reading)
    for value in range(1, VERSIONS):
        written = await record.update("Observation", id, reading | {"id": id, "valueQuantity": {"value": value}})
        assert not isinstance(written, Refusal), written
    return id


def _clone(database: Database, clones: int) -> None:
    """Make the person's rows again for many others, who are not followed closely but may be seen."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(PEOPLE)
        for table in (*FENCED, "grants"):
            names = [
                row[0]
                for row in connection.execute(
                    "SELECT attname FROM pg_attribute"
                    " WHERE attrelid = %s::regclass AND attnum > 0 AND attgenerated = ''",
                    (table,),
                )
            ]
            changed = {
                "shard": "(x.shard + n) % 1024",
                "id": "x.id || '-' || n",
                "person": "x.person || '-' || n",
                "person_key": "(SELECT hashtextextended(p.person || '-' || n, 0) FROM people p"
                " WHERE p.person_key = x.person_key)",
                "folded": "n || x.folded",
                "owner": "CASE WHEN n % 10 = 0 THEN x.owner ELSE x.owner || n END",
                "low": "x.low" if table == "date" else "x.low + n",
                "target": "CASE WHEN x.target = 'unit' THEN 'unit' || n ELSE x.target || '-' || n END",
                "target_key": "x.target_key + n",
                "code": f"CASE WHEN x.system_key = {key('urn:test')} THEN x.code || '-' || n ELSE x.code END",
                "code_key": f"CASE WHEN x.system_key = {key('urn:test')} THEN x.code_key + n ELSE x.code_key END",
            }
            whose = "person" if "person" in names else "person_key"
            picked = ", ".join(changed.get(name, f"x.{name}") for name in names)
            connection.execute(
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {picked}"
                f" FROM {table} x, generate_series(1, {clones}) n WHERE x.{whose} IS NOT NULL"
            )
        connection.execute("INSERT INTO locator SELECT 'x/' || n, n % 1024 FROM generate_series(1, 20000) n")
        connection.execute("ANALYZE")


class Filled(NamedTuple):
    record: Record
    known: Known


async def filled_at(database: Database, open_at: Opener, clones: int) -> Filled:
    """The nurse's record on a filled database."""
    store = await open_at(database.app_url)
    known, context = await fill(Record(store, system(NOW), BASE), database, clones)
    return Filled(Record(store, context, BASE), known)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def filled(database: Database, open_at: Opener) -> Filled:
    return await filled_at(database, open_at, CLONES)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def twin(new_database: Callable[[], Database], open_at: Opener) -> Filled:
    """The same on tables that are hash-partitioned by shard."""
    return await filled_at(partitioned(new_database()), open_at, TWIN_CLONES)


def partitioned(database: Database) -> Database:
    """An empty database whose tables are laid out in partitions."""
    from saman.record.migrate import migrate

    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public AUTHORIZATION saman_owner")
    migrate(database.admin_url, "saman_app", PARTITIONS)
    return database


async def asked(filled: Filled, name: str) -> list[tuple[str, tuple[Any, ...]]]:
    """The statements of a question that is answered."""
    async with listening(filled.record) as heard:
        answer = await QUESTIONS[name](filled.record, filled.known)
        assert not isinstance(answer, Refusal), (name, answer)
        assert not hasattr(answer, "matches") or answer.matches, name
    return heard


async def most_rows(record: Record, name: str) -> int:
    """The budget on this server: before PostgreSQL 16 rows that are to differ are all read before they are sorted."""
    budget = BUDGETS[name]
    async with record.store.pool.acquire() as connection:
        is_old = connection.get_server_version().major < 16
    return budget.get("rows_before_16", budget["rows"]) if is_old else budget["rows"]


@pytest.mark.parametrize("name", sorted(QUESTIONS))
async def test_a_question_keeps_to_its_budget(filled: Filled, name: str) -> None:
    statements = await asked(filled, name)
    assert len(statements) <= BUDGETS[name]["statements"]
    found = [scan for statement, values in statements for scan in scans(await plan(filled.record, statement, values))]
    fenced = [scan for scan in found if table_of(scan) in FENCED]
    assert fenced
    assert all(scan.gated for scan in fenced), [scan for scan in fenced if not scan.gated]
    assert not [scan for scan in found if scan.kind == "Seq Scan" and scan.ran]
    touched = sum(scan.rows for scan in found if scan.table != "grants")
    assert touched <= await most_rows(filled.record, name), found


@pytest.mark.parametrize("name", sorted(set(QUESTIONS) - OF_SEVERAL))
async def test_a_question_about_a_person_touches_one_partition(twin: Filled, name: str) -> None:
    for statement, values in await asked(twin, name):
        found = [
            scan for scan in scans(await plan(twin.record, statement, values)) if table_of(scan) in FENCED and scan.ran
        ]
        for table in FENCED:
            assert len({scan.table for scan in found if table_of(scan) == table}) <= 1, found
        assert all(scan.gated for scan in found)
        assert not [scan for scan in found if scan.kind == "Seq Scan"]


async def test_a_write_is_one_statement(filled: Filled, record: Record) -> None:
    async with listening(record) as heard:
        reading = await made(record, observation(filled.known.person))
    assert len(heard) <= BUDGETS["create"]["statements"]
    async with listening(record) as heard:
        await record.update("Observation", reading, observation(filled.known.person, id=reading))
    assert len(heard) <= BUDGETS["update"]["statements"]


async def test_a_transaction_of_many_is_few_statements(filled: Filled, record: Record) -> None:
    readings = [observation(filled.known.person) for _ in range(100)]
    async with listening(record) as heard:
        await processed(record, transaction(readings))
    assert len(heard) <= BUDGETS["transaction_of_100"]["statements"]


def test_every_budget_is_asked_for() -> None:
    assert set(BUDGETS) == {*QUESTIONS, "create", "update", "transaction_of_100"}
