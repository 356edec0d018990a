"""Search by address and by form, its links, and what is passed over or refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.http.fhir.conftest import BASE
from tests.http.fhir.resources import LOINC, SPO2, issues, observation, patient

FHIR = {"content-type": "application/fhir+json"}


@pytest.fixture(scope="module")
def family() -> str:
    return "Søkesen"


async def people(client: httpx.AsyncClient, family: str, count: int) -> list[str]:
    made = [await client.post("Patient", json=patient(family)) for _ in range(count)]
    return [one.json()["id"] for one in made]


def links(page: dict[str, Any]) -> dict[str, str]:
    return {link["relation"]: link["url"] for link in page["link"]}


def ids(page: dict[str, Any]) -> list[str]:
    return [one["resource"]["id"] for one in page.get("entry", [])]


async def test_the_self_link_says_what_was_searched(client: httpx.AsyncClient) -> None:
    page = (await client.get("Patient?family=Ingen&shoe-size=47&_count=5&_sort=family&_format=json")).json()
    assert links(page)["self"].startswith(f"{BASE}/Patient?")
    assert parse_qsl(urlsplit(links(page)["self"]).query) == [
        ("family", "Ingen"), ("_sort", "family"), ("_count", "5"), ("_format", "json")]  # fmt: skip
    assert "total" not in page
    again = (await client.get(links(page)["self"])).json()
    assert links(again) == links(page)


async def test_unknown_parameters_are_passed_over_and_named(client: httpx.AsyncClient) -> None:
    page = (await client.get("Patient?family=Ingen&shoe-size=47&_query=x&general-practitioner.shoe=y")).json()
    outcome = page["entry"][-1]
    assert outcome["search"] == {"mode": "outcome"}
    assert [one["severity"] for one in outcome["resource"]["issue"]] == ["warning"] * 3


async def test_parameters_without_a_value_are_passed_over_and_named(client: httpx.AsyncClient) -> None:
    """R4: they are no error. A write under such a condition is refused all the same (test_conditional)."""
    (made,) = await people(client, "Tomsen", 1)
    for empty in ("gender=", "_id=,", "organization.name=", "_summary=", "_elements=", "_count=", "_filter="):
        page = (await client.get(f"Patient?family=Tomsen&{empty}")).json()
        found, beside = page["entry"]
        assert found["resource"]["id"] == made, empty
        (told,) = beside["resource"]["issue"]
        assert (told["severity"], told["diagnostics"].split()[0]) == ("warning", f"'{empty.partition('=')[0]}'")
        assert links(page)["self"] == f"{BASE}/Patient?family=Tomsen"
        strict = await client.get(f"Patient?{empty}", headers={"prefer": "handling=strict"})
        assert strict.status_code == (200 if empty == "_count=" else 400), empty


async def test_unknown_parameters_are_refused_when_asked_strictly(client: httpx.AsyncClient) -> None:
    response = await client.get("Patient?shoe-size=47", headers={"prefer": "handling=strict"})
    assert response.status_code == 400
    assert issues(response)[0]["location"] == ["http.shoe-size"]


async def test_a_posted_search_finds_the_same(client: httpx.AsyncClient) -> None:
    made = await people(client, "Skjemasen", 2)
    posted = await client.post("Patient/_search", data={"family": "Skjemasen"})
    mixed = await client.post("Patient/_search?family=Skjemasen", data={"_id": made[0]})
    assert sorted(ids(posted.json())) == sorted(made)
    assert ids(mixed.json()) == made[:1]
    bare = await client.post(f"Patient/_search?_id={made[0]}")
    assert (bare.status_code, ids(bare.json())) == (200, made[:1])
    assert (await client.post("Patient/_search", content=b"family=Skjemasen")).status_code == 415
    assert (await client.post("Patient/_search", json={})).status_code == 415


async def test_what_was_posted_never_comes_into_an_address(client: httpx.AsyncClient) -> None:
    made = await people(client, "Hemmelighetsen", 5)
    page = (await client.post("Patient/_search", data={"family": "Hemmelighetsen", "_count": "2"})).json()
    seen = ids(page)
    while "next" in links(page):
        assert "emmelig" not in links(page)["next"]
        page = (await client.get(links(page)["next"])).json()
        seen += ids(page)
    assert sorted(seen) == sorted(made)
    assert len(set(seen)) == len(seen)


async def test_a_page_marker_is_worth_nothing_elsewhere(client: httpx.AsyncClient) -> None:
    await people(client, "Markersen", 3)
    page = (await client.get("Patient?family=Markersen&_count=1")).json()
    cursor = dict(parse_qsl(urlsplit(links(page)["next"]).query))["_cursor"]
    assert (await client.get("Patient", params={"family": "Annen", "_cursor": cursor})).status_code == 400
    posted = (await client.post("Patient/_search", data={"family": "Markersen", "_count": "1"})).json()
    sealed = dict(parse_qsl(urlsplit(links(posted)["next"]).query))["_page"]
    assert (await client.get("Basic", params={"_page": sealed})).status_code == 400


async def test_a_page_marker_is_the_whole_question_in_a_form_too(client: httpx.AsyncClient) -> None:
    """Passed over, it would leave a search without any condition."""
    await people(client, "Skjemasiden", 3)
    posted = (await client.post("Patient/_search", data={"family": "Skjemasiden", "_count": "1"})).json()
    sealed = dict(parse_qsl(urlsplit(links(posted)["next"]).query))["_page"]
    second = await client.post("Patient/_search", data={"_page": sealed})
    assert ids(second.json()) == ids((await client.get("Patient", params={"_page": sealed})).json())
    assert ids(second.json()) != ids(posted)
    assert (await client.post("Patient/_search", data={"_page": "x", "_count": "1"})).status_code == 400


@pytest.mark.parametrize(
    "question", ["_summary=count", "_count=0", "_summary=count&_count=5", "_count=0&_total=accurate"]
)
async def test_the_total_alone(client: httpx.AsyncClient, family: str, question: str) -> None:
    await people(client, family, 1)
    page = (await client.get(f"Patient?family={family}&{question}")).json()
    assert page["total"] > 0
    assert "entry" not in page
    assert "next" not in links(page)


async def test_the_newest_of_a_code_of_a_person(client: httpx.AsyncClient) -> None:
    [person] = await people(client, "Målesen", 1)
    for day in range(10, 20):
        sent = observation(person, "91.0", f"2026-11-{day}T08:00:00+01:00")
        assert (await client.post("Observation", content=sent, headers=FHIR)).status_code == 201
    asked = {"patient": person, "code": f"{LOINC}|{SPO2}", "_sort": "-date", "_count": "4"}
    page = (await client.get("Observation", params=asked | {"_include": "Observation:subject"})).json()
    found = [one["resource"] for one in page["entry"] if one["search"]["mode"] == "match"]
    assert [one["effectiveDateTime"][8:10] for one in found] == ["19", "18", "17", "16"]
    included = [one for one in page["entry"] if one["search"]["mode"] == "include"]
    assert [one["resource"]["id"] for one in included] == [person]
    assert included[0]["fullUrl"] == f"{BASE}/Patient/{person}"
