"""Value sets and maps made to do harm: each is refused, quickly and with a place, and nothing breaks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.http.fhir.resources import issues
from tests.http.operations.conftest import codes, parameters
from tests.http.operations.test_terminology import value_set

EXPAND = "ValueSet/$expand"
BIG = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


async def refused(client: httpx.AsyncClient, sent: Any, *, path: str = EXPAND, **asked: Any) -> dict[str, Any]:
    answer = await client.post(path, json=sent, params=asked)
    assert 400 <= answer.status_code < 500, answer.text
    issue: dict[str, Any] = issues(answer)[0]
    return issue


async def put(client: httpx.AsyncClient, *resources: dict[str, Any]) -> None:
    for one in resources:
        assert (await client.post(one["resourceType"], json=one)).status_code == 201


async def test_value_sets_that_import_each_other(client: httpx.AsyncClient) -> None:
    circle = [value_set({"valueSet": [f"urn:circle:{(n + 1) % 3}"]}) | {"url": f"urn:circle:{n}"} for n in range(3)]
    await put(client, *circle)
    assert (await refused(client, parameters(url__uri="urn:circle:0")))["code"] == "processing"
    itself = value_set({"valueSet": ["urn:circle:self"]}) | {"url": "urn:circle:self"}
    await put(client, itself)
    assert (await refused(client, itself))["code"] == "processing"


async def test_value_sets_that_fan_out(client: httpx.AsyncClient) -> None:
    """Each imports the next one twice: 2^20 ways through 20 value sets, one visit of each."""
    for n in range(20):
        following = {"valueSet": [f"urn:fan:{n + 1}"]}
        await put(client, value_set(following, dict(following)) | {"url": f"urn:fan:{n}"})
    await put(client, value_set({"system": "http://hl7.org/fhir/administrative-gender"}) | {"url": "urn:fan:20"})
    answer = await client.get(EXPAND, params={"url": "urn:fan:0"})
    assert codes(answer.json()) == ["male", "female", "other", "unknown"]
    asked = {"url": "urn:fan:0", "system": "http://hl7.org/fhir/administrative-gender", "code": "none"}
    checked = await client.get("ValueSet/$validate-code", params=asked)
    assert checked.status_code == 200


async def test_a_long_chain_of_value_sets(client: httpx.AsyncClient) -> None:
    for n in range(45):
        await put(client, value_set({"valueSet": [f"urn:chain:{n + 1}"]}) | {"url": f"urn:chain:{n}"})
    assert (await refused(client, parameters(url__uri="urn:chain:0")))["code"] == "too-costly"
    assert (await refused(client, parameters(url__uri="urn:chain:10")))["code"] == "too-costly"


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(.*)*",
        "((a|aa)+)+b",
        "(a|a?)+",
        "[a-",
        "(",
        "a{9999}",
        "(?=a)",
        r"\1",
        "x" * 300,
        "(" * 60 + ")" * 60,
        "((a{100}){100}){100}",
        "*",
        "a**",
    ],
)
async def test_patterns_that_would_run_for_ever(client: httpx.AsyncClient, pattern: str) -> None:
    told = {"property": "display", "op": "regex", "value": pattern}
    answer = await client.post(EXPAND, json=value_set({"system": BIG, "filter": [told]}))
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 422:
        assert issues(answer)[0]["expression"] == ["ValueSet.compose.include[0].filter[0]"]


async def test_more_than_one_call_may_cause(client: httpx.AsyncClient) -> None:
    many = value_set(*[{"system": BIG} for _ in range(600)])
    assert (await refused(client, many))["code"] == "too-costly"
    scattered = value_set(*[{"system": f"urn:s:{n}", "concept": [{"code": "x"}]} for n in range(200)])
    assert (await refused(client, scattered))["code"] == "too-costly"
    filters = [{"property": "code", "op": "=", "value": "x"}] * 600
    assert (await refused(client, value_set({"system": BIG, "filter": filters})))["code"] == "too-costly"
    codings = [{"system": BIG, "code": "x"}] * 150
    sent = parameters(
        url__uri="http://hl7.org/fhir/ValueSet/administrative-gender",
        codeableConcept__codeableConcept={"coding": codings},
    )
    assert (await refused(client, sent, path="ValueSet/$validate-code"))["code"] == "too-costly"
    assert (
        await refused(
            client, {"resourceType": "Parameters", "parameter": [{"name": "designation", "valueString": "x"}] * 1001}
        )
    )["code"] == "too-costly"


async def test_more_codes_than_fit_in_one_answer(client: httpx.AsyncClient) -> None:
    concepts = [{"code": f"c{n}"} for n in range(5200)]
    large = value_set({"system": "urn:large", "concept": concepts})
    issue = await refused(client, large)
    assert (issue["code"], issue["location"]) == ("too-costly", ["http.count"])
    page = (await client.post(EXPAND, json=large, params={"count": "2000000000", "offset": "100"})).json()
    assert (len(codes(page)), page["expansion"]["total"]) == (5000, 5200)
    assert codes((await client.post(EXPAND, json=large, params={"count": "5", "offset": "2000000000"})).json()) == []


async def test_code_systems_whose_concepts_are_their_own_parents(client: httpx.AsyncClient) -> None:
    parents = [{"code": "parent", "valueCode": code} for code in ("b", "a", "nowhere")]
    system = {
        "resourceType": "CodeSystem",
        "url": "urn:round",
        "status": "active",
        "content": "complete",
        "concept": [
            {"code": "a", "property": parents},
            {"code": "b", "property": [{"code": "parent", "valueCode": "a"}]},
        ],
    }
    await put(client, system)
    told = {"property": "concept", "op": "is-a", "value": "a"}
    answer = await client.post(EXPAND, json=value_set({"system": "urn:round", "filter": [told]}))
    assert codes(answer.json()) == ["a", "b"]
    round_ = await client.get("CodeSystem/$subsumes?system=urn:round&codeA=a&codeB=b")
    assert "equivalent" in round_.text


async def test_maps_that_lead_to_each_other(client: httpx.AsyncClient) -> None:
    def leading(n: int, to: int, groups: int = 1) -> dict[str, Any]:
        unmapped = {"mode": "other-map", "url": f"urn:maps:{to}"}
        group = {"source": "urn:s", "target": "urn:t", "element": [{"code": "x"}], "unmapped": unmapped}
        return {"resourceType": "ConceptMap", "status": "active", "url": f"urn:maps:{n}", "group": [group] * groups}

    await put(client, leading(0, 1), leading(1, 0), *(leading(n, n + 1, 8) for n in range(10, 25)), leading(25, 26))
    asked = {"system": "urn:s", "code": "y"}
    for url, code in (("urn:maps:0", "processing"), ("urn:maps:25", "not-found"), ("urn:maps:10", "not-found")):
        answer = await client.get("ConceptMap/$translate", params=asked | {"url": url})
        assert (answer.status_code in (403, 404, 422), issues(answer)[0]["code"]) == (True, code)


async def test_odd_filters_and_odd_content(client: httpx.AsyncClient) -> None:
    gender = "http://hl7.org/fhir/administrative-gender"
    for told, code in (
        ({"property": "nothing", "op": "=", "value": "x"}, "not-found"),
        ({"property": "concept", "op": "is-a", "value": "nothing"}, "not-found"),
        ({"property": "display", "op": "is-a", "value": "male"}, "not-supported"),
        ({"property": "code", "op": "exists", "value": "perhaps"}, "value"),
    ):
        issue = await refused(client, value_set({"system": gender, "filter": [told]}))
        assert (issue["code"], issue["expression"]) == (code, ["ValueSet.compose.include[0].filter[0]"])
    empty = await client.post(EXPAND, json={"resourceType": "ValueSet", "status": "draft"})
    assert (empty.status_code, codes(empty.json())) == (200, [])
    nowhere = await refused(client, value_set({"valueSet": ["urn:nothing"]}))
    assert nowhere["expression"] == ["ValueSet.compose.include[0].valueSet[0]"]
    commas = await client.get(EXPAND, params={"url": "urn:a,b$c\\d|1|2"})
    assert commas.status_code == 404


async def test_a_large_code_system_is_made_ready_beside_the_others(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saman.record.terms.LARGE", 10)
    system = {"resourceType": "CodeSystem", "url": "urn:beside", "status": "active", "content": "complete"}
    await put(client, system | {"concept": [{"code": "a"}]})
    answer = await client.get("CodeSystem/$lookup?system=urn:beside&code=a")
    assert answer.status_code == 200, answer.text


async def test_a_text_to_look_for_is_short(client: httpx.AsyncClient) -> None:
    asked = parameters(url__uri="http://hl7.org/fhir/ValueSet/administrative-gender", filter__string="e " * 200)
    assert (await refused(client, asked))["code"] == "too-long"


async def test_many_filters_by_hierarchy(client: httpx.AsyncClient) -> None:
    """Each walks all that lies below; hundreds of them on a deep hierarchy are counted, and refused."""
    told: dict[str, Any] = {"code": "c0"}
    for n in range(1, 60):
        told = {"code": f"c{n}", "concept": [told] + [{"code": f"c{n}-{m}"} for m in range(40)]}
    deep = {"resourceType": "CodeSystem", "status": "active", "content": "complete", "url": "urn:deep"}
    await put(client, deep | {"concept": [told]})
    below = {"property": "concept", "op": "is-a", "value": "c59"}
    asked = value_set({"system": "urn:deep", "filter": [below] * 450})
    assert (await refused(client, asked))["code"] == "too-costly"


async def test_maps_that_lead_to_each_other_in_many_ways(client: httpx.AsyncClient) -> None:
    """Two ways from each to the next: 2^18 ways, one visit of each map."""
    for n in range(18):
        group = {"source": "urn:s", "element": [{"code": "none"}],
                 "unmapped": {"mode": "other-map", "url": f"urn:way:{n + 1}"}}  # fmt: skip
        tree = {"resourceType": "ConceptMap", "status": "active", "url": f"urn:way:{n}", "group": [group, dict(group)]}
        await put(client, tree)
    await put(client, {"resourceType": "ConceptMap", "status": "active", "url": "urn:way:18"})
    asked = parameters(url__uri="urn:way:0", system__uri="urn:s", code__code="x")
    answer = await client.post("ConceptMap/$translate", json=asked)
    assert answer.status_code == 200
    assert answer.json()["parameter"][0] == {"name": "result", "valueBoolean": False}
