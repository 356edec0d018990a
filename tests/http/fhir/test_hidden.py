"""What may not be seen looks exactly like what is not there: same status, same headers, same bytes."""

from __future__ import annotations

import httpx
import pytest

from tests.http.fhir.resources import bundle, entry, observation, patient

FHIR = {"content-type": "application/fhir+json"}
ABSENT = "a" * 26


@pytest.fixture(scope="module")
def same() -> dict[str, str]:
    return {"x-request-id": "the-same-request"}


async def hidden(client: httpx.AsyncClient) -> tuple[str, str]:
    """The ids of a person and of an observation about them, each with a second version."""
    person = (await client.post("Patient", json=patient("Skjult"))).json()
    await client.put(f"Patient/{person['id']}", json=person)
    sent = observation(person["id"])
    found = (await client.post("Observation", content=sent, headers=FHIR)).json()
    return person["id"], found["id"]


def seen(response: httpx.Response, id: str) -> tuple[int, dict[str, str], bytes]:
    """All that the caller learns, apart from the id that they themselves sent."""
    headers = {name: value.replace(id, "ID") for name, value in response.headers.items()}
    return response.status_code, headers, response.content.replace(id.encode(), b"ID")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "Patient/{}"),
        ("HEAD", "Patient/{}"),
        ("GET", "Patient/{}/_history"),
        ("GET", "Patient/{}/_history/1"),
        ("GET", "Patient/{}/_history/2"),
        ("GET", "Patient?_id={}"),
        ("GET", "Patient?_id={}&_total=accurate"),
        ("GET", "Patient?_id={}&_summary=count"),
        ("GET", "Observation?patient={}&_total=accurate"),
        ("GET", "Observation?patient={}&_include=Observation:subject"),
        ("GET", "Observation?subject=Patient/{}&_sort=-date&_count=1"),
        ("DELETE", "Patient/{}"),
    ],
)
async def test_people(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, same: dict[str, str], method: str, path: str
) -> None:
    person, _ = await hidden(client)
    there = await stranger.request(method, path.format(person), headers=same)
    absent = await stranger.request(method, path.format(ABSENT), headers=same)
    assert seen(there, person) == seen(absent, ABSENT)
    assert (await client.get(f"Patient/{person}")).status_code == 200


async def test_known_versions(client: httpx.AsyncClient, stranger: httpx.AsyncClient, same: dict[str, str]) -> None:
    person, _ = await hidden(client)
    for extra in ({"if-none-match": 'W/"2"'}, {"if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}):
        there = await stranger.get(f"Patient/{person}", headers=same | extra)
        absent = await stranger.get(f"Patient/{ABSENT}", headers=same | extra)
        assert seen(there, person) == seen(absent, ABSENT)


@pytest.mark.parametrize("match", [None, 'W/"1"', 'W/"2"'])
async def test_writes(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, same: dict[str, str], match: str | None
) -> None:
    """A nurse may work on tasks that her unit holds, so that only the fence stands before one about a stranger."""
    person, _ = await hidden(client)
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "owner": {"reference": "Organization/none"},
    }
    about = task | {"for": {"reference": f"Patient/{person}"}}
    id = (await client.post("Task", json=about)).json()["id"]
    headers = same | ({"if-match": match} if match else {})
    for body in (task, about):
        there = await stranger.put(f"Task/{id}", json=body | {"id": id}, headers=headers)
        absent = await stranger.put(f"Task/{ABSENT}", json=body | {"id": ABSENT}, headers=headers)
        assert seen(there, id) == seen(absent, ABSENT)
    there = await stranger.delete(f"Task/{id}", headers=headers)
    absent = await stranger.delete(f"Task/{ABSENT}", headers=headers)
    assert seen(there, id) == seen(absent, ABSENT)
    assert (await client.get(f"Task/{id}")).json()["meta"]["versionId"] == "1"


async def test_deleted(client: httpx.AsyncClient, stranger: httpx.AsyncClient, same: dict[str, str]) -> None:
    person, _ = await hidden(client)
    await client.delete(f"Patient/{person}")
    for path in ("Patient/{}", "Patient/{}/_history", "Patient/{}/_history/1"):
        there = await stranger.get(path.format(person), headers=same)
        absent = await stranger.get(path.format(ABSENT), headers=same)
        assert seen(there, person) == seen(absent, ABSENT)


async def test_in_bundles(client: httpx.AsyncClient, stranger: httpx.AsyncClient, same: dict[str, str]) -> None:
    person, reading = await hidden(client)

    def sent(person: str, reading: str) -> dict[str, object]:
        return bundle(
            "batch",
            entry("GET", f"Patient/{person}"),
            entry("GET", f"Observation/{reading}"),
            entry("GET", f"Observation?patient={person}"),
            entry("DELETE", f"Patient/{person}"),
        )

    there = await stranger.post("", json=sent(person, reading), headers=same)
    absent = await stranger.post("", json=sent(ABSENT, ABSENT), headers=same)
    assert there.status_code == 200
    assert seen(there, person)[2].replace(reading.encode(), b"ID") == seen(absent, ABSENT)[2]


async def test_in_lists_of_a_type(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    await hidden(client)
    for path in ("Patient?_total=accurate", "Patient/_history", "Observation/_history", "Observation?_summary=count"):
        page = (await stranger.get(path)).json()
        assert "entry" not in page
        assert page.get("total", 0) == 0
        assert [link["relation"] for link in page["link"]] == ["self"]


async def test_conditional_create_gives_nothing_away(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, same: dict[str, str]
) -> None:
    person, _ = await hidden(client)
    sent = {"resourceType": "Communication", "status": "completed"}
    told = sent | {
        "identifier": [{"system": "urn:told", "value": "hidden"}],
        "subject": {"reference": f"Patient/{person}"},
    }
    assert (await client.post("Communication", json=told)).status_code == 201
    answers = []
    for number in ("hidden", "absent"):
        body = told | {"identifier": [{"system": "urn:told", "value": number}]}
        headers = same | {"if-none-exist": f"identifier=urn:told|{number}"}
        answers.append(await stranger.post("Communication", json=body, headers=headers))
    assert answers[0].status_code == 403
    assert seen(answers[0], person) == seen(answers[1], person)
