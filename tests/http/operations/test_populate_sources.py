"""What answers are found from: options and value sets, units, what is chosen to begin with, and searches of items."""

from __future__ import annotations

from typing import Any

import httpx
import pytest_asyncio

from tests.http.fhir.resources import issues, patient
from tests.http.operations.conftest import narrow, with_scope
from tests.http.operations.forms import CORE, MONTH, SDC, SPO2, Tree, answers, asked, context, form, path, sent, told
from tests.http.operations.test_documents import made, to

__all__ = ["narrow"]

GENDER = "http://hl7.org/fhir/administrative-gender"
QUERY = "application/x-fhir-query"
UCUM = "http://unitsofmeasure.org"
MEASURED: Tree = {
    "resourceType": "Observation", "status": "final", "code": {"coding": [SPO2]}, "effectiveDateTime": "2026-11-01",
    "valueQuantity": {"value": 91, "unit": "%", "system": UCUM, "code": "%"},
}  # fmt: skip


@pytest_asyncio.fixture(scope="module")
async def person(client: httpx.AsyncClient) -> str:
    id = await made(client, "Patient", **patient("Berg"))
    for name in ("Ås", "Li"):
        await made(client, "RelatedPerson", patient=to(id), name=[{"family": name}])
    await made(client, "Observation", subject=to(id), **MEASURED)
    return id


async def filled(client: httpx.AsyncClient, person: str, tree: Tree, *contexts: Tree, local: bool = True) -> Tree:
    answer = await client.post("Questionnaire/$populate", json=sent(person, tree, *contexts, local=local))
    return told(answer)


def bound(link: str, expression: str, value_set: str, kind: str = "choice") -> Tree:
    return asked(link, kind, expression, answerValueSet=value_set)


async def test_a_code_is_the_choice_of_a_value_set_that_has_it(client: httpx.AsyncClient, person: str) -> None:
    include = {"system": "urn:colours", "concept": [{"code": "blue", "display": "Blå"}, {"code": "green"}]}
    colours = {"resourceType": "ValueSet", "id": "colours", "status": "active", "compose": {"include": [include]}}
    await made(client, "ValueSet", **colours | {"url": "urn:set:colours"})
    concept = "%sent.code"
    tree = form(
        bound("known", "'female'", "http://hl7.org/fhir/ValueSet/administrative-gender"),
        bound("contained", "'blue'", "#colours"),
        bound("stored", "'green'", "urn:set:colours", "open-choice"),
        bound("written", "'pink'", "urn:set:colours", "open-choice"),
        bound("another", "'pink'", "urn:set:colours"),
        bound("unknown", "'blue'", "urn:set:none"),
        bound("concept", concept, "urn:set:colours"),
        contained=[colours],
    )
    codings = [{"system": "urn:other", "code": "b"}, {"system": "urn:colours", "code": "blue", "display": "Blau"}]
    basic = {"resourceType": "Basic", "code": {"coding": codings}}
    found = await filled(client, person, tree, context("sent", resource=basic))
    assert answers(found["response"]) == {
        "known": {"system": GENDER, "code": "female", "display": "Female"},
        "contained": {"system": "urn:colours", "code": "blue", "display": "Blå"},
        "stored": {"system": "urn:colours", "code": "green"},
        "written": "pink",
        "concept": codings[1],
    }
    assert len(found["issues"]["issue"]) == 2


async def test_an_app_without_a_scope_for_value_sets_has_those_of_r4_alone(
    client: httpx.AsyncClient, narrow: httpx.AsyncClient, person: str
) -> None:
    include = {"system": "urn:shapes", "concept": [{"code": "round"}]}
    await made(client, "ValueSet", url="urn:set:shapes", status="active", compose={"include": [include]})
    tree = form(
        bound("a", "'round'", "urn:set:shapes"),
        bound("b", "'male'", "http://hl7.org/fhir/ValueSet/administrative-gender"),
    )
    body = sent(person, tree)
    for scope, expected in (("system/Questionnaire.rs", ["b"]), ("system/*.rs", ["a", "b"])):
        answer = await narrow.post("Questionnaire/$populate", json=body, headers=with_scope(scope))
        assert list(answers(told(answer)["response"])) == expected


async def test_options_are_chosen_by_what_they_are(client: httpx.AsyncClient, person: str) -> None:
    options: list[dict[str, Any]] = [{"valueString": "often"}, {"valueString": "never", "initialSelected": True}]
    numbers = [{"valueInteger": 1}, {"valueInteger": 2}]
    days = [{"valueDate": "2026-01-01", "initialSelected": True}, {"valueDate": "2026-02-01", "initialSelected": True}]
    tree = form(
        asked("text", "choice", "'often'", answerOption=options),
        asked("number", "choice", "2", answerOption=numbers),
        asked("selected", "choice", answerOption=options),
        asked("none found", "choice", "{}", answerOption=options),
        asked("two", "choice", answerOption=days, repeats=True),
        asked("none of them", "choice", "'seldom'", answerOption=options),
    )
    found = await filled(client, person, tree)
    assert answers(found["response"]) == {
        "text": "often",
        "number": 2,
        "selected": "never",
        "none found": "never",
        "two": ["2026-01-01", "2026-02-01"],
    }


async def test_numbers_and_amounts_are_in_the_unit_of_the_question(client: httpx.AsyncClient, person: str) -> None:
    def unit(code: str) -> list[Tree]:
        coding = {"system": UCUM, "code": code, "display": f"in {code}"}
        return [{"url": f"{CORE}questionnaire-unit", "valueCoding": coding}]

    tree = form(
        asked("amount", "quantity", "3", extension=unit("kg")),
        asked("decimal", "decimal", code=[SPO2], extension=[MONTH, *unit("%")]),
        asked("integer", "integer", code=[SPO2], extension=[MONTH, *unit("%")]),
        asked("other", "decimal", code=[SPO2], extension=[MONTH, *unit("kg")]),
        asked("without", "decimal", code=[SPO2], extension=[MONTH]),
        asked("broken", "integer", "%sent.value", extension=unit("kg")),
        asked("below", "decimal", "%less.value", extension=unit("kg")),
    )
    amount = {"value": 1.5, "system": UCUM, "code": "kg"}
    given = [
        context(name, resource=MEASURED | {"valueQuantity": one})
        for name, one in (("sent", amount), ("less", amount | {"comparator": "<"}))
    ]
    found = await filled(client, person, tree, *given)
    assert answers(found["response"]) == {
        "amount": {"value": 3, "unit": "in kg", "system": UCUM, "code": "kg"},
        "decimal": 91,
        "integer": 91,
    }


def repeated(link: str, expression: Tree, *items: Tree) -> Tree:
    told = {"url": f"{SDC}itemPopulationContext", "valueExpression": expression}
    return {"linkId": link, "type": "group", "repeats": True, "extension": [told], "item": list(items)}


async def test_a_group_repeats_for_each_resource_that_a_search_finds(client: httpx.AsyncClient, person: str) -> None:
    search = "RelatedPerson?patient={{%patient.id}}&_include=RelatedPerson:patient&_sort=_lastUpdated"
    relatives = repeated("relative", path(search, "relative", QUERY), asked("name", "string", "%relative.name.family"))
    variable = {
        "url": f"{CORE}variable",
        "valueExpression": path("RelatedPerson?patient={{%patient.id}}", "all", QUERY),
    }
    total = asked("count", "integer", "%all.entry.count()", extension=[variable])
    found = await filled(client, person, form(relatives, total))
    assert answers(found["response"]) == {"name": ["Ås", "Li"], "count": 2}
    assert "issues" not in found
    without = await filled(client, person, form(relatives), context("patient", valueReference=to(person)), local=False)
    assert answers(without["response"]) == {}
    assert [one["code"] for one in without["issues"]["issue"]] == ["not-supported", "processing"]


async def test_a_search_that_is_refused_or_broken_leaves_the_rest(client: httpx.AsyncClient, person: str) -> None:
    for search in (
        "Shoe?size=47",
        "*?_id=1",
        "Patient/1/Shoe",
        "metadata",
        "Patient?_id={{%nothing}}",
        "Patient?_id={{(((}}",
    ):
        tree = form(
            repeated("g", path(search, "one", QUERY), asked("x", "string", "%one.id")), asked("y", "integer", "1")
        )
        found = await filled(client, person, tree)
        assert answers(found["response"]) == {"y": 1}
        assert found["issues"]["issue"]
    many = form(
        *[repeated(f"{n}", path(f"Patient?_id={n}", "one", QUERY), asked(f"x{n}", "string")) for n in range(11)]
    )
    answer = await client.post("Questionnaire/$populate", json=sent(person, many, local=True))
    assert (answer.status_code, issues(answer)[0]["code"]) == (403, "too-costly")


async def test_a_batch_of_searches_comes_with_the_form(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, person: str
) -> None:
    addresses = ("Patient?_id={{%patient.id}}", "RelatedPerson?patient={{%25patient.id}}")
    entry = [{"request": {"method": "GET", "url": one}} for one in addresses]
    tree = form(
        asked("name", "string", "%Batch.entry.first().resource.entry.resource.name.family"),
        asked("count", "integer", "%Batch.entry[1].resource.entry.count()"),
        contained=[{"resourceType": "Bundle", "id": "Batch", "type": "batch", "entry": entry}],
        extension=[{"url": f"{SDC}sourceQueries", "valueReference": {"reference": "#Batch"}}],
    )
    assert answers((await filled(client, person, tree))["response"]) == {"name": "Berg", "count": 2}
    own = await filled(
        client, person, tree, context("Batch", resource={"resourceType": "Bundle", "type": "collection"})
    )
    assert answers(own["response"]) == {"count": 0}
    named = context("patient", resource={"resourceType": "Patient", "id": person.partition("/")[2]})
    hidden = await stranger.post("Questionnaire/$populate", json=sent(person, tree, named, local=True))
    assert answers(told(hidden)["response"]) == {"count": 0}
