"""Implicit value sets, supplements and nested expansions over HTTP, from code systems that the record holds."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.http.fhir.resources import issues


@pytest.fixture
def url() -> str:
    """A canonical URL that nobody has used."""
    return f"urn:uuid:{uuid4()}"


async def made(client: httpx.AsyncClient, resource: dict[str, Any]) -> None:
    answer = await client.post(resource["resourceType"], json={"status": "active", **resource})
    assert answer.status_code == 201, answer.text


async def make_systems(client: httpx.AsyncClient, url: str) -> None:
    """A code system with one code below another, and a supplement with a Norwegian name."""
    concepts = [{"code": "a", "display": "One", "concept": [{"code": "b", "display": "Two"}]}]
    await made(client, {"resourceType": "CodeSystem", "url": url, "content": "complete", "concept": concepts})
    more = {
        "url": f"{url}:nb", "content": "supplement", "supplements": url, "language": "nb",
        "concept": [{"code": "b", "display": "To"}],
    }  # fmt: skip
    await made(client, {"resourceType": "CodeSystem", **more})


async def expansion(client: httpx.AsyncClient, **asked: str) -> list[dict[str, Any]]:
    answer = await client.get("ValueSet/$expand", params=asked)
    assert answer.status_code == 200, answer.text
    contains: list[dict[str, Any]] = answer.json()["expansion"]["contains"]
    return contains


@pytest.mark.parametrize("end", ["?fhir_vs", "?vs"])
async def test_all_codes_of_a_code_system_flat_or_nested(client: httpx.AsyncClient, url: str, end: str) -> None:
    await make_systems(client, url)
    assert [one["code"] for one in await expansion(client, url=url + end)] == ["a", "b"]
    [only] = await expansion(client, url=url + end, excludeNested="false")
    assert [one["code"] for one in only["contains"]] == ["b"]
    flat = await expansion(client, url=url + end, excludeNested="false", count="1", offset="1")
    assert [one["code"] for one in flat] == ["b"]
    asked = {"url": url + end, "system": url, "code": "b"}
    answer = (await client.get("ValueSet/$validate-code", params=asked)).json()
    assert answer["parameter"][0] == {"name": "result", "valueBoolean": True}


async def test_a_supplement_is_used_when_asked_or_named(client: httpx.AsyncClient, url: str) -> None:
    await make_systems(client, url)
    asked = {"url": f"{url}?vs", "displayLanguage": "nb"}
    assert [one["display"] for one in await expansion(client, **asked)] == ["One", "Two"]
    assert [one["display"] for one in await expansion(client, **asked, useSupplement=f"{url}:nb")] == ["One", "To"]
    extension = {
        "url": "http://hl7.org/fhir/StructureDefinition/valueset-supplement",
        "valueCanonical": f"{url}:nb",
    }
    compose = {"include": [{"system": url}]}
    await made(client, {"resourceType": "ValueSet", "url": f"{url}:set", "extension": [extension], "compose": compose})
    named = await expansion(client, url=f"{url}:set", displayLanguage="nb")
    assert [one["display"] for one in named] == ["One", "To"]
    checked = {"url": f"{url}:set", "system": url, "code": "b", "display": "To"}
    answer = (await client.get("ValueSet/$validate-code", params=checked)).json()
    assert answer["parameter"][0]["valueBoolean"] is True
    looked = {"system": url, "code": "b", "displayLanguage": "nb", "useSupplement": f"{url}:nb"}
    answer = (await client.get("CodeSystem/$lookup", params=looked)).json()
    assert {"name": "display", "valueString": "To"} in answer["parameter"]


async def test_a_supplement_by_itself_says_nothing_of_codes(client: httpx.AsyncClient, url: str) -> None:
    await make_systems(client, url)
    for operation, name in (("$lookup", "system"), ("$validate-code", "url")):
        answer = await client.get(f"CodeSystem/{operation}", params={name: f"{url}:nb", "code": "b"})
        assert answer.status_code == 422, answer.text
        assert "useSupplement" in issues(answer)[0]["diagnostics"]
    answer = await client.get("ValueSet/$expand", params={"url": f"{url}:nb?vs"})
    assert answer.status_code == 404


@pytest.mark.parametrize("supplement", ["urn:not:there", "http://hl7.org/fhir/administrative-gender"])
async def test_what_is_no_supplement_is_refused_with_its_place(client: httpx.AsyncClient, supplement: str) -> None:
    gender = "http://hl7.org/fhir/administrative-gender"
    asked = {"system": gender, "code": "male", "useSupplement": supplement}
    answer = await client.get("CodeSystem/$lookup", params=asked)
    assert answer.status_code == 404
    assert issues(answer)[0]["location"] == ["http.useSupplement"]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://snomed.info/sct?fhir_vs=isa/73211009", "SNOMED CT"),
        ("http://snomed.info/sct/51000202101?fhir_vs=refset/1", "SNOMED CT"),
        ("http://snomed.info/sct?fhir_vs=ecl/<<73211009", "SNOMED CT"),
        ("http://loinc.org/vs/LL715-4", "LOINC"),
        ("http://loinc.org/vs", "LOINC"),
        ("http://unitsofmeasure.org/vs", "UCUM"),
    ],
)
async def test_what_rests_on_what_is_not_loaded_says_so(client: httpx.AsyncClient, url: str, name: str) -> None:
    answer = await client.get("ValueSet/$expand", params={"url": url})
    assert answer.status_code == 404
    assert f"The content of {name} is not loaded here" in issues(answer)[0]["diagnostics"]


async def test_a_code_system_says_which_value_set_all_its_codes_are(client: httpx.AsyncClient, url: str) -> None:
    concepts = [{"code": "a", "display": "One"}, {"code": "b"}]
    tree = {"resourceType": "CodeSystem", "url": url, "content": "complete", "concept": concepts}
    await made(client, tree | {"valueSet": f"{url}:all"})
    assert [one["code"] for one in await expansion(client, url=f"{url}:all")] == ["a", "b"]
    for code, result in (("a", True), ("c", False)):
        asked = {"url": f"{url}:all", "system": url, "code": code}
        answer = (await client.get("ValueSet/$validate-code", params=asked)).json()
        assert answer["parameter"][0]["valueBoolean"] is result
    compose = {"include": [{"valueSet": [f"{url}:all"]}], "exclude": [{"system": url, "concept": [{"code": "a"}]}]}
    await made(client, {"resourceType": "ValueSet", "url": f"{url}:less", "compose": compose})
    assert [one["code"] for one in await expansion(client, url=f"{url}:less")] == ["b"]
    found = await client.get("Basic", params={"code:in": f"{url}:all"})
    assert found.status_code == 200, found.text
    compose = {"include": [{"system": url, "concept": [{"code": "b"}]}]}
    await made(client, {"resourceType": "ValueSet", "url": f"{url}:all", "compose": compose})
    assert [one["code"] for one in await expansion(client, url=f"{url}:all")] == ["b"]


async def test_the_code_systems_of_r4_say_it_too(client: httpx.AsyncClient) -> None:
    listed = await expansion(client, url="http://hl7.org/fhir/ValueSet/restful-interaction")
    assert "vread" in [one["code"] for one in listed]


async def test_the_system_of_a_code_is_inferred_when_asked(client: httpx.AsyncClient, url: str) -> None:
    include = [
        {"system": f"{url}:x", "concept": [{"code": "a"}, {"code": "b"}]},
        {"system": "http://hl7.org/fhir/administrative-gender"},
        {"system": f"{url}:y", "concept": [{"code": "b"}]},
    ]
    await made(client, {"resourceType": "ValueSet", "url": url, "compose": {"include": include}})
    for code, display, result in (
        ("male", "Male", True),
        ("male", "Man", False),
        ("a", "", True),
        ("b", "", False),
        ("c", "", False),
    ):
        asked = {"url": url, "code": code, "inferSystem": "true"} | ({"display": display} if display else {})
        answer = await client.get("ValueSet/$validate-code", params=asked)
        assert answer.json()["parameter"][0] == {"name": "result", "valueBoolean": result}, code
    answer = await client.get("ValueSet/$validate-code", params={"url": url, "code": "a", "inferSystem": "false"})
    assert (answer.status_code, issues(answer)[0]["code"]) == (400, "required")


async def test_translations_that_rest_on_other_elements(client: httpx.AsyncClient, url: str) -> None:
    def target(code: str, value: str) -> dict[str, Any]:
        rests = [{"property": "urn:sex", "system": "urn:s", "value": value}]
        return {"code": code, "equivalence": "equivalent", "dependsOn": rests}

    targets = [target("f", "female"), target("m", "male"), {"code": "any", "equivalence": "wider", "comment": "c"}]
    group = {"source": f"{url}:x", "target": f"{url}:y", "element": [{"code": "a", "target": targets}]}
    await made(client, {"resourceType": "ConceptMap", "url": url, "group": [group]})

    def depending(element: str, *codings: dict[str, str]) -> dict[str, Any]:
        concept = {"coding": list(codings)} if codings else {"text": "x"}
        parts = [{"name": "element", "valueUri": element}, {"name": "concept", "valueCodeableConcept": concept}]
        return {"name": "dependency", "part": parts}

    for more, expected, is_open in (
        ([], ["f", "m", "any"], True),
        ([depending("urn:sex", {"system": "urn:s", "code": "male"})], ["m", "any"], False),
        ([depending("urn:sex", {"code": "female"}, {"system": "urn:s", "code": "female"})], ["f", "any"], False),
        ([depending("urn:sex", {"system": "urn:other", "code": "male"})], ["any"], False),
        ([depending("urn:sex")], ["any"], False),
        ([depending("urn:age", {"code": "male"})], ["f", "m", "any"], True),
        ([{"name": "dependency", "part": [{"name": "element"}]}], ["f", "m", "any"], True),
    ):
        given = [("url", "Uri", url), ("code", "Code", "a"), ("system", "Uri", f"{url}:x")]
        asked = [{"name": name, f"value{kind}": value} for name, kind, value in given]
        body = {"resourceType": "Parameters", "parameter": [*asked, *more]}
        answer = (await client.post("ConceptMap/$translate", json=body)).json()["parameter"]
        matches = [one["part"] for one in answer if one["name"] == "match"]
        assert [part["valueCoding"]["code"] for one in matches for part in one if part["name"] == "concept"] == expected
        assert any(one["name"] == "message" for one in answer) is is_open
    refused = await client.get("ConceptMap/$translate", params={"url": url, "code": "a", "dependency": "x"})
    assert refused.status_code == 400
