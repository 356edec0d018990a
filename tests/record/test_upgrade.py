"""What was stored before search values were laid out anew is found as it was."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import sql

from saman.kernel.outcome import Refusal
from saman.model.fhir import resource_number, search_parameters
from saman.record import Record, system
from saman.record.migrate import migrate
from saman.record.rows import key
from tests.conftest import Database, NewDatabase
from tests.record.conftest import BASE, NOW, Opener, Resource, made, observation, patient

BEFORE = "0026"
VALUED = ("token", "string", "date", "reference", "quantity")
MOVED = ("resource", "history", "locator", *VALUED)
AS_BEFORE = {
    "person": "(SELECT r.person FROM resource r WHERE r.shard = x.shard AND r.type = x.type AND r.id = x.id)",
    "code_key": "x.code_key::bigint << 32",
    "target_key": "x.target_key::bigint << 32",
}
"""The columns of search values as they were; the lower half of a number was never asked for alone."""

CALLED = f"""INSERT INTO token (shard, type, param, domain, at, code_key, system_key, id, person, code, part, folded)
    SELECT DISTINCT shard, type, param, domain, at, {key("")}, {key("")}, id, person, '', part, folded
    FROM token WHERE folded <> '' AND code <> '' AND param = %s"""

NAMED = """INSERT INTO reference (shard, type, param, domain, at, target_key, target_type, id, person, target, part)
    SELECT shard, type, %s, domain, at, target_key, target_type, id, person, target, part
    FROM reference WHERE param = %s"""
"""What stood under `patient` beside `subject`."""

DATED = "SELECT shard, type, %s, domain, at, at, until, id, person FROM resource WHERE until IS NOT NULL AND type = %s"
SAID = """INSERT INTO date (shard, type, param, domain, at, low, high, id, person)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"""
"""What rows said of clinical times that stand in the resource now."""

ASKED = (
    ("Observation", "code", "http://loinc.org|59408-5"),
    ("Observation", "code:text", "metning"),
    ("Observation", "code:text", "ellers"),
    ("Observation", "identifier", "urn:test|7"),
    ("Observation", "value-quantity", "88||%"),
    ("Observation", "date", "2026-11-20"),
    ("Observation", "patient:missing", "false"),
    ("Observation", "patient.name", "ås"),
    ("Observation", "performer", "Organization/unit"),
    ("Organization", "name", "x"),
    ("Patient", "family", "ås"),
)


def readings(who: str) -> list[Resource]:
    """Two whose code is called the same in its own words, and one that is called something else."""
    coding = {"system": "http://loinc.org", "code": "59408-5", "display": "Metning"}
    texts = "Metning", "Metning", "Ellers"
    return [
        observation(
            who,
            identifier=[{"system": "urn:test", "value": str(number + 6)}],
            code={"coding": [coding], "text": text},
            performer=[{"reference": "Organization/unit"}],
        )
        for number, text in enumerate(texts)
    ]


def columns(connection: psycopg.Connection[Any], table: str) -> list[str]:
    """The names of a table's own columns."""
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped", (table,)
    )
    return [name for (name,) in rows]


def taken_back(newer: Database, older: Database) -> None:
    """Put everything in `newer` into `older`, an empty database of the version before."""
    with psycopg.connect(newer.superuser_url) as source, psycopg.connect(older.superuser_url) as target:
        [secret] = source.execute("SELECT secret FROM instance").fetchone() or [None]
        target.execute("UPDATE instance SET secret = %s", (secret,))
        for table in MOVED:
            names = columns(target, table)
            turned = AS_BEFORE if table in VALUED else {}
            picked = ", ".join(turned.get(name, f"x.{name}") for name in names)
            rows = source.execute(f"SELECT {picked} FROM {table} x").fetchall()
            assert rows, table
            insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, names)),
                sql.SQL(", ").join([sql.Placeholder()] * len(names)),
            )
            target.cursor().executemany(insert, rows)
        known = search_parameters("Observation")
        target.execute(CALLED, (known["code"].number,))
        assert target.execute(NAMED, (known["patient"].number, known["subject"].number)).rowcount
        dated = source.execute(DATED, (known["date"].number, resource_number("Observation"))).fetchall()
        assert len(dated) == len(readings(""))
        target.cursor().executemany(SAID, dated)


def values(database: Database) -> dict[str, list[Any]]:
    """All search values."""
    with psycopg.connect(database.superuser_url) as connection:
        return {table: sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr) for table in VALUED}


async def found(record: Record, who: str) -> list[object]:
    """The answers to all that is asked, of everybody and of one person."""
    answers: list[object] = []
    for kind, name, value in ASKED:
        whose = [[], [("patient", who)]] if kind == "Observation" else [[]]
        for person in whose:
            page = await record.search(kind, [(name, value), *person])
            assert not isinstance(page, Refusal)
            assert page.matches, (kind, name)
            answers.append({one.id for one in page.matches})
    return answers


@pytest.mark.parametrize("partitions", [0, 3])
async def test_what_was_stored_before_is_found(new_database: NewDatabase, open_at: Opener, partitions: int) -> None:
    newer, older = new_database(), new_database("template0")
    record = Record(await open_at(newer.app_url), system(NOW), BASE)
    unit = {"resourceType": "Organization", "id": "unit", "name": "x"}
    assert not isinstance(await record.update("Organization", "unit", unit), Refusal)
    who = await made(record, patient())
    ids = [await made(record, one) for one in readings(who)]
    again = patient(id=who, birthDate="1950-01-01")
    assert not isinstance(await record.update("Patient", who, again), Refusal)
    migrate(older.admin_url, "saman_app", partitions, until=BEFORE)
    taken_back(newer, older)
    migrate(older.admin_url, "saman_app", partitions)
    before, after = values(older), values(newer)
    said = [one for one in before.pop("date") if one not in after["date"]]
    assert len(said) == len(ids)
    assert before == {table: rows for table, rows in after.items() if table != "date"}
    upgraded = Record(await open_at(older.app_url), system(NOW), BASE)
    assert await found(upgraded, who) == await found(record, who)
    for id, one in zip(ids, readings(who), strict=True):
        assert not isinstance(await upgraded.update("Observation", id, one | {"id": id}), Refusal)
    assert values(older)["date"] == after["date"]
    assert await found(upgraded, who) == await found(record, who)
    again["birthDate"] = "1951-01-01"
    assert not isinstance(await upgraded.update("Patient", who, again), Refusal)
