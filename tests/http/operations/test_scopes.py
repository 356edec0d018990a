"""What the scopes of an app leave of operations, and what the log says of those they forbid."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from saman.record import Store
from tests.http.fhir.resources import bundle, entry, issues, observation, patient
from tests.http.operations.conftest import codes, told, with_scope
from tests.http.operations.test_terminology import PROFESSIONS, professions

GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"
GENDERS = "http://hl7.org/fhir/administrative-gender"
FHIR = {"content-type": "application/fhir+json"}


async def test_a_right_on_the_type_is_needed_and_its_want_is_logged(
    narrow: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    for path, enough, too_little in (
        (f"ValueSet/$expand?url={GENDER}", "system/ValueSet.r", "system/CodeSystem.rs"),
        (f"ValueSet/$expand?url={GENDER}", "system/ValueSet.s", "system/ValueSet.cud"),
        (f"CodeSystem/$lookup?system={GENDERS}&code=male", "system/*.rs", "system/ValueSet.rs"),
        ("Observation/$lastn?patient=x&code=1", "system/Observation.s", "system/Observation.r"),
    ):  # fmt: skip
        assert (await narrow.get(path, headers=with_scope(enough))).status_code == 200, path
        refused = await narrow.get(path, headers=with_scope(too_little))
        assert (refused.status_code, issues(refused)[0]["code"]) == (403, "forbidden")
        assert "insufficient_scope" in refused.headers["www-authenticate"]
        request = refused.headers["x-request-id"]
        log = (await client.get("AuditEvent", params={"_count": "50", "_sort": "-date"})).text
        assert request in log
    scope = with_scope("system/Observation.rs")
    chained = await narrow.get("Observation/$lastn?subject:Patient.name=x&code=1", headers=scope)
    assert chained.status_code == 403
    assert chained.headers["x-request-id"] in (await client.get("AuditEvent?_count=50&_sort=-date")).text
    hidden = await narrow.get("Patient/x/$everything", headers=scope)
    assert hidden.status_code == 403


async def test_code_systems_of_the_record_need_a_scope_of_their_own(
    narrow: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    url = f"{PROFESSIONS}:scoped"
    await client.post("CodeSystem", json=professions(url=url))
    tree = {"resourceType": "ValueSet", "status": "active", "compose": {"include": [{"system": url}]}}
    both = await narrow.post(
        "ValueSet/$expand", json=tree, headers=with_scope("system/ValueSet.rs system/CodeSystem.rs")
    )
    assert len(codes(both.json())) == 5
    one = await narrow.post("ValueSet/$expand", json=tree, headers=with_scope("system/ValueSet.rs"))
    assert (one.status_code, "is not loaded here" in one.text) == (404, True)


async def test_everything_is_what_the_scopes_leave(narrow: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    people = [(await client.post("Patient", json=patient())).json()["id"] for _ in range(2)]
    for number in range(6):
        category = [{"coding": [{"code": "vital" if number % 2 else "other"}]}]
        sent = observation(people[0], category=category)
        assert (await client.post("Observation", content=sent, headers=FHIR)).status_code == 201

    async def shown(scope: str, person: str) -> list[str]:
        found, url = [], f"Patient/{person}/$everything?_count=2"
        while url:
            answer = await narrow.get(url, headers=with_scope(scope))
            assert answer.status_code == 200, answer.text
            page = answer.json()
            found += [one["resource"]["resourceType"] for one in page.get("entry", ())]
            url = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
            assert len(page["entry"]) == 2 or not url
        return sorted(found)

    assert await shown("system/*.rs", people[0]) == [*["Observation"] * 6, "Patient"]
    assert await shown("system/Patient.rs", people[0]) == ["Patient"]
    assert await shown("system/Patient.r system/Observation.rs?category=vital", people[0]) == [
        *["Observation"] * 3, "Patient"]  # fmt: skip
    own = f"patient/*.rs#{people[0]}"
    assert await shown(own, people[0]) == [*["Observation"] * 6, "Patient"]
    other = await narrow.get(f"Patient/{people[1]}/$everything", headers=with_scope(own))
    absent = await narrow.get("Patient/absent/$everything", headers=with_scope(own))
    assert (other.status_code, other.content) == (absent.status_code, absent.content) == (404, absent.content)
    asked = {"patient": people[0], "code:not": "none", "max": "9"}
    few = await narrow.get(
        "Observation/$lastn", params=asked, headers=with_scope("system/Observation.rs?category=vital")
    )
    assert len(few.json()["entry"]) == 3


async def test_what_scopes_leave_out_is_not_read_over_row_by_row(
    narrow: httpx.AsyncClient, client: httpx.AsyncClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = (await client.post("Patient", json=patient())).json()["id"]

    def kind(code: str) -> dict[str, Any]:
        return {"category": [{"coding": [{"code": code}]}]}

    other = msgspec.json.decode(observation(person, "1", **kind("other")))
    many = bundle("transaction", *(entry("POST", "Observation", other) for _ in range(150)))
    assert (await client.post("", json=many)).status_code == 200
    one = (await client.post("Observation", json=other | kind("vital"))).json()["id"]
    for code in (*["other"] * 40, "vital"):
        again = await client.put(f"Observation/{one}", json=other | kind(code) | {"id": one})
        assert again.status_code == 200
    asked: list[str] = []
    fetch = store.statements.fetch

    async def counted(sql: str, *values: Any, **more: Any) -> Any:
        asked.append(sql)
        return await fetch(sql, *values, **more)

    monkeypatch.setattr(store.statements, "fetch", counted)
    scope = with_scope("system/Patient.r system/Observation.rs?category=vital")
    for path, count in ((f"Patient/{person}/$everything", 2), (f"Observation/{one}/_history", 2)):
        asked.clear()
        ids: list[str] = []
        url = f"{path}?_count=1"
        while url:
            page = (await narrow.get(url, headers=scope)).json()
            ids += [found["fullUrl"] for found in page["entry"]]
            url = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
        assert len(ids) == count
        assert len(asked) < 12, path


async def test_reads_about_nobody_are_logged(client: httpx.AsyncClient) -> None:
    answer = await client.get("CodeSystem/$lookup", params={"system": f"{PROFESSIONS}:logged", "code": "x"})
    assert answer.status_code == 404
    await client.post("CodeSystem", json=professions(url=f"{PROFESSIONS}:logged"))
    answer = await client.get("CodeSystem/$lookup", params={"system": f"{PROFESSIONS}:logged", "code": "nurse"})
    assert told(answer.json())["display"] == "Nurse"
    log = (await client.get("AuditEvent", params={"_count": "20", "_sort": "-date"})).text
    assert answer.headers["x-request-id"] in log
