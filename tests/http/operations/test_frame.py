"""What every operation has in common: where it is called, what it takes, who may call it, what is told of it."""

from __future__ import annotations

import re
from typing import Any

import httpx
import msgspec
import pytest

from saman.apps.fhir_api.operations.declared import Level, Operation, Part
from saman.apps.fhir_api.operations.giving import parameters as told_as
from saman.apps.fhir_api.operations.parameter import Parameter
from saman.apps.fhir_api.operations.routing import operation_routes
from saman.apps.fhir_api.operations.standard import OPERATIONS
from saman.apps.fhir_api.routes import Policy
from saman.model.fhir import RESOURCE_TYPES, validate
from tests.http.fhir.resources import issues
from tests.http.operations.conftest import parameters

OF_MANY_TYPES = {"export"}
"""Operations that hold each type they are asked for against the scopes themselves."""
GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"
EXPAND = "ValueSet/$expand"


def operation(**more: Any) -> Operation:
    async def handler(*_: Any) -> tuple[Part, ...]:
        return ()

    declared: dict[str, Any] = {
        "name": "try",
        "url": "urn:try",
        "summary": "Try",
        "levels": (Level.TYPE,),
        "types": ("Patient",),
        "handler": handler,
        "policy": Policy.RECORD,
    }
    return Operation(**declared | more)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"policy": None}, "declares no policy"),
        ({"policy": "anyone"}, "declares no policy"),
        ({"types": ()}, "levels that do not go with its types"),
        ({"levels": (Level.SYSTEM,)}, "levels that do not go with its types"),
    ],
)
def test_a_wrong_declaration_stops_the_start(wrong: dict[str, Any], words: str) -> None:
    assert operation_routes([operation()])
    with pytest.raises(ValueError, match=words):
        operation_routes([operation(), operation(name="other", **wrong)])
    with pytest.raises(ValueError, match="twice"):
        operation_routes([operation(), operation()])


def test_what_changes_something_is_never_a_get() -> None:
    assert {route.method for route in operation_routes([operation()])} == {"GET", "POST"}
    assert {route.method for route in operation_routes([operation(affects_state=True)])} == {"POST"}


def test_every_operation_is_for_those_who_signed_in_and_names_a_right() -> None:
    for one in OPERATIONS:
        assert one.policy is Policy.RECORD
        assert one.needs or one.name in OF_MANY_TYPES, one.name
        assert {kind for kind, _ in one.needs} <= {*RESOURCE_TYPES, ""}


def test_an_answer_holds_declared_parameters_only() -> None:
    gives = (Parameter("a", "code"), Parameter("b", parts=(Parameter("c", "Element"),)))
    made = told_as((Part("a", "x"), Part("b", parts=(Part("c", 1, "integer"),))), gives)
    assert made["parameter"] == [
        {"name": "a", "valueCode": "x"},
        {"name": "b", "part": [{"name": "c", "valueInteger": 1}]},
    ]
    with pytest.raises(KeyError):
        told_as((Part("d", 1),), gives)


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({"url": GENDER, "count": "many"}, "http.count"),
        ({"url": GENDER, "count": "-1"}, "http.count"),
        ({"url": GENDER, "offset": "1.5"}, "http.offset"),
        ({"url": GENDER, "count": "99999999999999999999"}, "http.count"),
        ({"url": GENDER, "activeOnly": "perhaps"}, "http.activeOnly"),
        ({"url": [GENDER, GENDER]}, "http.url"),
        ({"url": "two words"}, "http.url"),
        ({"url": GENDER, "date": "2020"}, "http.date"),
        ({"url": GENDER, "valueSet": "x"}, "http.valueSet"),
        ({"url": GENDER, "shoeSize": "47"}, "http.shoeSize"),
        ({"url": GENDER, "filter": "a\0b"}, "http.filter"),
        ({}, "http.url"),
    ],
)
async def test_a_wrong_address_is_refused_with_its_place(
    client: httpx.AsyncClient, asked: dict[str, Any], place: str
) -> None:
    answer = await client.get(EXPAND, params=asked)
    assert answer.status_code == 400, answer.text
    assert issues(answer)[0]["location"] == [place]


@pytest.mark.parametrize(
    ("sent", "status", "place"),
    [
        (parameters(url__uri=GENDER, count__string="x"), 400, "Parameters.parameter[1]"),
        (parameters(url__uri=GENDER, count__boolean=True), 400, "Parameters.parameter[1]"),
        (parameters(url__uri=[GENDER, GENDER]), 400, "Parameters.parameter[1].valueUri"),
        (parameters(url__uri=GENDER, nothing__string="x"), 400, "Parameters.parameter[1]"),
        (parameters(valueSet__resource={"resourceType": "Patient"}), 400, "Parameters.parameter[0].resource"),
        (parameters(valueSet__resource={"resourceType": "ValueSet"}), 422, "Parameters.parameter[0].resource.status"),
        ({"resourceType": "Patient"}, 400, "Patient.resourceType"),
        ({"resourceType": "ValueSet", "status": "active", "shoe": 1}, 422, "ValueSet.shoe"),
        (
            {"resourceType": "Parameters", "parameter": [{"name": "url", "valueUri": "a b"}]},
            422,
            "Parameters.parameter[0].valueUri",
        ),
    ],
)
async def test_a_wrong_body_is_refused_with_its_place(
    client: httpx.AsyncClient, sent: dict[str, Any], status: int, place: str
) -> None:
    answer = await client.post(EXPAND, json=sent)
    assert answer.status_code == status, answer.text
    [first, *_] = issues(answer)
    assert (first.get("expression") or first["location"])[0] == place


async def test_every_fault_is_named_at_once(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"{EXPAND}?count=x", json=parameters(nothing__string="x", offset__string="y"))
    assert len(issues(answer)) == 3


async def test_a_post_takes_the_address_too_and_needs_no_body(client: httpx.AsyncClient) -> None:
    mixed = await client.post(f"{EXPAND}?count=1", json=parameters(url__uri=GENDER))
    assert len(mixed.json()["expansion"]["contains"]) == 1
    bare = await client.post(f"{EXPAND}?url={GENDER}")
    assert bare.status_code == 200, bare.text
    unnamed = await client.post(EXPAND, content=b"{}")
    assert unnamed.status_code == 415


async def test_an_operation_is_where_it_is_declared(client: httpx.AsyncClient) -> None:
    elsewhere = await client.get("Patient/$expand")
    assert (elsewhere.status_code, issues(elsewhere)[0]["code"]) == (404, "not-supported")
    assert (await client.get("$expand")).status_code == 404
    assert (await client.get("ValueSet/$explode")).status_code in (404, 400)
    assert (await client.get("CodeSystem/x/$lookup")).status_code == 404
    wrong = await client.put(EXPAND, json={})
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, POST")
    head = await client.head(EXPAND, params={"url": GENDER})
    assert (head.status_code, head.content) == (200, b"")
    assert (await client.get("ValueSet/none/$expand")).status_code == 404


async def test_nobody_calls_an_operation(nobody: httpx.AsyncClient) -> None:
    for one in OPERATIONS:
        for kind in one.types or ("",):
            for pattern in one.patterns:
                path = pattern.replace("{type}", kind).replace("{id}", "x")
                assert (await nobody.get(path)).status_code == 401, path
                assert (await nobody.post(path, json=parameters())).status_code == 401, path


async def test_the_descriptions_tell_of_every_operation(nobody: httpx.AsyncClient) -> None:
    statement = (await nobody.get("metadata")).json()
    assert validate(statement) == ()
    listed = {
        (one["type"], each["name"], each["definition"])
        for one in statement["rest"][0]["resource"]
        for each in one.get("operation", ())
    }
    assert listed == {(kind, one.name, one.url) for one in OPERATIONS for kind in one.types}
    paths = (await nobody.get("openapi.json")).json()["paths"]
    for one in OPERATIONS:
        for kind in one.types or ("",):
            for pattern in one.patterns:
                told = paths[f"/{pattern.replace('{type}', kind)}"]
                assert {method.upper() for method in told} - {"PARAMETERS"} == set(one.methods)
    assert [one["name"] for one in paths["/ValueSet/$expand"]["get"]["parameters"] if "name" in one][:3] == [
        "url",
        "valueSetVersion",
        "filter",
    ]


def test_declarations_are_plain_data() -> None:
    for one in OPERATIONS:
        assert msgspec.structs.asdict(one)["name"] == one.name
        assert re.match(r"urn:saman:operation:|http://hl7\.org/fhir/(uv/[a-z-]+/)?OperationDefinition/", one.url)
