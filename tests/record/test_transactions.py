"""Bundles: a transaction happens whole or not at all, a batch entry by entry."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from saman.kernel import json
from saman.kernel.outcome import Kind, Refusal
from saman.record import Record, Stored, process
from saman.record.step import Step, read_step
from saman.record.transaction import transact
from tests.record.conftest import BASE, Resource, made, observation, patient, processed

WHO, WHAT = "urn:uuid:0b1c8a3e-1111-4222-8333-944455556666", "urn:uuid:0b1c8a3e-2222-4222-8333-944455556666"


def post(resource: Resource, full_url: str = "", **request: str) -> Resource:
    entry: Resource = {"resource": resource, "request": {"method": "POST", "url": resource["resourceType"]} | request}
    return entry | ({"fullUrl": full_url} if full_url else {})


def put(resource: Resource, full_url: str = "", **request: str) -> Resource:
    url = f"{resource['resourceType']}/{resource['id']}"
    entry: Resource = {"resource": resource, "request": {"method": "PUT", "url": url} | request}
    return entry | ({"fullUrl": full_url} if full_url else {})


def ask(method: str, url: str) -> Resource:
    return {"request": {"method": method, "url": url}}


def transaction(*entries: Resource) -> Resource:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def about(who: str, **more: Any) -> Resource:
    return observation("x", **more) | {"subject": {"reference": who}}


def place(answer: Resource, number: int) -> tuple[str, str]:
    """Type and id of what an entry of the answer stands for."""
    location: str = answer["entry"][number]["response"]["location"]
    assert location.startswith(f"{BASE}/")
    kind, id, *_ = location.removeprefix(f"{BASE}/").split("/")
    return kind, id


async def stored(record: Record, answer: Resource, number: int) -> Resource:
    found = await record.read(*place(answer, number))
    assert isinstance(found, Stored), found
    return found.resource()


async def count(record: Record, kind: str, **pairs: str) -> int:
    page = await record.search(kind, [*pairs.items(), ("_total", "accurate")])
    assert not isinstance(page, Refusal), page
    assert page.total is not None
    return page.total


async def test_entries_refer_to_each_other_in_any_order(record: Record) -> None:
    answer = await processed(record, transaction(post(about(WHO), WHAT), post(patient(), WHO)))
    reading = await stored(record, answer, 0)
    assert reading["subject"]["reference"] == "Patient/" + place(answer, 1)[1]
    found = await record.search("Observation", [("patient", place(answer, 1)[1])])
    assert not isinstance(found, Refusal)
    assert [one.id for one in found.matches] == [reading["id"]]


async def test_references_reach_into_contained_resources_extensions_and_links(record: Record) -> None:
    document = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"reference": WHO},
        "contained": [about(WHO, id="c")],
        "context": {"related": [{"reference": "#c"}]},
        "extension": [{"url": "https://example.org/x", "valueReference": {"reference": WHO}}],
        "content": [{"attachment": {"url": WHAT}}],
    }
    binary = {"resourceType": "Binary", "contentType": "text/plain"}
    answer = await processed(record, transaction(post(document), post(patient(), WHO), post(binary, WHAT)))
    kept = await stored(record, answer, 0)
    who, what = "/".join(place(answer, 1)), "/".join(place(answer, 2))
    assert kept["subject"]["reference"] == who
    assert kept["contained"][0]["subject"]["reference"] == who
    assert kept["extension"][0]["valueReference"]["reference"] == who
    assert kept["content"][0]["attachment"]["url"] == what


async def test_references_that_are_relative_to_a_full_url_are_resolved(record: Record) -> None:
    other = "http://elsewhere.test/r4"
    answer = await processed(
        record,
        transaction(
            post(patient(), f"{other}/Patient/7"),
            post(about("Patient/7"), f"{other}/Observation/8"),
            post(about(f"{other}/Patient/7"), WHAT),
        ),
    )
    who = "/".join(place(answer, 0))
    assert (await stored(record, answer, 1))["subject"]["reference"] == who
    assert (await stored(record, answer, 2))["subject"]["reference"] == who
    assert await count(record, "Observation", patient=who) == 2


async def test_a_reference_to_no_entry_is_refused_with_its_place(record: Record) -> None:
    before = await count(record, "Patient")
    answer = await process(record, transaction(post(patient(), WHO), post(about(WHAT))))
    assert isinstance(answer, Refusal)
    assert (answer.kind, answer.issues[0].path) == (Kind.UNPROCESSABLE, "Bundle.entry[1].Observation.subject")
    assert await count(record, "Patient") == before


async def test_references_by_condition_are_resolved(record: Record) -> None:
    person = await made(record, patient(identifier=[{"system": "urn:test", "value": "by-condition"}]))
    condition = "Patient?identifier=urn:test|by-condition"
    answer = await processed(record, transaction(post(about(condition))))
    kept = await stored(record, answer, 0)
    assert kept["subject"]["reference"] == f"Patient/{person}"
    assert record.store.mint.shard(kept["id"]) == record.store.mint.shard(person)


async def test_a_condition_may_hold_an_address_and_begin_with_ours(record: Record) -> None:
    """As those of made-up patients do: `Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|9999960492`."""
    system = "http://a.example/fhir/sid/no"
    person = await made(record, patient(identifier=[{"system": system, "value": "1"}]))
    for condition in (f"Patient?identifier={system}|1", f"{BASE}/Patient?identifier={system}|1"):
        answer = await processed(record, transaction(post(about(condition))))
        assert (await stored(record, answer, 0))["subject"]["reference"] == f"Patient/{person}"
    elsewhere = "https://elsewhere.example/fhir/Patient?identifier=urn:x|1"
    answer = await processed(record, transaction(post(about(elsewhere))))
    assert (await stored(record, answer, 0))["subject"]["reference"] == elsewhere


async def test_references_by_condition_find_what_is_made_beside_them(record: Record) -> None:
    def numbered(value: str, **more: str) -> Resource:
        return patient(identifier=[{"system": "urn:beside", "value": value}], **more)

    for value, entry in (
        ("made", post(numbered("made"))),
        ("put", put(numbered("put", id="put-beside"))),
        ("there", post(numbered("made"), ifNoneExist="identifier=urn:beside|made") | {"fullUrl": WHO}),
    ):
        wanted = "made" if value == "there" else value
        answer = await processed(record, transaction(post(about(f"Patient?identifier=urn:beside|{wanted}")), entry))
        kind, person = place(answer, 1)
        kept = await stored(record, answer, 0)
        assert kept["subject"]["reference"] == f"{kind}/{person}"
    both = transaction(post(about("Patient?identifier=urn:beside|made")), post(numbered("made")))
    answer = await process(record, both)
    assert isinstance(answer, Refusal)
    assert answer.issues[0].code == "multiple-matches"


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        ("identifier=urn:test|nobody", Kind.PRECONDITION),
        ("nothing=1", Kind.INVALID),
        ("birthdate=never", Kind.INVALID),
        ("_count=1", Kind.PRECONDITION),
    ],
)
async def test_a_reference_by_condition_that_finds_nothing_is_refused_and_named(
    record: Record, condition: str, kind: Kind
) -> None:
    answer = await process(record, transaction(post(about(f"Patient?{condition}"))))
    assert isinstance(answer, Refusal)
    assert (answer.kind, answer.issues[0].path) == (kind, "Bundle.entry[0].Observation.subject")


async def test_a_conditional_create_gives_what_is_there(record: Record) -> None:
    named = patient(identifier=[{"system": "urn:test", "value": "cond-entry"}])
    bundle = transaction(
        post(named, WHO, ifNoneExist="identifier=urn:test|cond-entry"),
        post(about(WHO)),
    )
    first, second = [await processed(record, bundle) for _ in range(2)]
    assert place(first, 0) == place(second, 0)
    assert [answer["entry"][0]["response"]["status"] for answer in (first, second)] == ["201 Created", "200 OK"]
    assert await count(record, "Observation", patient=place(first, 0)[1]) == 2


async def test_many_at_once_with_one_condition_make_one(record: Record) -> None:
    named = patient(identifier=[{"system": "urn:test", "value": "cond-race"}])
    bundle = transaction(post(named, WHO, ifNoneExist="identifier=urn:test|cond-race"), post(about(WHO)))
    answers = await asyncio.gather(*(processed(record, bundle) for _ in range(16)))
    assert len({place(answer, 0) for answer in answers}) == 1
    assert await count(record, "Patient", identifier="urn:test|cond-race") == 1
    assert await count(record, "Observation", patient=place(answers[0], 0)[1]) == 16


async def test_creates_updates_and_deletes_mix(record: Record) -> None:
    person = await made(record, patient())
    old = await made(record, observation(person))
    answer = await processed(
        record,
        transaction(
            ask("GET", f"Patient/{person}"),
            put(patient(id=person, active=True), ifMatch='W/"1"'),
            post(observation(person)),
            ask("DELETE", f"Observation/{old}"),
            ask("GET", f"Observation?patient={person}"),
        ),
    )
    read, updated, created, deleted, searched = answer["entry"]
    assert read["resource"]["active"] is True
    assert updated["response"]["etag"] == 'W/"2"'
    assert created["response"]["status"] == "201 Created"
    assert deleted["response"]["status"] == "204 No Content"
    assert [entry["resource"]["id"] for entry in searched["resource"]["entry"]] == [place(answer, 2)[1]]


@pytest.mark.parametrize(
    "bad",
    [
        put(patient(id="nobody-here"), ifMatch='W/"3"'),
        post(patient(birthDate="yesterday")),
        post(about("urn:uuid:0b1c8a3e-9999-4222-8333-944455556666")),
    ],
)
@pytest.mark.parametrize("last", [True, False])
async def test_one_entry_that_fails_undoes_all(record: Record, bad: Resource, last: bool) -> None:
    before = await count(record, "Patient"), await count(record, "Observation")
    good = [post(patient(), WHO), post(about(WHO))]
    answer = await process(record, transaction(*([*good, bad] if last else [bad, *good])))
    assert isinstance(answer, Refusal)
    assert (await count(record, "Patient"), await count(record, "Observation")) == before


@pytest.mark.parametrize("kind", ["batch", "transaction"])
async def test_deleting_what_is_not_there_is_no_fault(record: Record, kind: str) -> None:
    gone = await made(record, patient())
    for _ in range(2):
        names = (f"Patient/{gone}", "Patient/nobody-here", "Patient?identifier=urn:nobody|1")
        answer = await processed(record, transaction(*(ask("DELETE", name) for name in names)) | {"type": kind})
        assert [entry["response"]["status"] for entry in answer["entry"]] == ["204 No Content"] * 3


@pytest.mark.parametrize("number", [0, 1])
async def test_a_version_that_has_gone_by_is_named_by_its_entry(record: Record, number: int) -> None:
    stale = put(patient(id=await made(record, patient())), ifMatch='W/"3"')
    for beside in ([], [post(patient())]):
        place = min(number, len(beside))
        answer = await process(record, transaction(*beside[:place], stale, *beside[place:]))
        assert isinstance(answer, Refusal)
        assert [(one.code, one.path) for one in answer.issues] == [("conflict", f"Bundle.entry[{place}]")]


@pytest.mark.parametrize(
    "entries",
    [
        [post(patient(), WHO), post(patient(), WHO)],
        [put(patient(id="two")), put(patient(id="two"))],
        [put(patient(id="two")), ask("DELETE", "Patient/two")],
    ],
)
async def test_two_entries_for_one_resource_are_refused(record: Record, entries: list[Resource]) -> None:
    answer = await process(record, transaction(*entries))
    assert isinstance(answer, Refusal)
    assert answer.issues[0].code == "duplicate"
    assert answer.issues[0].path == "Bundle.entry[1]"


async def test_a_batch_stands_entry_by_entry(record: Record) -> None:
    person = await made(record, patient())
    bundle = transaction(
        post(observation(person)),
        post(patient(birthDate="yesterday")),
        ask("GET", "Patient/nobody"),
        ask("GET", "Hat/1"),
    ) | {"type": "batch"}
    answer = await processed(record, bundle)
    assert answer["type"] == "batch-response"
    assert [entry["response"]["status"][:3] for entry in answer["entry"]] == ["201", "422", "404", "400"]
    assert "expression" in answer["entry"][1]["response"]["outcome"]["issue"][0]


@pytest.mark.parametrize(
    ("bundle", "path"),
    [
        ("text", "Bundle"),
        ({"resourceType": "Patient"}, "Bundle"),
        ({"resourceType": "Bundle", "type": "document"}, "Bundle.type"),
        ({"resourceType": "Bundle", "type": "transaction", "entry": [{}]}, "Bundle.entry[0]"),
        (transaction({"request": {"method": "GET"}}), "Bundle.entry[0].request.url"),
        (transaction(ask("PATCH", "Patient/1")), "Bundle.entry[0].request.url"),
        (transaction(ask("POST", "Patient/1")), "Bundle.entry[0].request.url"),
        (transaction(ask("GET", "Hat/1")), "Bundle.entry[0].request.url"),
        (transaction(ask("GET", "ValueSet/$expand?url=urn:x")), "Bundle.entry[0].request.url"),
        (transaction(ask("GET", "Patient/1/$everything")), "Bundle.entry[0].request.url"),
        (
            transaction({"resource": patient(), "request": {"method": "POST", "url": "Person"}}),
            "Bundle.entry[0].request.url",
        ),
        (transaction(put(patient(id="x"), ifMatch="three")), "Bundle.entry[0].request.ifMatch"),
        (transaction(post(patient(), ifNoneExist="")), "Bundle.entry[0].request.ifNoneExist"),
        (transaction(post(patient(), ifNoneExist="nothing=1")), "Bundle.entry[0].request.ifNoneExist"),
    ],
)
async def test_a_malformed_bundle_says_which_entry(record: Record, bundle: Any, path: str) -> None:
    answer = await process(record, bundle)
    assert isinstance(answer, Refusal), answer
    assert answer.issues[0].path.startswith(path)
    assert 400 <= answer.status < 500


async def test_what_happens_once_happens_once(record: Record) -> None:
    def steps() -> list[Step]:
        read = [read_step(post(patient(), WHO), 0), read_step(post(about(WHO)), 1)]
        assert all(isinstance(step, Step) for step in read)
        return read  # type: ignore[return-value]

    before = await count(record, "Patient")
    answers = await asyncio.gather(*(transact(record, steps(), "once") for _ in range(6)))
    assert sum(isinstance(answer, str) for answer in answers) == 1
    assert await count(record, "Patient") == before + 1
    failed = [read_step(post(about(WHAT)), 0)]
    assert isinstance(await transact(record, failed, "twice"), Refusal)  # type: ignore[arg-type]
    assert isinstance(await transact(record, steps(), "twice"), str)


async def test_numbers_keep_their_digits_through_a_transaction(record: Record) -> None:
    text = (
        json.encode(transaction(post(patient(), WHO), post(about(WHO))))
        .decode()
        .replace('"value":88', '"value":88.0500')
    )
    answer = await processed(record, json.decode(text))
    found = await record.read(*place(answer, 1))
    assert isinstance(found, Stored)
    assert '"value":88.0500' in found.text()
