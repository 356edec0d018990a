"""Search parameters of one's own: defined, indexed step by step, found by, and taken back."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from saman.kernel.outcome import Kind, Refusal
from saman.record import Record, Stored, Written, system
from saman.record.parameters import building
from saman.record.parameters.building import beat, standing
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, Resource, made, observation, patient, processed
from tests.record.parameters import EYES, asked, built, found, parameter, with_eyes

TABLES = ("token", "string", "date", "reference", "quantity")


def own_rows(database: Database) -> int:
    """How many values stand in the index under parameters of one's own."""
    with psycopg.connect(database.superuser_url) as connection:
        counts = [
            connection.execute(f"SELECT count(*) FROM {table} WHERE param >= 10000").fetchone() for table in TABLES
        ]
    return sum(one[0] for one in counts if one)


async def test_what_was_there_and_what_comes_is_found(fresh: tuple[Record, Database]) -> None:
    record, _ = fresh
    before = await made(record, with_eyes("blue"))
    await made(record, with_eyes("brown"))
    id = await made(record, parameter("eyes"))
    meanwhile = await made(record, with_eyes("blue"))
    await built(record.store)
    after = await made(record, with_eyes("blue"))
    assert await found(record, "Patient", ("eyes", "blue")) == {before, meanwhile, after}
    [one] = await standing(record.store)
    assert (one.source, one.code, one.bases, one.state, one.done) == (id, "eyes", ("Patient",), "ready", 100)


async def test_until_it_is_built_it_is_unknown_and_says_why(
    fresh: tuple[Record, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    record, _ = fresh
    for _ in range(5):
        await made(record, with_eyes("blue"))
    await made(record, parameter("eyes"))
    monkeypatch.setattr(building, "SHARDS_A_STEP", 300)
    went = 0
    while went < 3:
        went += await beat(record.store, NOW)
    answer = await record.search("Patient", [("eyes", "blue")], strict=True)
    assert isinstance(answer, Refusal)
    [issue] = answer.issues
    assert (issue.code, issue.path, issue.text) == ("not-supported", "eyes", "'eyes' is being indexed, 58 % done.")
    page = await record.search("Patient", [("eyes", "nothing")])
    assert not isinstance(page, Refusal)
    assert len(page.matches) == 5
    await built(record.store)
    assert await found(record, "Patient", ("eyes", "nothing")) == set()


KINDS: dict[str, tuple[Resource, list[tuple[tuple[str, str], int]]]] = {
    "string": (
        {"base": ["Patient"], "expression": "Patient.name.select(given.first() & ' ' & family)"},
        [(("own", "kari å"), 1), (("own:exact", "Kari Ås"), 1), (("own:exact", "kari ås"), 0),
         (("own:contains", "a"), 2), (("own:missing", "true"), 1)],
    ),
    "token": (
        {"base": ["Patient"], "expression": "Patient.communication.where(preferred).language"},
        [(("own", "urn:l|no"), 1), (("own", "no"), 1), (("own", "urn:l|"), 2), (("own:not", "no"), 2),
         (("own:text", "nor"), 1), (("own:missing", "true"), 1), (("own", "x|no"), 0)],
    ),
    "date": (
        {"base": ["Patient"], "expression": "Patient.birthDate + 65 years"},
        [(("own", "2010-05-01"), 1), (("own", "ge2011"), 1), (("own", "lt2030"), 2), (("own:missing", "true"), 1)],
    ),
    "number": (
        {"base": ["Patient"], "expression": "Patient.name.given.count()"},
        [(("own", "1"), 1), (("own", "gt1"), 1), (("own", "lt1"), 1), (("own:missing", "true"), 0)],
    ),
    "quantity": (
        {"base": ["Patient"], "expression": "Patient.extension('urn:height').value"},
        [(("own", "gt1.7|http://unitsofmeasure.org|m"), 1), (("own", "172||cm"), 1), (("own:missing", "true"), 2)],
    ),
    "uri": (
        {"base": ["Patient"], "expression": "Patient.identifier.system | Patient.implicitRules"},
        [(("own", "http://a.example/b"), 1), (("own:below", "http://a.example"), 1), (("own:missing", "true"), 2)],
    ),
    "reference": (
        {"base": ["Patient"], "expression": "Patient.extension('urn:friend').value", "target": ["Patient"]},
        [(("own", "Patient/none"), 1), (("own:Patient", "none"), 1), (("own:identifier", "urn:n|7"), 1),
         (("own:missing", "true"), 2)],
    ),
}  # fmt: skip


def _people() -> list[Resource]:
    kari = patient(
        birthDate="1945-05-01",
        communication=[
            {"preferred": True, "language": {"coding": [{"system": "urn:l", "code": "no"}], "text": "Norsk"}}
        ],
        identifier=[{"system": "http://a.example/b", "value": "7"}],
        extension=[
            {"url": "urn:height", "valueQuantity": {"value": 172, "system": "http://unitsofmeasure.org", "code": "cm"}},
            {"url": "urn:friend", "valueReference": {"reference": "Patient/none"}},
        ],
    )
    ola = patient(
        name=[{"family": "Li", "given": ["Ola", "Ari"]}],
        birthDate="1960",
        communication=[{"preferred": True, "language": {"coding": [{"system": "urn:l", "code": "sv"}]}}],
        extension=[{"url": "urn:friend", "valueReference": {"identifier": {"system": "urn:n", "value": "7"}}}],
    )
    return [kari, ola, {"resourceType": "Patient"}]


@pytest.mark.parametrize("kind", list(KINDS))
async def test_each_type_takes_its_modifiers(kind: str, fresh: tuple[Record, Database]) -> None:
    record, _ = fresh
    ids = [await made(record, one) for one in _people()]
    definition, expected = KINDS[kind]
    await made(record, parameter("own", type=kind, **definition))
    await built(record.store)
    for pair, count in expected:
        assert len(await found(record, "Patient", pair)) == count, pair
        page = await record.search("Patient", [pair, ("_total", "accurate")])
        assert not isinstance(page, Refusal)
        assert page.total == count
    up = [one.id for one in (await asked(record, "Patient", ("_sort", "own"))).matches]
    down = [one.id for one in (await asked(record, "Patient", ("_sort", "-own"))).matches]
    assert set(up) == set(down) == set(ids)
    assert up != down


async def test_references_lead_on_and_back(fresh: tuple[Record, Database]) -> None:
    record, _ = fresh
    keeper = await made(record, patient(name=[{"family": "Moen"}]))
    ward = await made(
        record, patient(extension=[{"url": "urn:keeper", "valueReference": {"reference": f"Patient/{keeper}"}}])
    )
    await made(record, parameter("keeper", type="reference", target=["Patient"],
                                 expression="Patient.extension('urn:keeper').value"))  # fmt: skip
    await made(record, parameter("eyes"))
    await built(record.store)
    assert await found(record, "Patient", ("keeper.family", "moen")) == {ward}
    assert await found(record, "Patient", ("keeper.eyes", "blue")) == set()
    assert await found(record, "Patient", ("_has:Patient:keeper:_id", ward)) == {keeper}
    reading = await made(record, observation(ward))
    assert await found(record, "Observation", ("subject:Patient.keeper", f"Patient/{keeper}")) == {reading}
    led = await asked(record, "Patient", ("_id", ward), ("_include", "Patient:keeper"))
    assert [one.id for one in led.included] == [keeper]
    back = await asked(record, "Patient", ("_id", keeper), ("_revinclude", "Patient:keeper"))
    assert [one.id for one in back.included] == [ward]


async def test_one_of_every_type_works_in_each(fresh: tuple[Record, Database]) -> None:
    record, _ = fresh
    tagged = {"meta": {"tag": [{"system": "urn:t", "code": "pilot"}]}}
    who = await made(record, patient(**tagged))
    reading = await made(record, observation(who, **tagged))
    await made(record, parameter("ward-tag", base=["Resource"], expression="Resource.meta.tag"))
    await built(record.store)
    assert await found(record, "Patient", ("ward-tag", "pilot")) == {who}
    assert await found(record, "Observation", ("patient", who), ("ward-tag", "urn:t|pilot")) == {reading}
    answer = await record.search("AuditEvent", [("ward-tag", "pilot")], strict=True)
    assert isinstance(answer, Refusal)


@pytest.mark.parametrize("how", ["retired", "draft", "deleted", "another meaning"])
async def test_what_is_no_longer_defined_is_gone_at_once_and_its_values_later(
    how: str, fresh: tuple[Record, Database]
) -> None:
    record, database = fresh
    who = await made(record, with_eyes("blue"))
    id = await made(record, parameter("eyes"))
    await built(record.store)
    assert own_rows(database) == 1
    [before] = [one for one in record.store.parameters.now.of("Patient").values() if one.code == "eyes"]
    if how == "deleted":
        await record.delete("SearchParameter", id)
    elif how == "another meaning":
        await record.update("SearchParameter", id, parameter("eyes", id=id, expression="Patient.active"))
    else:
        await record.update("SearchParameter", id, parameter("eyes", id=id, status=how))
    assert isinstance(await record.search("Patient", [("eyes", "blue")], strict=True), Refusal)
    assert own_rows(database) == 1
    await built(record.store)
    assert own_rows(database) == 0
    if how != "another meaning":
        await record.update("SearchParameter", id, parameter("eyes", id=id))
        await built(record.store)
        assert await found(record, "Patient", ("eyes", "blue")) == {who}
    after = record.store.parameters.now.of("Patient")["eyes"]
    assert after.number > before.number


async def test_what_means_the_same_keeps_its_values(fresh: tuple[Record, Database]) -> None:
    record, _ = fresh
    who = await made(record, with_eyes("blue"))
    id = await made(record, parameter("eyes"))
    await built(record.store)
    number = record.store.parameters.now.of("Patient")["eyes"].number
    changed = parameter("eyes", id=id, description="Said better.", url="urn:test:other")
    assert isinstance(await record.update("SearchParameter", id, changed), Written)
    assert await found(record, "Patient", ("eyes", "blue")) == {who}
    now = record.store.parameters.now.of("Patient")["eyes"]
    assert (now.number, now.url) == (number, "urn:test:other")


async def test_a_transaction_that_is_undone_defines_nothing(fresh: tuple[Record, Database]) -> None:
    record, _ = fresh

    async def work(inner: Record) -> Any:
        await made(inner, parameter("eyes"))
        return Refusal(Kind.CONFLICT, ())

    await record.atomically(work)
    assert await standing(record.store) == []
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": one, "request": {"method": "POST", "url": one["resourceType"]}}
        for one in (with_eyes("blue"), parameter("eyes"), with_eyes("green"))
    ]}  # fmt: skip
    await processed(record, bundle)
    await built(record.store)
    assert len(await found(record, "Patient", ("eyes", "blue,green"))) == 2


async def test_a_process_that_hears_nothing_finds_and_loses_nothing(
    fresh: tuple[Record, Database], open_at: Opener
) -> None:
    record, database = fresh
    other = Record(await open_at(database.app_url), system(NOW), BASE)
    first = await made(record, with_eyes("blue"))
    id = await made(record, parameter("eyes"))
    unheard = await made(other, with_eyes("blue"))
    await built(record.store)
    assert await found(other, "Patient", ("eyes", "blue")) == {first, unheard}
    await record.delete("SearchParameter", id)
    assert isinstance(await other.search("Patient", [("eyes", "blue")], strict=True), Refusal)

    again = await made(record, parameter("eyes"))
    await built(record.store)
    known = await made(record, with_eyes("blue"))
    assert await found(record, "Patient", ("eyes", "blue")) == {first, unheard, known}
    third = Record(await open_at(database.app_url), system(NOW), BASE)
    await record.delete("SearchParameter", again)
    await built(record.store)
    late = await made(third, with_eyes("blue"))
    assert own_rows(database) == 1
    await built(record.store)
    assert own_rows(database) == 0
    assert isinstance(await third.read("Patient", late), Stored)


async def test_other_processes_hear_of_it(fresh: tuple[Record, Database], open_at: Opener) -> None:
    record, database = fresh
    other = await open_at(database.app_url)
    following = asyncio.create_task(other.parameters.follow())
    try:
        assert await other.notices.listening(30)
        with other.notices.follow(other.parameters.topic) as heard:
            await made(record, parameter("eyes"))
            assert await heard.next(30) == {other.parameters.topic}
        for _ in range(1000):
            if other.parameters.now.codes == {"eyes"}:
                return
            await other.statements.fetchval("SELECT 1")
        pytest.fail("It was never heard of.")
    finally:
        following.cancel()


async def test_nothing_begins_before_older_writes_have_ended(fresh: tuple[Record, Database]) -> None:
    record, database = fresh
    with psycopg.connect(database.superuser_url) as older:
        older.execute("SELECT pg_current_xact_id()")
        await made(record, parameter("eyes"))
        assert await beat(record.store, NOW)
        assert not await beat(record.store, NOW)
    await built(record.store)
    assert [one.state for one in await standing(record.store)] == ["ready"]


async def test_a_step_that_fails_is_taken_again(
    fresh: tuple[Record, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    record, _ = fresh
    ids = {await made(record, with_eyes("blue")) for _ in range(7)}
    gone = await made(record, with_eyes("blue"))
    await record.delete("Patient", gone)
    await made(record, parameter("eyes"))
    monkeypatch.setattr(building, "STEP", 3)
    assert await beat(record.store, NOW)

    async def fails(*_: object) -> None:
        raise OSError("the database has gone")

    for _ in range(3):
        with monkeypatch.context() as broken:
            broken.setattr(building, "add", fails)
            with pytest.raises(OSError, match="has gone"):
                await built(record.store)
        assert await beat(record.store, NOW)
    await built(record.store)
    assert await found(record, "Patient", ("eyes", "blue")) == ids
    [one] = await standing(record.store)
    assert one.count == 8


async def test_it_stands_in_the_log_as_any_search_does(fresh: tuple[Record, Database]) -> None:
    record, database = fresh
    who = await made(record, with_eyes("blue"))
    await made(record, parameter("eyes"))
    await built(record.store)
    await asked(record, "Patient", ("eyes", "blue"))
    with psycopg.connect(database.superuser_url) as connection:
        last = "SELECT person, query FROM audit WHERE action = 'S' ORDER BY entry DESC LIMIT 1"
        assert connection.execute(last).fetchone() == (who, "Patient?eyes=blue")
    assert EYES not in repr(await standing(record.store))
