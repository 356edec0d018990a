"""The terminology operations over HTTP, on R4's own definitions and on what is in the record."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from saman.model.fhir import validate
from tests.http.fhir.resources import issues
from tests.http.operations.conftest import codes, parameters, told

GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"
GENDERS = "http://hl7.org/fhir/administrative-gender"
PROFESSIONS = "urn:test:professions"
SNOMED = "http://snomed.info/sct"


def professions(version: str = "1", **more: Any) -> dict[str, Any]:
    """A hierarchy: a nurse is a kind of carer, and one of the nurses is not trained any more."""
    return {
        "resourceType": "CodeSystem",
        "url": PROFESSIONS,
        "version": version,
        "status": "active",
        "content": "complete",
        "language": "en",
        "name": "Professions",
        "hierarchyMeaning": "is-a",
        "property": [
            {"code": "parent", "type": "code"},
            {"code": "notSelectable", "type": "boolean"},
            {"code": "inactive", "type": "boolean"},
            {"code": "years", "type": "integer"},
        ],
        "concept": [
            {
                "code": "carer",
                "display": "Carer",
                "property": [{"code": "notSelectable", "valueBoolean": True}],
                "concept": [
                    {
                        "code": "nurse",
                        "display": "Nurse",
                        "definition": "Cares for people",
                        "property": [{"code": "years", "valueInteger": 3}],
                        "designation": [
                            {"language": "nb-NO", "value": "Sykepleier"},
                            {"language": "sv", "value": "Sjuksköterska"},
                        ],
                    },
                    {"code": "aide", "display": "Aide", "property": [{"code": "inactive", "valueBoolean": True}]},
                ],
            },
            {"code": "specialist", "display": "Specialist", "property": [{"code": "parent", "valueCode": "nurse"}]},
            {"code": "driver", "display": "Driver"},
        ],
    } | more


def value_set(*include: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "ValueSet", "status": "active", "compose": {"include": list(include)} | more}


def below(code: str, op: str = "is-a") -> dict[str, Any]:
    return {"system": PROFESSIONS, "filter": [{"property": "concept", "op": op, "value": code}]}


@pytest.fixture(scope="module", autouse=True)
async def there(client: httpx.AsyncClient) -> dict[str, str]:
    made = {}
    for name, one in {
        "system": professions(),
        "set": value_set(below("carer")) | {"url": "urn:test:carers", "version": "1", "name": "Carers"},
        "map": {
            "resourceType": "ConceptMap",
            "url": "urn:test:map",
            "status": "active",
            "group": [
                {
                    "source": PROFESSIONS,
                    "target": "urn:test:isco",
                    "element": [
                        {"code": "nurse", "target": [{"code": "2221", "equivalence": "wider"}]},
                        {"code": "driver", "target": [{"equivalence": "unmatched"}]},
                    ],
                    "unmapped": {"mode": "fixed", "code": "9999", "display": "Other"},
                }
            ],
        },
    }.items():
        answer = await client.post(one["resourceType"], json=one)
        assert answer.status_code == 201, answer.text
        made[name] = answer.json()["id"]
    return made


async def expanded(client: httpx.AsyncClient, resource: dict[str, Any], **asked: Any) -> dict[str, Any]:
    answer = await client.post("ValueSet/$expand", json=resource, params=asked)
    assert answer.status_code == 200, answer.text
    assert validate(answer.json()) == ()
    found: dict[str, Any] = answer.json()
    return found


async def test_a_value_set_of_r4_is_expanded(client: httpx.AsyncClient) -> None:
    body = (await client.get("ValueSet/$expand", params={"url": GENDER})).json()
    assert validate(body) == ()
    assert codes(body) == ["male", "female", "other", "unknown"]
    assert (body["url"], body["expansion"]["total"]) == (GENDER, 4)
    assert {"name": "version", "valueUri": f"{GENDERS}|4.0.1"} in body["expansion"]["parameter"]


async def test_what_is_in_the_record_is_expanded_in_every_way_of_asking(
    client: httpx.AsyncClient, there: dict[str, str]
) -> None:
    expected = ["carer", "nurse", "aide", "specialist"]
    by_url = await client.get("ValueSet/$expand", params={"url": "urn:test:carers|1"})
    by_id = await client.get(f"ValueSet/{there['set']}/$expand")
    posted = await client.post("ValueSet/$expand", json=parameters(url__uri="urn:test:carers"))
    sent = await client.post("ValueSet/$expand", json=parameters(valueSet__resource=value_set(below("carer"))))
    for answer in (by_url, by_id, posted, sent):
        assert sorted(codes(answer.json())) == sorted(expected), answer.text
    assert codes(await expanded(client, value_set(below("nurse")))) == ["nurse", "specialist"]


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (("concept", "is-a", "nurse"), {"nurse", "specialist"}),
        (("concept", "descendent-of", "carer"), {"nurse", "aide", "specialist"}),
        (("concept", "is-not-a", "carer"), {"driver"}),
        (("concept", "generalizes", "specialist"), {"specialist", "nurse", "carer"}),
        (("concept", "in", "nurse,driver"), {"nurse", "driver"}),
        (("code", "not-in", "nurse,driver"), {"carer", "aide", "specialist"}),
        (("years", "=", "3"), {"nurse"}),
        (("years", "exists", "false"), {"carer", "aide", "specialist", "driver"}),
        (("parent", "=", "carer"), {"nurse", "aide"}),
        (("code", "regex", "[a-d].*r"), {"carer", "driver"}),
        (("notSelectable", "=", "true"), {"carer"}),
    ],
)
async def test_every_filter(client: httpx.AsyncClient, filter: tuple[str, str, str], expected: set[str]) -> None:
    told = dict(zip(("property", "op", "value"), filter, strict=True))
    assert set(codes(await expanded(client, value_set({"system": PROFESSIONS, "filter": [told]})))) == expected


async def test_a_call_shapes_the_expansion(client: httpx.AsyncClient) -> None:
    carers = value_set(below("carer"))
    assert codes(await expanded(client, carers, activeOnly="true")) == ["carer", "nurse", "specialist"]
    assert codes(await expanded(client, carers, excludeNotForUI="true")) == ["nurse", "aide", "specialist"]
    assert codes(await expanded(client, carers, filter="SJUKSKOTERSKA")) == ["nurse"]
    assert codes(await expanded(client, carers, **{"exclude-system": PROFESSIONS})) == []
    page = await expanded(client, carers, offset="1", count="2")
    assert (codes(page), page["expansion"]["offset"], page["expansion"]["total"]) == (["nurse", "aide"], 1, 4)
    none = await expanded(client, carers, count="0")
    assert (codes(none), none["expansion"]["total"]) == ([], 4)
    whole = await expanded(client, carers, includeDefinition="true", includeDesignations="true")
    assert whole["compose"] == carers["compose"]
    assert len(whole["expansion"]["contains"][1]["designation"]) == 2
    one = await expanded(client, carers, designation="sv")
    assert one["expansion"]["contains"][1]["designation"] == [{"language": "sv", "value": "Sjuksköterska"}]


@pytest.mark.parametrize(
    ("language", "display", "elsewhere"),
    [
        ("nb", "Sykepleier", 3),
        ("no", "Sykepleier", 3),
        ("sv-FI", "Sjuksköterska", 3),
        ("fi", "Nurse", 4),
        ("fi,nb", "Sykepleier", 3),
        ("en", "Nurse", None),
    ],
)
async def test_names_in_a_language_and_what_stands_in_for_them(
    client: httpx.AsyncClient, language: str, display: str, elsewhere: int | None
) -> None:
    body = await expanded(client, value_set(below("carer")), displayLanguage=language)
    assert body["expansion"]["contains"][1]["display"] == display
    said = [one["valueInteger"] for one in body["expansion"]["parameter"] if one["name"] == "warning-other-language"]
    assert said == ([elsewhere] if elsewhere else [])


async def test_compositions_add_intersect_and_take_away(client: httpx.AsyncClient) -> None:
    both = value_set(
        {"valueSet": ["urn:test:carers"]}, {"system": GENDERS, "concept": [{"code": "male", "display": "M"}]}
    )
    assert sorted(codes(await expanded(client, both))) == ["aide", "carer", "male", "nurse", "specialist"]
    among = value_set(below("nurse") | {"valueSet": ["urn:test:carers"]})
    assert sorted(codes(await expanded(client, among))) == ["nurse", "specialist"]
    less = value_set(below("carer"), exclude=[below("nurse")])
    assert sorted(codes(await expanded(client, less))) == ["aide", "carer"]
    active = value_set(below("carer"), inactive=False)
    assert "aide" not in codes(await expanded(client, active))


async def test_what_is_not_loaded_is_said_to_be_not_loaded(client: httpx.AsyncClient) -> None:
    everything = value_set({"system": SNOMED, "filter": [{"property": "concept", "op": "is-a", "value": "73211009"}]})
    answer = await client.post("ValueSet/$expand", json=everything)
    assert answer.status_code == 404
    [issue] = issues(answer)
    assert "The content of SNOMED CT is not loaded here" in issue["diagnostics"]
    assert issue["expression"] == ["ValueSet.compose.include[0].system"]
    listed = await expanded(client, value_set({"system": SNOMED, "concept": [{"code": "73211009"}]}))
    assert codes(listed) == ["73211009"]
    assert {"name": "warning-unknown-system", "valueUri": SNOMED} in listed["expansion"]["parameter"]
    for path, asked in {
        "CodeSystem/$lookup": {"system": SNOMED, "code": "73211009"},
        "CodeSystem/$validate-code": {"url": SNOMED, "code": "73211009"},
        "CodeSystem/$subsumes": {"system": SNOMED, "codeA": "1", "codeB": "2"},
        "ValueSet/$validate-code": {
            "url": "http://hl7.org/fhir/ValueSet/condition-code",
            "system": SNOMED,
            "code": "1",
        },
    }.items():
        answer = await client.get(path, params=asked)
        assert answer.status_code == 404, (path, answer.text)
        assert "is not loaded here" in answer.text


async def test_a_code_is_checked_in_a_value_set(client: httpx.AsyncClient, there: dict[str, str]) -> None:
    async def check(**asked: Any) -> dict[str, Any]:
        answer = await client.get("ValueSet/$validate-code", params={"url": "urn:test:carers"} | asked)
        assert answer.status_code == 200, answer.text
        assert validate(answer.json()) == ()
        return told(answer.json())

    assert await check(system=PROFESSIONS, code="nurse") == {"result": True, "display": "Nurse"}
    assert (await check(system=PROFESSIONS, code="nurse", display="Sykepleier"))["result"] is True
    wrong = await check(system=PROFESSIONS, code="nurse", display="Driver")
    assert wrong == {"result": False, "message": "The code is right, but it has another display.", "display": "Nurse"}
    assert (await check(system=PROFESSIONS, code="driver"))["message"] == "The code is not in the value set."
    assert (await check(system=PROFESSIONS, code="pilot"))["message"] == "The code system has no such code."
    assert (await check(system=PROFESSIONS, code="aide"))["message"] == "The code is not in use any more."
    assert (await check(system=PROFESSIONS, code="carer", abstract="false"))["result"] is False
    assert (await check(system=PROFESSIONS, code="carer", abstract="true")) == {"result": True, "display": "Carer"}
    assert (await check(system=PROFESSIONS, code="nurse", displayLanguage="sv"))["display"] == "Sjuksköterska"
    assert (await check(system="urn:test:nothing", code="x"))["result"] is False
    concept = {"coding": [{"system": SNOMED, "code": "1"}, {"system": PROFESSIONS, "code": "nurse"}]}
    path = f"ValueSet/{there['set']}/$validate-code"
    answer = await client.post(path, json=parameters(codeableConcept__codeableConcept=concept))
    assert told(answer.json()) == {"result": True, "display": "Nurse"}
    answer = await client.post(path, json=parameters(coding__coding=concept["coding"][1]))
    assert told(answer.json())["result"] is True


async def test_a_code_is_checked_in_a_code_system(client: httpx.AsyncClient, there: dict[str, str]) -> None:
    asked = {"url": PROFESSIONS, "code": "nurse", "display": "nurse"}
    assert told((await client.get("CodeSystem/$validate-code", params=asked)).json())["result"] is True
    by_id = await client.get(f"CodeSystem/{there['system']}/$validate-code?code=pilot")
    assert told(by_id.json()) == {"result": False, "message": "The code system has no such code."}
    sent = await client.post(
        "CodeSystem/$validate-code?code=x",
        json=professions(url="urn:test:other", concept=[]) | {"concept": [{"code": "x"}]},
    )
    assert told(sent.json())["result"] is True
    alien = parameters(url__uri=PROFESSIONS, coding__coding={"system": GENDERS, "code": "nurse"})
    assert told((await client.post("CodeSystem/$validate-code", json=alien)).json())["result"] is False


async def test_a_code_is_looked_up(client: httpx.AsyncClient) -> None:
    asked = {"system": PROFESSIONS, "code": "nurse", "displayLanguage": "nb"}
    answer = await client.get("CodeSystem/$lookup", params=asked)
    assert validate(answer.json()) == ()
    found = told(answer.json())
    assert (found["name"], found["version"], found["display"]) == ("Professions", "1", "Sykepleier")
    listed = {
        tuple(next(v for k, v in part.items() if k.startswith("value")) for part in one["part"])
        for one in answer.json()["parameter"]
        if one["name"] == "property"
    }
    assert {("definition", "Cares for people"), ("parent", "carer"), ("child", "specialist"), ("years", 3)} <= listed
    few = await client.get("CodeSystem/$lookup", params=asked | {"property": "parent"})
    assert [one["name"] for one in few.json()["parameter"]].count("property") == 1
    coding = parameters(coding__coding={"system": GENDERS, "code": "male"})
    assert told((await client.post("CodeSystem/$lookup", json=coding)).json())["display"] == "Male"
    unknown = await client.get("CodeSystem/$lookup", params={"system": GENDERS, "code": "none"})
    assert (unknown.status_code, issues(unknown)[0]["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        ("carer", "specialist", "subsumes"),
        ("specialist", "carer", "subsumed-by"),
        ("nurse", "nurse", "equivalent"),
        ("nurse", "driver", "not-subsumed"),
    ],
)
async def test_one_code_is_a_kind_of_another(
    client: httpx.AsyncClient, there: dict[str, str], first: str, second: str, outcome: str
) -> None:
    asked = {"codeA": first, "codeB": second}
    for path, more in (
        ("CodeSystem/$subsumes", {"system": PROFESSIONS}),
        (f"CodeSystem/{there['system']}/$subsumes", {}),
    ):
        answer = await client.get(path, params=asked | more)
        assert told(answer.json()) == {"outcome": outcome}, answer.text
    codings = {
        f"coding{letter}__coding": {"system": PROFESSIONS, "code": one}
        for letter, one in zip("AB", (first, second), strict=True)
    }
    answer = await client.post("CodeSystem/$subsumes", json=parameters(**codings))
    assert told(answer.json()) == {"outcome": outcome}


async def test_a_code_is_translated(client: httpx.AsyncClient, there: dict[str, str]) -> None:
    async def by(path: str = "ConceptMap/$translate", **asked: Any) -> tuple[bool, list[dict[str, Any]]]:
        answer = await client.get(path, params=asked)
        assert answer.status_code == 200, answer.text
        assert validate(answer.json()) == ()
        found = [one["part"] for one in answer.json()["parameter"] if one["name"] == "match"]
        return told(answer.json())["result"], [
            {part["name"]: next(v for k, v in part.items() if k.startswith("value")) for part in one} for one in found
        ]

    nurse = (
        True,
        [{"equivalence": "wider", "concept": {"system": "urn:test:isco", "code": "2221"}, "source": "urn:test:map"}],
    )
    assert await by(url="urn:test:map", system=PROFESSIONS, code="nurse") == nurse
    assert await by(system=PROFESSIONS, code="nurse") == nurse
    assert await by(f"ConceptMap/{there['map']}/$translate", system=PROFESSIONS, code="nurse") == nurse
    result, [driver] = await by(url="urn:test:map", system=PROFESSIONS, code="driver")
    assert (result, driver["equivalence"], "concept" in driver) == (False, "unmatched", False)
    result, [other] = await by(url="urn:test:map", system=PROFESSIONS, code="aide")
    assert (result, other["concept"]["code"], other["equivalence"]) == (True, "9999", "inexact")
    result, [back] = await by(url="urn:test:map", system="urn:test:isco", code="2221", reverse="true")
    assert (result, back["concept"]["code"], back["equivalence"]) == (True, "nurse", "narrower")
    own = await by(system=GENDERS, code="male", targetsystem="http://terminology.hl7.org/CodeSystem/v2-0001")
    assert own[0] is True
    assert own[1][0]["concept"]["code"] == "M"
    assert await by(system="urn:test:nothing", code="x") == (False, [])


async def test_the_newest_version_unless_another_is_asked_for(client: httpx.AsyncClient) -> None:
    url = "urn:test:versions"
    for version in ("9", "10", "2"):
        concept = [{"code": f"v{version}"}]
        sent = professions(version, url=url, concept=concept)
        assert (await client.post("CodeSystem", json=sent)).status_code == 201
    every = value_set({"system": url})
    assert codes(await expanded(client, every)) == ["v10"]
    assert codes(await expanded(client, value_set({"system": url, "version": "2"}))) == ["v2"]
    assert codes(await expanded(client, every, **{"system-version": f"{url}|9"})) == ["v9"]
    forced = value_set({"system": url, "version": "2"})
    assert codes(await expanded(client, forced, **{"force-system-version": f"{url}|9"})) == ["v9"]
    checked = await client.post("ValueSet/$expand", json=forced, params={"check-system-version": f"{url}|9"})
    assert (checked.status_code, issues(checked)[0]["code"]) == (422, "invalid")
    part = professions("11", url=url, concept=[{"code": "v11"}], content="fragment")
    assert (await client.post("CodeSystem", json=part)).status_code == 201
    assert codes(await expanded(client, every)) == ["v10"]
    asked = value_set({"system": url, "version": "11"})
    assert (await client.post("ValueSet/$expand", json=asked)).status_code == 404
    gone = await client.post("ValueSet/$expand", json=value_set({"system": url, "version": "77"}))
    assert gone.status_code == 404
    assert "not in the version asked for" in gone.text
