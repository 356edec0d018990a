"""Views over HTTP: forms, parts of the record, rights, limits."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from typing import Any

import httpx
import pytest

from saman.apps.fhir_api.tables.asking import Run
from saman.apps.fhir_api.tables.running import Bounds, Tables
from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.record import Record, Store, system
from saman.record.views import Only, View, read_view
from tests.http.fhir.conftest import clock
from tests.http.fhir.resources import issues, observation, patient
from tests.http.operations.conftest import parameters

RUN = "ViewDefinition/$run"
FHIR = {"content-type": "application/fhir+json"}


def definition(resource: str = "Patient", **columns: str) -> dict[str, Any]:
    listed = [{"name": name, "path": path} for name, path in (columns or {"id": "id", "born": "birthDate"}).items()]
    return {"resourceType": "ViewDefinition", "status": "active", "resource": resource, "select": [{"column": listed}]}


def asked(view: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return parameters(viewResource__resource=view or definition(), **more)


async def rows(client: httpx.AsyncClient, body: dict[str, Any], path: str = RUN) -> list[dict[str, Any]]:
    answer = await client.post(path, content=json.encode(body), headers=FHIR)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.decode(line) for line in answer.content.splitlines()]


async def born(client: httpx.AsyncClient, **more: Any) -> str:
    return (await client.post("Patient", json=patient(**more))).json()["id"]  # type: ignore[no-any-return]


async def test_the_forms(client: httpx.AsyncClient) -> None:
    person = await born(client, birthDate="1950-01-02")
    view = definition(id="id", born="birthDate", family="name.first().family")
    told = asked(view, patient__Reference={"reference": f"Patient/{person}"})
    row = {"id": person, "born": "1950-01-02", "family": "Testesen"}
    for path in (RUN, "ViewDefinition/$viewdefinition-run", "$viewdefinition-run"):
        assert await rows(client, told, path) == [row]
    for wanted, header in (("json", "application/json"), ("application/json", "application/json")):
        answer = await client.post(RUN, json=told, params={"_format": wanted})
        assert (answer.headers["content-type"], answer.json()) == (header, [row])
    by_header = await client.post(RUN, json=told, headers={"accept": "text/csv"})
    assert by_header.text == f"id,born,family\r\n{person},1950-01-02,Testesen\r\n"
    bare = await client.post(RUN, json=told, params={"_format": "csv", "header": "false"})
    assert bare.text == f"{person},1950-01-02,Testesen\r\n"
    parquet = await client.post(RUN, json=told, params={"_format": "parquet"})
    assert parquet.headers["content-type"] == "application/vnd.apache.parquet"
    assert parquet.content[:4] == parquet.content[-4:] == b"PAR1"
    head = await client.head(RUN)
    assert head.status_code == 400


async def test_the_definition_alone_and_kept_elsewhere(client: httpx.AsyncClient) -> None:
    person = await born(client)
    view = definition()
    assert person in {row["id"] for row in await rows(client, view)}
    content = [{"contentType": "application/json", "data": b64encode(json.encode(view)).decode()}]
    kind = {"coding": [{"code": "logic-library"}]}
    library = {"resourceType": "Library", "status": "active", "type": kind, "content": content}
    id = (await client.post("Library", json=library)).json()["id"]
    told = parameters(viewReference__Reference={"reference": f"Library/{id}"})
    assert person in {row["id"] for row in await rows(client, told)}
    absent = parameters(viewReference__Reference={"reference": "Library/nobody"})
    assert (await client.post(RUN, json=absent)).status_code == 404


async def test_parts_of_the_record(client: httpx.AsyncClient) -> None:
    people = [await born(client) for _ in range(3)]
    since = clock()
    for person in people:
        await client.post("Observation", content=observation(person), headers=FHIR)
    view = definition("Observation", who="subject.getReferenceKey(Patient)", value="value.ofType(Quantity).value")
    members = [{"entity": {"reference": f"Patient/{one}"}} for one in people[:2]]
    group = {"resourceType": "Group", "type": "person", "actual": True, "member": members}
    id = (await client.post("Group", json=group)).json()["id"]
    of_group = {"group__Reference": {"reference": f"Group/{id}"}}
    found = await rows(client, asked(view, **of_group))
    assert sorted(row["who"] for row in found) == sorted(f"Patient/{one}" for one in people[:2])
    assert str(found[0]["value"]) == "88.50"
    both = await rows(client, asked(view, patient__Reference={"reference": f"Patient/{people[0]}"}, **of_group))
    assert [row["who"] for row in both] == [f"Patient/{people[0]}"]
    assert await rows(client, asked(view, patient__Reference={"reference": f"Patient/{people[2]}"}, **of_group)) == []
    assert len(await rows(client, asked(view, _since__instant=since.isoformat(), **of_group))) == 2
    assert await rows(client, asked(view, _since__instant=clock().isoformat(), **of_group)) == []
    assert len(await rows(client, asked(view, _limit__positiveInt=1, **of_group))) == 1
    nobody = asked(view, group__Reference={"reference": "Group/nobody"})
    assert (await client.post(RUN, json=nobody)).status_code == 404


async def test_only_rows_that_are_given_are_in_the_log(client: httpx.AsyncClient) -> None:
    people = [await born(client) for _ in range(3)]
    references = [{"reference": f"Patient/{one}"} for one in people]
    [row] = await rows(client, asked(patient__Reference=references, _limit__positiveInt=1))
    assert [one for one in people if await is_told(client, one)] == [row["id"]]


async def is_told(client: httpx.AsyncClient, person: str) -> bool:
    """Whether the log tells somebody of a view."""
    found = (await client.get(f"AuditEvent?patient={person}&_count=50")).json()
    asked = [one.get("query", "") for event in found["entry"] for one in event["resource"].get("entity", ())]
    return any(b64decode(one).startswith(b"view ") for one in asked)


@pytest.mark.parametrize(
    ("body", "query", "status"),
    [
        (parameters(_format__code="csv"), {}, 400),
        ({"resourceType": "Parameters"}, {}, 400),
        ({"resourceType": "Patient"}, {}, 400),
        ([], {}, 422),
        (asked(), {"_format": "xlsx"}, 406),
        (asked(), {"_limit": "0"}, 400),
        (asked(), {"_since": "now"}, 400),
        (asked(), {"source": "s3://bucket"}, 400),
        (asked(), {"shoe": "47"}, 400),
        (asked({"resourceType": "ViewDefinition"}), {}, 422),
        (asked(definition("Shoe")), {}, 422),
        (asked(viewReference__Reference={"reference": "Library/x"}), {}, 400),
        (parameters(viewReference__Reference={"reference": "http://elsewhere/Library/x"}), {}, 400),
        (parameters(viewReference__Reference={"reference": "Patient/x"}), {}, 400),
        (asked(resource__resource={"resourceType": "Patient"}), {}, 400),
        (parameters(viewResource__resource=[definition(), definition()]), {}, 422),
        (asked(definition("Patient", id="id(((")), {}, 422),
    ],
)
async def test_what_cannot_be_run_is_refused(
    client: httpx.AsyncClient, body: Any, query: dict[str, str], status: int
) -> None:
    answer = await client.post(RUN, json=body, params=query)
    assert answer.status_code == status, answer.text
    assert issues(answer)


async def test_nobody_and_those_without_rights(
    client: httpx.AsyncClient, nobody: httpx.AsyncClient, stranger: httpx.AsyncClient, narrow: httpx.AsyncClient
) -> None:
    await born(client)
    assert (await nobody.post(RUN, json=asked())).status_code == 401
    assert await rows(stranger, asked()) == []
    narrow.headers["authorization"] = "Bearer system/Patient.rs"
    assert await rows(narrow, asked())
    for scope in ("system/Patient.r", "system/Observation.rs", "patient/Patient.rs#x", "system/Patient.rs?gender=male"):
        narrow.headers["authorization"] = f"Bearer {scope}"
        assert (await narrow.post(RUN, json=asked())).status_code == 403, scope


async def test_a_formula_is_a_text(client: httpx.AsyncClient) -> None:
    person = await born(client, name=[{"family": "=HYPERLINK(1)", "given": ["-2", "+x", "@y"]}])
    view = definition("Patient", family="name.family", a="name.given[0]", b="name.given[1]", c="name.given[2]")
    told = asked(view, patient__Reference={"reference": f"Patient/{person}"})
    answer = await client.post(RUN, json=told, params={"_format": "csv", "header": "false"})
    assert answer.text == "'=HYPERLINK(1),-2,'+x,'@y\r\n"


async def test_few_run_at_once_and_not_for_ever(client: httpx.AsyncClient, store: Store) -> None:
    await born(client)
    answers = await asyncio.gather(*(client.post(RUN, json=asked()) for _ in range(12)))
    assert {one.status_code for one in answers} == {200, 429}
    assert {one.headers["retry-after"] for one in answers if one.status_code == 429} == {"5"}
    assert (await client.post(RUN, json=asked())).status_code == 200
    assert store.pool.get_idle_size() == store.pool.get_size()


@pytest.mark.parametrize("bounds", [Bounds(most=10), Bounds(seconds=0.0)])
async def test_a_table_has_an_end(client: httpx.AsyncClient, store: Store, bounds: Bounds) -> None:
    await born(client)
    view = read_view(definition())
    assert isinstance(view, View)
    run = Run(view, Only(), "ndjson", header=True, most=0)
    answer = await Tables(bounds)._table(Record(store, system(clock()), "http://test/fhir"), run)
    assert isinstance(answer, Refusal)
    assert (answer.status, answer.issues[0].code) == (403, "too-costly")
    assert store.pool.get_idle_size() == store.pool.get_size()
