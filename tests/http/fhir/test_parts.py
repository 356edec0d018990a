"""Parts of resources: `_summary` and `_elements` on everything that shows resources."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from saman.kernel import json
from saman.model.fhir import validate
from saman.model.fhir.summary import SUBSETTED
from tests.http.fhir.resources import bundle, entry, issues, observation, patient

FHIR = {"content-type": "application/fhir+json"}
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">Told</div>'
WHOLE = {
    "resourceType",
    "id",
    "meta",
    "text",
    "status",
    "code",
    "subject",
    "effectiveDateTime",
    "valueQuantity",
    "note",
}
PARTS = {
    "_summary=true": WHOLE - {"text", "note"},
    "_summary=data": WHOLE - {"text"},
    "_summary=text": {"resourceType", "id", "meta", "text", "status", "code"},
    "_elements=note,valueQuantity": {"resourceType", "id", "meta", "status", "code", "note"},
    "_elements=valueQuantity.unit": {"resourceType", "id", "meta", "status", "code", "valueQuantity"},
    "_elements=value": {"resourceType", "id", "meta", "status", "code", "valueQuantity"},
    "_elements=Observation.note": {"resourceType", "id", "meta", "status", "code", "note"},
}


async def reading(client: httpx.AsyncClient) -> dict[str, Any]:
    person = (await client.post("Patient", json=patient())).json()["id"]
    sent = observation(person, text={"status": "generated", "div": DIV}, note=[{"text": "n"}])
    found: dict[str, Any] = (await client.post("Observation", content=sent, headers=FHIR)).json()
    return found


def resources(answer: httpx.Response) -> list[dict[str, Any]]:
    body: Any = json.decode(answer.content)
    return [one["resource"] for one in body["entry"]] if body["resourceType"] == "Bundle" else [body]


@pytest.mark.parametrize("part", PARTS)
async def test_every_way_to_read(client: httpx.AsyncClient, part: str) -> None:
    id = (await reading(client))["id"]
    for url in (
        f"Observation/{id}?", f"Observation/{id}/_history/1?", f"Observation?_id={id}&", f"Observation/{id}/_history?",
    ):  # fmt: skip
        answer = await client.get(f"{url}{part}")
        assert answer.status_code == 200, answer.text
        [told] = resources(answer)
        wanted = PARTS[part]
        assert set(told) - {"valueQuantity"} == wanted - {"valueQuantity"}, url
        assert told["meta"]["tag"] == [dict(SUBSETTED)]
        assert told["meta"]["versionId"] == "1"
        assert validate(told) == ()
        assert ('"value":88.50' in answer.text) == ("valueQuantity" in told)
    posted = await client.post("Observation/_search", data=dict([part.split("=")]) | {"_id": id})
    assert set(resources(posted)[0]) == set(told)
    batch = await client.post("", json=bundle("batch", entry("GET", f"Observation/{id}?{part}")))
    assert set(batch.json()["entry"][0]["resource"]) == set(told)


async def test_a_whole_one_is_whole(client: httpx.AsyncClient) -> None:
    found = await reading(client)
    assert (await client.get(f"Observation/{found['id']}?_summary=false")).json() == found
    assert (await client.get(f"Observation/{found['id']}")).json() == found


async def test_next_links_keep_the_part(client: httpx.AsyncClient) -> None:
    for _ in range(3):
        await reading(client)
    for first in ("Observation?_count=1&_elements=note", "Observation/_history?_count=1&_summary=true"):
        page = (await client.get(first)).json()
        following = next(link["url"] for link in page["link"] if link["relation"] == "next")
        [told] = resources(await client.get(following))
        assert told["meta"]["tag"] == [dict(SUBSETTED)]


async def test_what_is_included(client: httpx.AsyncClient) -> None:
    id = (await reading(client))["id"]
    for part, tagged in (("_elements=code", 1), ("_summary=true", 2)):
        answer = await client.get(f"Observation?_id={id}&_include=Observation:subject&{part}")
        assert sum("tag" in one["meta"] for one in resources(answer)) == tagged


async def test_a_part_is_not_taken_back(client: httpx.AsyncClient) -> None:
    id = (await reading(client))["id"]
    part = (await client.get(f"Observation/{id}?_elements=note")).json()
    refused = await client.put(f"Observation/{id}", json=part)
    assert (refused.status_code, issues(refused)[0]["expression"]) == (422, ["Observation.meta.tag"])
    where = await client.put(f"Observation?_id={id}", json=part)
    assert where.status_code == 422
    for kind, status in (("transaction", 422), ("batch", 200)):
        answer = await client.post("", json=bundle(kind, entry("PUT", f"Observation/{id}", part)))
        assert answer.status_code == status
        assert "SUBSETTED" in answer.text
    assert (await client.get(f"Observation/{id}")).json()["meta"]["versionId"] == "1"


@pytest.mark.parametrize(
    "asked", ["_summary=some", "_elements=a,,b", "_elements=a%20b", "_summary=true&_elements=code"]
)
async def test_what_cannot_be_understood(client: httpx.AsyncClient, asked: str) -> None:
    id = (await reading(client))["id"]
    for url in (f"Observation/{id}", f"Observation/{id}/_history/1", "Observation", f"Observation/{id}/_history"):
        answer = await client.get(f"{url}?{asked}")
        assert answer.status_code == 400, url
        assert issues(answer)[0]["location"][0].startswith("http._")
    assert (await client.get(f"Observation/{id}?_summary=count")).status_code == 400


async def test_counts_and_next_links_in_a_batch(client: httpx.AsyncClient) -> None:
    for _ in range(3):
        await reading(client)
    sent = bundle(
        "batch",
        entry("GET", "Observation?_summary=count"),
        entry("GET", "Observation?_count=1"),
        entry("GET", "Observation/_history?_count=1"),
        entry("HEAD", "Observation?_count=1"),
        entry("GET", "Observation?_summary=wrong"),
        entry("GET", "Patient/none"),
        entry("GET", "Patient/none/_history/1"),
    )
    counted, page, past, head, *wrong = (await client.post("", json=sent)).json()["entry"]
    assert counted["resource"]["total"] >= 3
    assert "entry" not in counted["resource"]
    for one in (page, past):
        following = next(link["url"] for link in one["resource"]["link"] if link["relation"] == "next")
        assert len(resources(await client.get(following))) == 1
    assert head == {"response": {"status": "200 OK"}}
    assert [one["response"]["status"] for one in wrong] == ["400", "404", "404"]
