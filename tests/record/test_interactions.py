"""Each interaction of R4, against the real database."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from saman.kernel import json
from saman.kernel.outcome import Kind, Refusal
from saman.record import Record, Stored, Written, system
from saman.record.conditional import read_condition
from saman.record.search.asked import Query
from tests.record.conftest import NOW, made, observation, patient


def kind(answer: object) -> Kind | None:
    return answer.kind if isinstance(answer, Refusal) else None


async def test_what_was_created_is_read_back(record: Record) -> None:
    person = await made(record, patient())
    text = json.encode(observation(person)).decode().replace('"value":88', '"value":88.50')
    sent = json.decode(text)
    written = await record.create(sent)
    assert isinstance(written, Written)
    assert (written.created, written.stored.version, written.stored.updated) == (True, 1, NOW)
    found = await record.read("Observation", written.stored.id)
    assert isinstance(found, Stored)
    assert '"value":88.50' in found.text()
    assert found.person == person
    assert found.resource() | {"id": 0, "meta": 0} == sent | {"id": 0, "meta": 0}


async def test_an_update_makes_a_version_and_keeps_the_old_one(record: Record) -> None:
    person = await made(record, patient())
    changed = patient(id=person, active=True)
    written = await record.update("Patient", person, changed, 1)
    assert isinstance(written, Written)
    assert (written.created, written.stored.version) == (False, 2)
    old, new = await record.vread("Patient", person, 1), await record.vread("Patient", person, 2)
    assert isinstance(old, Stored)
    assert isinstance(new, Stored)
    assert "active" not in old.resource()
    assert new.resource()["active"] is True
    assert kind(await record.vread("Patient", person, 3)) is Kind.NOT_FOUND


async def test_a_stale_version_changes_nothing(record: Record) -> None:
    person = await made(record, patient())
    await record.update("Patient", person, patient(id=person, active=True), 1)
    assert kind(await record.update("Patient", person, patient(id=person), 1)) is Kind.PRECONDITION
    assert kind(await record.delete("Patient", person, 1)) is Kind.PRECONDITION
    found = await record.read("Patient", person)
    assert isinstance(found, Stored)
    assert found.version == 2


async def test_of_many_updates_of_one_version_one_succeeds(record: Record) -> None:
    person = await made(record, patient())
    answers = await asyncio.gather(
        *(record.update("Patient", person, patient(id=person, gender="female"), 1) for _ in range(16))
    )
    assert [kind(answer) for answer in answers].count(None) == 1
    assert {kind(answer) for answer in answers} == {None, Kind.PRECONDITION}


async def test_versions_rise_by_one_under_many_writers(record: Record) -> None:
    person = await made(record, patient())
    answers = await asyncio.gather(*(record.update("Patient", person, patient(id=person)) for _ in range(24)))
    versions = [answer.stored.version for answer in answers if isinstance(answer, Written)]
    assert sorted(versions) == list(range(2, 26))


async def test_what_is_deleted_is_gone_and_its_past_stays(record: Record) -> None:
    person = await made(record, patient())
    deleted = await record.delete("Patient", person)
    assert isinstance(deleted, Written)
    assert kind(await record.read("Patient", person)) is Kind.GONE
    assert kind(await record.vread("Patient", person, 2)) is Kind.GONE
    assert kind(await record.delete("Patient", person)) is Kind.GONE
    assert isinstance(await record.vread("Patient", person, 1), Stored)
    page = await record.search("Patient", [("_id", person)])
    assert not isinstance(page, Refusal)
    assert page.matches == ()
    history = await record.history("Patient", person)
    assert not isinstance(history, Refusal)
    assert [(one.version, one.deleted) for one in history.matches] == [(2, True), (1, False)]


async def test_the_system_may_bring_back_what_was_deleted(record: Record) -> None:
    person = await made(record, patient())
    await record.delete("Patient", person)
    again = await record.update("Patient", person, patient(id=person))
    assert isinstance(again, Written)
    assert again.stored.version == 3


async def test_history_pages_neither_repeat_nor_skip(record: Record) -> None:
    person = await made(record, patient())
    for _ in range(9):
        await record.update("Patient", person, patient(id=person))
    seen: list[int] = []
    cursor = ""
    while True:
        page = await record.history("Patient", person, count=4, cursor=cursor)
        assert not isinstance(page, Refusal)
        seen += [one.version for one in page.matches]
        if page.next is None:
            break
        cursor = page.next
    assert seen == list(range(10, 0, -1))


async def test_the_history_of_a_type_has_every_version(record: Record) -> None:
    basics = [await made(record, {"resourceType": "Basic", "code": {"text": str(number)}}) for number in range(3)]
    await record.delete("Basic", basics[0])
    page = await record.history("Basic", count=100)
    assert not isinstance(page, Refusal)
    assert {(one.id, one.version) for one in page.matches} >= {*((one, 1) for one in basics), (basics[0], 2)}


async def test_a_cursor_of_another_search_is_refused(record: Record) -> None:
    person = await made(record, patient())
    await record.update("Patient", person, patient(id=person))
    page = await record.history("Patient", person, count=1)
    assert not isinstance(page, Refusal)
    assert page.next is not None
    assert kind(await record.history("Patient", "other", cursor=page.next)) is Kind.INVALID
    assert kind(await record.search("Patient", [("_cursor", page.next)])) is Kind.INVALID
    assert kind(await record.search("Patient", [("_cursor", "x")])) is Kind.INVALID


@pytest.mark.parametrize("id", ["", "a b", "a" * 65, "../x", "å"])
async def test_what_cannot_be_an_id_is_not_found(record: Record, id: str) -> None:
    assert kind(await record.read("Patient", id)) is Kind.NOT_FOUND
    assert kind(await record.vread("Patient", id, 1)) is Kind.NOT_FOUND
    assert kind(await record.delete("Patient", id)) is Kind.NOT_FOUND


async def test_what_is_not_a_type_is_not_found(record: Record) -> None:
    assert kind(await record.read("Hat", "1")) is Kind.NOT_FOUND
    assert kind(await record.search("Hat", [])) is Kind.NOT_FOUND
    assert kind(await record.history("Hat")) is Kind.NOT_FOUND
    assert kind(await record.delete("Hat", "1")) is Kind.NOT_FOUND


async def test_the_body_must_be_of_the_address(record: Record) -> None:
    person = await made(record, patient())
    assert kind(await record.update("Patient", person, patient(id="other"))) is Kind.INVALID
    assert kind(await record.update("Patient", person, patient())) is Kind.INVALID
    assert kind(await record.update("Person", person, patient(id=person))) is Kind.INVALID


async def test_what_is_not_valid_is_refused_with_its_path(record: Record) -> None:
    answer = await record.create(patient(birthDate="yesterday"))
    assert isinstance(answer, Refusal)
    assert (answer.kind, answer.issues[0].path) == (Kind.UNPROCESSABLE, "Patient.birthDate")
    assert kind(await record.create("text")) is Kind.UNPROCESSABLE


async def test_a_resource_keeps_its_person(record: Record) -> None:
    one, other = await made(record, patient()), await made(record, patient())
    reading = await made(record, observation(one))
    answer = await record.update("Observation", reading, observation(other, id=reading))
    assert kind(answer) is Kind.UNPROCESSABLE
    await record.update("Observation", "chosen-obs", observation(one, id="chosen-obs"))
    answer = await record.update("Observation", "chosen-obs", observation(other, id="chosen-obs"))
    assert kind(answer) is Kind.UNPROCESSABLE


async def test_a_made_id_stays_on_its_shard(record: Record) -> None:
    mint = record.store.mint
    person = await made(record, patient())
    elsewhere = mint.make((mint.shard(person) or 0) ^ 1)
    answer = await record.update("Observation", elsewhere, observation(person, id=elsewhere))
    assert kind(answer) is Kind.UNPROCESSABLE


async def test_everything_about_a_person_is_on_one_shard(record: Record) -> None:
    person = await made(record, patient())
    reading = await made(record, observation(person))
    mint = record.store.mint
    assert mint.shard(person) == mint.shard(reading) is not None


async def test_a_chosen_id_is_unique_however_many_try(record: Record) -> None:
    answers = await asyncio.gather(
        *(
            record.update("Organization", "o-1", {"resourceType": "Organization", "id": "o-1", "name": "x"})
            for _ in range(8)
        )
    )
    created = [answer for answer in answers if isinstance(answer, Written) and answer.created]
    assert len(created) == 1
    assert {kind(answer) for answer in answers} <= {None, Kind.CONFLICT}
    found = await record.read("Organization", "o-1")
    assert isinstance(found, Stored)


def condition(text: str) -> Query:
    query = read_condition("Patient", text)
    assert isinstance(query, Query)
    return query


async def test_of_many_conditional_creates_one_creates(record: Record) -> None:
    who = patient(identifier=[{"system": "urn:test", "value": "race"}])
    query = condition("identifier=urn:test|race")
    answers = await asyncio.gather(*(record.create(dict(who), query) for _ in range(24)))
    written = [answer for answer in answers if isinstance(answer, Written)]
    assert len(written) == 24
    assert sum(answer.created for answer in written) == 1
    assert len({answer.stored.id for answer in written}) == 1


async def test_a_condition_that_several_fulfil_is_refused(record: Record) -> None:
    for _ in range(2):
        await made(record, patient(identifier=[{"system": "urn:test", "value": "twice"}]))
    assert kind(await record.create(patient(), condition("identifier=urn:test|twice"))) is Kind.PRECONDITION


@pytest.mark.parametrize("text", ["", "_count=3", "identifer=1", "name:unknown=x"])
def test_a_condition_needs_a_known_parameter(text: str) -> None:
    assert isinstance(read_condition("Patient", text), Refusal)


async def test_a_refusal_undoes_all_that_was_done(record: Record) -> None:
    ids: list[str] = []

    async def work(inner: Record) -> str | Refusal:
        ids.append(await made(inner, patient()))
        assert isinstance(await inner.read("Patient", ids[0]), Stored)
        return await inner.update("Patient", "no such thing", patient())  # type: ignore[return-value]

    assert isinstance(await record.atomically(work), Refusal)
    assert kind(await record.read("Patient", ids[0])) is Kind.NOT_FOUND


async def test_an_inner_part_can_be_undone_alone(record: Record) -> None:
    ids: list[str] = []

    async def inner_work(inner: Record) -> str | Refusal:
        ids.append(await made(inner, patient()))
        return Refusal(Kind.CONFLICT, ())

    async def work(outer: Record) -> str | Refusal:
        ids.append(await made(outer, patient()))
        assert isinstance(await outer.atomically(inner_work), Refusal)
        return "done"

    assert await record.atomically(work) == "done"
    assert isinstance(await record.read("Patient", ids[0]), Stored)
    assert kind(await record.read("Patient", ids[1])) is Kind.NOT_FOUND


async def test_more_transactions_than_connections_do_not_starve(record: Record) -> None:
    async def work(inner: Record) -> str | Refusal:
        person = await made(inner, patient())
        found = await inner.search("Patient", [("_id", person)])
        assert not isinstance(found, Refusal)
        return found.matches[0].id

    answers = await asyncio.gather(*(record.atomically(work) for _ in range(40)))
    assert len(set(answers)) == 40


async def test_a_later_version_is_never_older_whatever_the_clocks_say(store):
    """Two servers' clocks differ by a minute; the one that is behind writes second."""
    ahead, behind = (Record(store, system(now)) for now in (NOW + timedelta(minutes=1), NOW))
    first = await ahead.create({"resourceType": "Basic", "code": {"text": "a"}})
    later = {"resourceType": "Basic", "id": first.stored.id, "code": {"text": "b"}}
    second = await behind.update("Basic", first.stored.id, later, 1)
    assert second.stored.updated > first.stored.updated
    page = await behind.history("Basic", first.stored.id)
    assert [one.version for one in page.matches] == [2, 1]
    assert page.matches[0].updated > page.matches[1].updated
