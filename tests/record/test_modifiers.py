"""Each modifier does what R4 says on the types that have it, and is refused with its place on all others."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from saman.kernel.outcome import Kind, Refusal
from saman.model.fhir import search_parameters
from saman.record import Record, Store, system
from saman.record.search.asked import MODIFIERS
from tests.record.conftest import BASE, NOW, Resource, made, observation, patient
from tests.record.test_fences import care_team, nurse_at

ANIMALS = "urn:animals"
TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def record(store: Store) -> Record:
    return Record(store, system(NOW), BASE)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def known(record: Record) -> dict[str, str]:
    """Readings about animals by name, and what is known of them."""
    concepts = [{"code": "animal", "concept": [{"code": "dog", "concept": [{"code": "poodle"}]}, {"code": "cat"}]}]
    await made(record, {"resourceType": "CodeSystem", "url": ANIMALS, "status": "active", "content": "complete",
                        "concept": concepts})  # fmt: skip
    pets = {"include": [{"system": ANIMALS, "filter": [{"property": "concept", "op": "is-a", "value": "dog"}]}]}
    stored = await made(record, value_set("urn:pets", pets))
    await made(record, value_set("urn:none", {"include": [{"system": ANIMALS, "concept": [{"code": "fish"}]}]}))
    await made(record, value_set("urn:sexes", {"include": [{"system": "http://hl7.org/fhir/administrative-gender"}]}))
    names = ("animal", "dog", "poodle", "cat")
    who = await made(record, patient())
    found = {one: await made(record, observation(who, code=coded(one, display=f"Ærlig {one}"))) for one in names}
    found["said"] = await made(record, observation(who, code={"text": "Ærlig stein"}))
    return found | {"person": who, "set": stored}


def coded(code: str, **more: Any) -> Resource:
    return {"coding": [{"system": ANIMALS, "code": code, **more}]}


def value_set(url: str, compose: Resource) -> Resource:
    return {"resourceType": "ValueSet", "url": url, "status": "active", "compose": compose}


async def ids(record: Record, kind: str, *pairs: tuple[str, str]) -> set[str]:
    page = await record.search(kind, [*pairs, ("_count", "1000"), ("_total", "accurate")])
    assert not isinstance(page, Refusal), page
    assert page.total == len(page.matches)
    return {one.id for one in page.matches}


@pytest.mark.parametrize(
    ("asked", "value", "wanted"),
    [
        ("code:below", f"{ANIMALS}|dog", "dog poodle"),
        ("code:below", f"{ANIMALS}|poodle,{ANIMALS}|cat", "poodle cat"),
        ("code:above", f"{ANIMALS}|poodle", "poodle dog animal"),
        ("code:in", "urn:pets", "dog poodle"),
        ("code:in", "urn:pets,urn:none", "dog poodle"),
        ("code:in", "urn:none", ""),
        ("code:in", "ValueSet/{set}", "dog poodle"),
        ("code:not-in", BASE + "/ValueSet/{set}", "animal cat said"),
        ("code:not-in", "urn:pets", "animal cat said"),
        ("code:not-in", "urn:none", "animal dog poodle cat said"),
        ("code:not", f"{ANIMALS}|dog", "animal poodle cat said"),
        ("code:text", "ærlig", "animal dog poodle cat said"),
        ("code:text", "AERLIG stein", "said"),
        ("code:text", "stein", ""),
        ("code", "stein", ""),
        ("code", "|", ""),
        ("code:missing", "false", "animal dog poodle cat said"),
        ("subject:Patient", "{person}", "animal dog poodle cat said"),
        ("subject:Patient._has:Observation:subject:code:in", "urn:pets", "animal dog poodle cat said"),
    ],
)
async def test_modifiers_of_codes(record: Record, known: dict[str, str], asked: str, value: str, wanted: str) -> None:
    found = await ids(record, "Observation", ("patient", known["person"]), (asked, value.format_map(known)))
    assert found == {known[one] for one in wanted.split()}


async def test_codes_that_do_not_say_their_system_belong_to_it(record: Record, known: dict[str, str]) -> None:
    her = await made(record, patient(gender="female"))
    for name, value in (
        ("gender", "http://hl7.org/fhir/administrative-gender|female"),
        ("gender:in", "urn:sexes"),
        ("gender", "http://hl7.org/fhir/administrative-gender|female,x|y"),
    ):
        assert await ids(record, "Patient", ("_id", her), (name, value)) == {her}, name
    assert await ids(record, "Patient", ("_id", her), ("gender", "urn:other|female")) == set()


async def test_the_latest_of_each_code_counts_no_words(record: Record, known: dict[str, str]) -> None:
    found = await record.latest("Observation", [("patient", known["person"])], 1)
    assert not isinstance(found, Refusal)
    assert {one.id for one in found} == {known[one] for one in ("animal", "dog", "poodle", "cat", "said")}


async def test_identifiers_by_their_type_and_references_by_identifier(record: Record) -> None:
    kind = {"coding": [{"system": TYPES, "code": "MR"}]}
    her = await made(record, patient(identifier=[{"type": kind, "system": "urn:hospital", "value": "446053"}]))
    for value, wanted in ((f"{TYPES}|MR|446053", {her}), (f"{TYPES}|SS|446053", set()), (f"{TYPES}|MR|1", set())):
        assert await ids(record, "Patient", ("identifier:of-type", value)) == wanted, value
    assert await ids(record, "Patient", ("identifier", "446053")) == {her}
    subject = {"reference": f"Patient/{her}", "identifier": {"system": "urn:hospital", "value": "446053"}}
    one = await made(record, observation(her) | {"subject": subject})
    for value, wanted in (("urn:hospital|446053", {one}), ("446053", {one}), ("urn:other|446053", set())):
        assert await ids(record, "Observation", ("subject:identifier", value)) == wanted, value


async def test_addresses_above_and_below(record: Record) -> None:
    urls = ("http://a.example/fhir", "http://a.example/fhir/ValueSet/1", "http://a.example/fhirs", "urn:oid:1.2")
    sets = {url: await made(record, value_set(url, {"include": [{"system": ANIMALS}]})) for url in urls}
    for asked, value, wanted in (
        ("url:below", "http://a.example/fhir", urls[:2]),
        ("url:below", "http://a.example/fhir/", urls[1:2]),
        ("url:above", "http://a.example/fhir/ValueSet/1/_history/5", urls[:2]),
        ("url:above", "http://a.example/fhirs/x", urls[2:3]),
        ("url", "http://a.example/fhir", urls[:1]),
    ):
        found = await ids(record, "ValueSet", (asked, value))
        assert found & set(sets.values()) == {sets[one] for one in wanted}, (asked, value)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("code:in", "urn:nowhere", "not-found"),
        ("code:in", "ValueSet/nowhere", "not-found"),
        ("code:in", "ValueSet/", "not-found"),
        ("code:below", "dog", "value"),
        ("code:below", f"{ANIMALS}|whale", "not-found"),
        ("code:above", "urn:nowhere|x", "not-found"),
        ("identifier:of-type", "a|b", "value"),
        ("code:in", "http://hl7.org/fhir/ValueSet/bcp47", "not-found"),
    ],
)
async def test_what_nobody_knows_is_refused(
    record: Record, known: dict[str, str], name: str, value: str, code: str
) -> None:
    answer = await record.search("Observation", [(name, value)])
    assert isinstance(answer, Refusal), answer
    assert answer.kind in (Kind.INVALID, Kind.TOO_COSTLY, Kind.UNPROCESSABLE, Kind.NOT_FOUND)
    assert answer.issues[0].path.startswith(name)


async def test_a_modifier_that_does_not_fit_is_refused(record: Record) -> None:
    every = frozenset().union(*MODIFIERS.values()) | {"nonsense", "iterate", "Patient"}
    seen = set()
    for code, parameter in search_parameters("Observation").items():
        if parameter.type in MODIFIERS and parameter.expression and parameter.type not in seen:
            seen.add(parameter.type)
            for modifier in every - MODIFIERS[parameter.type] - set(parameter.targets):
                answer = await record.search("Observation", [(f"{code}:{modifier}", "1")])
                assert isinstance(answer, Refusal), (code, modifier)
                assert answer.issues[0].path == f"{code}:{modifier}"
    assert {"token", "string", "date", "reference", "quantity", "composite"} <= seen


async def test_what_is_hidden_is_found_by_no_modifier(record: Record, known: dict[str, str]) -> None:
    stranger = await nurse_at(record, "unit-of-strangers")
    mine = await made(record, patient())
    await made(record, care_team(mine, "unit-of-strangers"))
    for name, value in (("code:in", "urn:pets"), ("code:text", "ærlig"), ("code:below", f"{ANIMALS}|animal"),
                        ("value-quantity", "88"), ("code:not", "x")):  # fmt: skip
        found = await ids(stranger, "Observation", (name, value))
        assert not found & set(known.values()), name
