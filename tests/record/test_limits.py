"""What the database takes too long for is refused and undone whole, stands in the log, and harms nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import asyncpg
import pytest
import pytest_asyncio

from saman.kernel.outcome import Kind, Refusal
from saman.model.access import Policy
from saman.model.fhir import resource_number
from saman.model.fhir.patch import read_json_patch
from saman.record import Limits, Page, Record, Stored, Written, open_store, process, system
from saman.record.asking import Where, search_text
from saman.record.audit import REFUSED
from saman.record.candidates import chosen
from saman.record.conditional import read_condition
from saman.record.conditioned import delete_where, patch_where, update_where
from saman.record.documents import placed
from saman.record.everything import Everything
from saman.record.search.asked import Query
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, made, observation, patient

Reading = Callable[[Record, str], Awaitable[Any]]
Writing = Callable[[Record, str], Awaitable[Any]]


class Held(NamedTuple):
    """A record whose statements are given little time, and who can hold what they need."""

    record: Record
    database: Database
    person: str

    @asynccontextmanager
    async def by(self, *statements: str) -> AsyncIterator[None]:
        """Somebody else has begun with these and does not end."""
        connection = await asyncpg.connect(self.database.superuser_url)
        try:
            async with connection.transaction():
                for one in statements:
                    await connection.execute(one)
                yield
        finally:
            await connection.close()

    async def logged(self, action: str) -> list[str]:
        """The ids of what was refused to be read or written."""
        connection = await asyncpg.connect(self.database.superuser_url)
        try:
            sql = "SELECT id FROM audit WHERE action = $1 AND outcome = $2 ORDER BY entry"
            return [row["id"] for row in await connection.fetch(sql, action, REFUSED)]
        finally:
            await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def held(new_database: Callable[[], Database], policy: Policy) -> AsyncIterator[Held]:
    database = new_database()
    store = await open_store(database.app_url, policy, connections=2, search_seconds=0.3, limits=Limits(5, 0.4))
    assert not isinstance(store, Refusal)
    record = Record(store, system(NOW), BASE)
    person = await made(record, patient(identifier=[{"system": "urn:test", "value": "1"}], birthDate="1940-01-02"))
    await made(record, observation(person))
    yield Held(record, database, person)
    await store.close()


def _condition(text: str) -> Query:
    query = read_condition("Patient", text)
    assert isinstance(query, Query)
    return query


READINGS: dict[str, Reading] = {
    "everything": lambda record, person: record.everything(person, Everything()),
    "about": lambda record, person: record.about(person, {"Observation": 5}),
    "newest": lambda record, person: record.newest("Observation", [("patient", person), ("code", "59408-5")], NOW),
    "latest": lambda record, person: record.latest("Observation", [("patient", person)], 1),
    "a document": lambda record, person: placed(record, [("Patient", person)], "$document", "Composition"),
    "a match": lambda record, _: chosen(record, [[("birthdate", "1940-01-02")]], list, "$match"),
    "the history of one": lambda record, person: record.history("Patient", person),
    "the history of a type": lambda record, _: record.history("Patient"),
    "the history of all": lambda record, _: record.history(),
    "a compartment": lambda record, person: search_text(record, Where("Observation", f"Patient/{person}"), []),
    "the log": lambda record, person: record.search("AuditEvent", [("patient", person)]),
}


@pytest.mark.parametrize("name", READINGS)
async def test_what_reads_too_long_is_refused_and_logged(held: Held, name: str) -> None:
    record, person = held.record, held.person
    refusals = len(await held.logged("S")) + len(await held.logged("H"))
    async with held.by("LOCK TABLE resource, history IN ACCESS EXCLUSIVE MODE"):
        answer = await READINGS[name](record, person)
    assert isinstance(answer, Refusal)
    assert (answer.kind, [one.code for one in answer.issues]) == (Kind.TOO_COSTLY, ["too-costly"])
    assert len(await held.logged("S")) + len(await held.logged("H")) == refusals + 1
    assert not isinstance(await READINGS[name](record, person), Refusal)


async def test_an_open_transaction_goes_on_without_it(held: Held) -> None:
    async def work(inner: Record) -> str | Refusal:
        async with held.by("LOCK TABLE history IN ACCESS EXCLUSIVE MODE"):
            assert isinstance(await inner.history("Patient", held.person), Refusal)
        return await made(inner, {"resourceType": "Organization", "name": "after"})

    kept = await held.record.atomically(work)
    assert isinstance(kept, str)
    assert isinstance(await held.record.read("Organization", kept), Stored)


def _row(held: Held) -> str:
    return f"SELECT FROM resource WHERE id = '{held.person}' FOR UPDATE"


def _claims(_: Held) -> str:
    return f"SELECT pg_advisory_xact_lock(hashtext('saman claim'), {resource_number('Patient')})"


def _turn(held: Held) -> str:
    return f"SELECT pg_advisory_xact_lock(hashtext('saman patch'), hashtext('Patient/{held.person}'))"


def _put(person: str) -> dict[str, Any]:
    return patient(id=person, identifier=[{"system": "urn:test", "value": "1"}])


def _bundle(person: str, **more: Any) -> dict[str, Any]:
    new = {"resource": {"resourceType": "Organization", "name": "all or nothing"}}
    steps = [new | {"request": {"method": "POST", "url": "Organization"}}]
    steps.append({"request": {"method": "PUT", "url": f"Patient/{person}"}, "resource": _put(person)} | more)
    return {"resourceType": "Bundle", "type": "transaction", "entry": steps}


MARRIED = read_json_patch([{"op": "add", "path": "/active", "value": True}])
WRITINGS: dict[str, tuple[str, Callable[[Held], str], Writing]] = {
    "an update": ("U", _row, lambda record, person: record.update("Patient", person, _put(person))),
    "a patch": ("U", _row, lambda record, person: record.patch("Patient", person, MARRIED)),
    "a deletion": ("D", _row, lambda record, person: record.delete("Patient", person)),
    "a create with a condition": (
        "C", _claims, lambda record, _: record.create(patient(), _condition("identifier=urn:test|2"))
    ),
    "an update with a condition": (
        "U", _claims, lambda record, _: update_where(record, _condition("identifier=urn:test|2"), patient())
    ),
    "a patch with a condition": (
        "U", _row, lambda record, _: patch_where(record, _condition("identifier=urn:test|1"), MARRIED)
    ),
    "a deletion with a condition": (
        "D", _claims, lambda record, _: delete_where(record, _condition("identifier=urn:test|1"))
    ),
    "a transaction": ("U", _row, lambda record, person: process(record, _bundle(person))),
    "a transaction that claims": (
        "C", _claims,
        lambda record, person: process(
            record,
            _bundle(
                person,
                resource=patient(),
                request={"method": "POST", "url": "Patient", "ifNoneExist": "identifier=urn:test|2"},
            ),
        ),
    ),
    "a patch in its turn": ("U", _turn, lambda record, person: record._in_turn("Patient", person, _unreached)),
}  # fmt: skip


async def _unreached(inner: Record) -> Written | Refusal:
    raise AssertionError(inner)


@pytest.mark.parametrize("name", WRITINGS)
async def test_what_waits_too_long_to_write_is_undone_and_logged(held: Held, name: str) -> None:
    action, lock, writing = WRITINGS[name]
    refused = len(await held.logged(action))
    before = await held.record.read("Patient", held.person)
    assert isinstance(before, Stored)
    async with held.by(lock(held)):
        answer = await writing(held.record, held.person)
        assert isinstance(answer, Refusal)
        assert (answer.kind, [one.code for one in answer.issues]) == (Kind.CONFLICT, ["lock-error"])
    assert len(await held.logged(action)) > refused
    after = await held.record.read("Patient", held.person)
    assert isinstance(after, Stored)
    assert after.version == before.version
    page = await held.record.search("Organization", [("name", "all or nothing")])
    assert isinstance(page, Page)
    assert not page.matches


async def test_what_is_written_slowly_is_undone(new_database: Callable[[], Database], policy: Policy) -> None:
    database = new_database()
    store = await open_store(database.app_url, policy, connections=2, limits=Limits(2, 1))
    assert not isinstance(store, Refusal)
    record = Record(store, system(NOW), BASE)
    connection = await asyncpg.connect(database.superuser_url)
    await connection.execute(
        """CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN IF NEW.body LIKE '%slow%' THEN PERFORM pg_sleep(600); END IF; RETURN NEW; END $$;
           CREATE TRIGGER slow BEFORE INSERT ON resource FOR EACH ROW EXECUTE FUNCTION slow()"""
    )
    for resource in ({"resourceType": "Basic", "code": {"text": "slow"}}, _bundle_of_two()):
        write = process(record, resource) if resource["resourceType"] == "Bundle" else record.create(resource)
        answer = await write
        assert isinstance(answer, Refusal)
        assert (answer.kind, answer.issues[0].code) == (Kind.TOO_COSTLY, "too-costly")
    assert await connection.fetchval("SELECT count(*) FROM resource") == 0
    assert await connection.fetchval("SELECT count(*) FROM audit WHERE outcome = $1", REFUSED) == 3
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
    assert await connection.fetchval(asleep) == 0
    await connection.close()
    await made(record, {"resourceType": "Basic", "code": {"text": "quick"}})
    await store.close()


def _bundle_of_two() -> dict[str, Any]:
    texts = [{"resourceType": "Basic", "code": {"text": text}} for text in ("quick", "slow")]
    steps = [{"resource": one, "request": {"method": "POST", "url": "Basic"}} for one in texts]
    return {"resourceType": "Bundle", "type": "transaction", "entry": steps}
