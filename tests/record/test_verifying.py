"""What is stored is found whole when it is, and each kind of fault is found where it is, by type and id alone."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import psycopg
import pytest
import pytest_asyncio

from saman.kernel import json
from saman.record import Record, Store, Written, system, verifying
from saman.record.contents import Contents
from saman.record.verifying import START, Fault, astray, verify_some
from tests.conformance.examples import load_examples
from tests.conformance.test_r4_examples import UNREADABLE, WRONG
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, made, observation, patient


class Kept(NamedTuple):
    """A record with a person, a reading of two versions and a Binary, and the database below it."""

    record: Record
    database: Database
    ids: dict[str, str]

    def spoil(self, sql: str) -> None:
        """Change something behind the record's back."""
        with psycopg.connect(self.database.superuser_url) as connection:
            assert connection.execute(sql.format(**self.ids)).rowcount > 0, sql

    async def faults(self) -> set[tuple[str, str]]:
        """What is wrong: type, and in which words."""
        return {(one.type, one.what) for one in await found(self.record.store)}


async def found(store: Store) -> list[Fault]:
    faults: list[Fault] = []
    place: verifying.Place | None = START
    while place is not None:
        step = await verify_some(store, NOW, place)
        faults += step.faults
        place = step.place
    return [*faults, *await astray(store, NOW)]


TABLES = ("resource", "history", "locator", *verifying.COLUMNS)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def whole(
    new_database: Callable[[], Database], open_at: Opener, tmp_path_factory: pytest.TempPathFactory
) -> Kept:
    database = new_database()
    store = await open_at(database.app_url, connections=2)
    store.contents = Contents(tmp_path_factory.mktemp("contents"))
    record = Record(store, system(NOW), BASE)
    person = await made(record, patient(birthDate="1940-02-03"))
    other = await made(record, patient())
    reading = await made(record, observation(person))
    assert isinstance(await record.update("Observation", reading, observation(person, id=reading)), Written)
    binary = {"resourceType": "Binary", "contentType": "text/plain", "data": b64encode(b"what it holds").decode()}
    file = await made(record, binary)
    named = await record.update("Organization", "chosen", {"resourceType": "Organization", "id": "chosen", "name": "x"})
    assert isinstance(named, Written)
    gone = await made(record, observation(other))
    assert isinstance(await record.delete("Observation", gone), Written)
    with psycopg.connect(database.superuser_url) as connection:
        for table in TABLES:
            connection.execute(f"CREATE TABLE whole_{table} AS TABLE {table}")
    return Kept(record, database, {"person": person, "other": other, "reading": reading, "file": file})


@pytest.fixture
def kept(whole: Kept) -> Iterator[Kept]:
    """The same, which is put right again."""
    assert whole.record.store.contents is not None
    files = {one: one.read_bytes() for one in whole.record.store.contents.folder.rglob("*") if one.is_file()}
    yield whole
    for one, data in files.items():
        one.write_bytes(data)
    with psycopg.connect(whole.database.superuser_url) as connection:
        for table in TABLES:
            connection.execute(f"DELETE FROM {table}")
            connection.execute(f"INSERT INTO {table} SELECT * FROM whole_{table}")


async def test_what_is_whole_is_found_whole(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "STEP", 2)
    assert await found(kept.record.store) == []


OF_READING = "WHERE id = '{reading}'"
FAULTS: dict[str, tuple[str, tuple[str, str]]] = {
    "not valid": (
        f'UPDATE resource SET body = replace(body, \'"status":"final"\', \'"status":7\') {OF_READING}',
        ("Observation", "is not valid: Observation.status"),
    ),
    "not to be read": (
        f"UPDATE resource SET body = ',\"status' {OF_READING}",
        ("Observation", "is not valid: it cannot be read"),
    ),
    "another person": (
        f"UPDATE resource SET person = '{{other}}' {OF_READING}",
        ("Observation", "stands with another person than it is about"),
    ),
    "another kind of data": (
        f"UPDATE resource SET domain = 1 + domain {OF_READING}",
        ("Observation", "is another kind of data"),
    ),
    "another time": (
        f"UPDATE resource SET at = at + interval '1 day' {OF_READING}",
        ("Observation", "stands at another time"),
    ),
    "another shard": (
        f"UPDATE resource SET shard = (shard + 1) % 1024 {OF_READING}",
        ("Observation", "is on another shard than it belongs to"),
    ),
    "not found by its id": (
        "DELETE FROM locator WHERE key LIKE '%/chosen'",
        ("Organization", "is not found by its id"),
    ),
    "a code missing": (f"DELETE FROM token {OF_READING}", ("Observation", "lacks 2 search values in token")),
    "a text missing": ("DELETE FROM string WHERE id = '{other}'", ("Patient", "lacks 6 search values in string")),
    "an end missing": (
        f"UPDATE resource SET until = NULL {OF_READING}",
        ("Observation", "lacks 1 search values in date"),
    ),
    "another end": (
        f"UPDATE resource SET until = until + interval '1 day' {OF_READING}",
        ("Observation", "ends at another time"),
    ),
    "a date missing": ("DELETE FROM date WHERE id = '{person}'", ("Patient", "lacks 1 search values in date")),
    "a number missing": (f"DELETE FROM quantity {OF_READING}", ("Observation", "lacks 1 search values in quantity")),
    "a reference missing": (
        f"DELETE FROM reference {OF_READING}",
        ("Observation", "lacks 1 search values in reference"),
    ),
    "a number that is another": (
        f"UPDATE quantity SET value = value + 1 {OF_READING}",
        ("Observation", "has 1 search values in quantity that are not its own"),
    ),
    "values of another person": (
        f"UPDATE quantity SET person_key = hashtextextended('{{other}}', 0) {OF_READING}",
        ("Observation", "has 1 search values in quantity that are not its own"),
    ),
    "values of nothing": (
        f"UPDATE quantity SET id = 'nothing' {OF_READING}",
        ("Observation", "has rows in quantity, and is not there"),
    ),
    "a version missing": (f"DELETE FROM history {OF_READING}", ("Observation", "has versions missing, or too many")),
    "a version too late": (
        f"UPDATE history SET updated = updated + interval '1 day' {OF_READING}",
        ("Observation", "has versions that are not in the order of time"),
    ),
    "a version of another": (
        f"UPDATE history SET person = '{{other}}' {OF_READING}",
        ("Observation", "was about another person in an earlier version"),
    ),
    "a version not valid": (
        f"UPDATE history SET body = '}}}}' {OF_READING}",
        ("Observation", "has an earlier version that is not valid"),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_each_fault_is_found(kept: Kept, name: str) -> None:
    sql, fault = FAULTS[name]
    kept.spoil(sql)
    faults = await kept.faults()
    assert fault in faults
    assert {kind for kind, _ in faults} == {fault[0]}


@pytest.mark.parametrize("how", ["gone", "shorter", "another"])
async def test_contents_are_read(kept: Kept, how: str) -> None:
    assert kept.record.store.contents is not None
    [file] = [one for one in kept.record.store.contents.folder.rglob("*") if one.is_file() and len(one.name) == 64]
    file.chmod(0o600)
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(b"what" if how == "shorter" else b"What it holds")
    other = "has a content that is not what was stored"
    missing = "has a content whose file is not there, or is of another length"
    assert await kept.faults() == {("Binary", other if how == "another" else missing)}


async def test_no_word_of_a_person_is_told(kept: Kept) -> None:
    kept.spoil("UPDATE resource SET body = replace(body, '1940-02-03', '1940-02-31') WHERE id = '{person}'")
    told: list[Any] = [one for one in await found(kept.record.store) if one.id == kept.ids["person"]]
    assert told
    assert "1940" not in repr(told)


@pytest.mark.conformance
async def test_every_official_example_is_found_whole(kept: Kept) -> None:
    for name, text in load_examples():
        if name not in WRONG and name not in UNREADABLE:
            sent = json.decode(text)
            assert isinstance(await kept.record.update(sent["resourceType"], sent["id"], sent), Written), name
    assert await found(kept.record.store) == []
