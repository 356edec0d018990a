"""Every interaction, with the headers it takes and gives (https://hl7.org/fhir/R4/http.html)."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from tests.http.fhir.conftest import BASE
from tests.http.fhir.resources import bundle, entry, issues, observation, patient

FHIR = {"content-type": "application/fhir+json"}


async def made(client: httpx.AsyncClient, resource: dict[str, Any] | None = None) -> dict[str, Any]:
    response = await client.post("Patient", json=resource or patient())
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_create_says_where_which_version_and_when(client: httpx.AsyncClient) -> None:
    response = await client.post("Patient", json=patient())
    body = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"{BASE}/Patient/{body['id']}/_history/1"
    assert response.headers["etag"] == 'W/"1"'
    assert parsedate_to_datetime(response.headers["last-modified"]).isoformat()[:19] == body["meta"]["lastUpdated"][:19]
    assert response.headers["content-type"] == "application/fhir+json; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert body["meta"]["versionId"] == "1"


async def test_numbers_keep_their_digits(client: httpx.AsyncClient) -> None:
    person = await made(client)
    response = await client.post("Observation", content=observation(person["id"], "88.50"), headers=FHIR)
    assert response.status_code == 201
    read = await client.get(f"Observation/{response.json()['id']}")
    page = await client.get("Observation", params={"patient": person["id"]})
    assert all('"value":88.50,' in one.text for one in (response, read, page))


async def test_a_client_chosen_id_in_a_create_is_passed_over(client: httpx.AsyncClient) -> None:
    body = (await client.post("Patient", json=patient(id="mine", meta={"versionId": "7"}))).json()
    assert body["id"] != "mine"
    assert body["meta"]["versionId"] == "1"


async def test_read_and_head_agree(client: httpx.AsyncClient) -> None:
    person = await made(client)
    read = await client.get(f"Patient/{person['id']}", headers={"x-request-id": "request-one"})
    head = await client.head(f"Patient/{person['id']}", headers={"x-request-id": "request-one"})
    assert read.json() == person
    assert head.status_code == 200
    assert head.content == b""
    assert dict(head.headers) == dict(read.headers)
    assert head.headers["content-length"] == str(len(read.content))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if-none-match": 'W/"1"'}, 304),
        ({"if-none-match": '"1"'}, 304),
        ({"if-none-match": 'W/"7", W/"1"'}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": 'W/"2"'}, 200),
        ({"if-none-match": 'W/"2"', "if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 200),
        ({"if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304),
        ({"if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200),
        ({"if-modified-since": "the day before yesterday"}, 200),
    ],
)
async def test_what_is_known_is_not_sent_again(client: httpx.AsyncClient, headers: dict[str, str], status: int) -> None:
    person = await made(client)
    response = await client.get(f"Patient/{person['id']}", headers=headers)
    assert response.status_code == status
    assert response.headers["etag"] == 'W/"1"'
    assert (response.content == b"") == (status == 304)


async def test_last_modified_can_be_sent_back(client: httpx.AsyncClient) -> None:
    url = f"Patient/{(await made(client))['id']}"
    since = (await client.get(url)).headers["last-modified"]
    assert (await client.get(url, headers={"if-modified-since": since})).status_code == 304


async def test_update_makes_a_version_and_keeps_the_old(client: httpx.AsyncClient) -> None:
    person = await made(client)
    url = f"Patient/{person['id']}"
    updated = await client.put(url, json=person | {"gender": "female"}, headers={"if-match": 'W/"1"'})
    assert (updated.status_code, updated.headers["etag"]) == (200, 'W/"2"')
    assert updated.json()["gender"] == "female"
    assert (await client.get(f"{url}/_history/1")).json() == person
    assert (await client.get(f"{url}/_history/2")).json() == updated.json()
    assert (await client.get(f"{url}/_history/3")).status_code == 404
    assert (await client.get(f"{url}/_history/one")).status_code == 404


async def test_update_of_an_old_version_is_refused(client: httpx.AsyncClient) -> None:
    person = await made(client)
    url = f"Patient/{person['id']}"
    await client.put(url, json=person | {"gender": "female"})
    late = await client.put(url, json=person | {"gender": "male"}, headers={"if-match": 'W/"1"'})
    assert late.status_code == 412
    assert issues(late)[0]["code"] == "conflict"
    assert (await client.get(url)).json()["gender"] == "female"


@pytest.mark.parametrize("tag", ["three", 'W/"x"', "1 2", ""])
async def test_an_if_match_that_is_no_version_is_refused(client: httpx.AsyncClient, tag: str) -> None:
    person = await made(client)
    response = await client.put(f"Patient/{person['id']}", json=person, headers={"if-match": tag})
    assert response.status_code == 400
    response = await client.delete(f"Patient/{person['id']}", headers={"if-match": tag})
    assert response.status_code == 400


async def test_update_checks_address_against_resource(client: httpx.AsyncClient) -> None:
    person = await made(client)
    url = f"Patient/{person['id']}"
    for wrong in (person | {"id": "other"}, {k: v for k, v in person.items() if k != "id"}):
        assert (await client.put(url, json=wrong)).status_code == 400
    assert (await client.put(url, json={"resourceType": "Basic", "id": person["id"]})).status_code == 400
    assert (await client.post("Basic", json=person)).status_code == 400
    assert (await client.put(url, json=person, headers={"if-none-match": 'W/"1"'})).status_code == 400


async def test_the_back_end_client_may_choose_an_id(client: httpx.AsyncClient) -> None:
    response = await client.put("Organization/kommune-4203", json={
        "resourceType": "Organization", "id": "kommune-4203", "name": "Arendal"})  # fmt: skip
    assert response.status_code == 201
    assert response.headers["location"] == f"{BASE}/Organization/kommune-4203/_history/1"
    assert (await client.get("Organization/kommune-4203")).json()["name"] == "Arendal"


async def test_delete_leaves_history(client: httpx.AsyncClient) -> None:
    person = await made(client)
    url = f"Patient/{person['id']}"
    gone = await client.delete(url)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await client.get(url)).status_code == 410
    assert (await client.get(f"{url}/_history/1")).json() == person
    assert (await client.get(f"{url}/_history/2")).status_code == 410
    assert (await client.delete(url)).status_code == 204
    assert (await client.delete("Patient/never")).status_code == 204
    assert (await client.get("Patient", params={"_id": person["id"]})).json().get("entry") is None


async def test_delete_of_an_old_version_is_refused(client: httpx.AsyncClient) -> None:
    person = await made(client)
    url = f"Patient/{person['id']}"
    await client.put(url, json=person)
    assert (await client.delete(url, headers={"if-match": 'W/"1"'})).status_code == 412
    assert (await client.delete(url, headers={"if-match": 'W/"2"'})).status_code == 204


async def test_prefer_decides_what_comes_back(client: httpx.AsyncClient) -> None:
    minimal = await client.post("Patient", json=patient(), headers={"prefer": "return=minimal"})
    assert (minimal.status_code, minimal.content) == (201, b"")
    assert minimal.headers["location"].startswith(f"{BASE}/Patient/")
    assert minimal.headers["preference-applied"] == "return=minimal"
    outcome = await client.post("Patient", json=patient(), headers={"prefer": "return=OperationOutcome; x=1"})
    assert issues(outcome)[0]["severity"] == "information"
    whole = await client.post("Patient", json=patient(), headers={"prefer": "handling=lenient, return=representation"})
    assert whole.json()["resourceType"] == "Patient"
    deleted = await client.delete(f"Patient/{whole.json()['id']}", headers={"prefer": "return=OperationOutcome"})
    assert (deleted.status_code, issues(deleted)[0]["severity"]) == (200, "information")


async def test_a_device_that_sends_twice_makes_one_observation(client: httpx.AsyncClient) -> None:
    person = await made(client)
    sent = observation(person["id"], identifier=[{"system": "urn:device", "value": "reading-17"}])
    headers = FHIR | {"if-none-exist": "identifier=urn:device|reading-17"}
    first = await client.post("Observation", content=sent, headers=headers)
    second = await client.post("Observation", content=sent, headers=headers)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json()
    assert second.headers["etag"] == 'W/"1"'
    assert second.headers["location"] == first.headers["location"]
    found = await client.get("Observation", params={"identifier": "urn:device|reading-17", "_summary": "count"})
    assert found.json()["total"] == 1


async def test_conditional_create_refuses_what_it_cannot_decide(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        await made(client, patient("Dobbel", identifier=[{"system": "urn:x", "value": "two"}]))
    several = await client.post("Patient", json=patient(), headers={"if-none-exist": "identifier=urn:x|two"})
    assert (several.status_code, issues(several)[0]["code"]) == (412, "multiple-matches")
    for condition in ("", "shoe-size=47", "_count=1"):
        response = await client.post("Patient", json=patient(), headers={"if-none-exist": condition})
        assert response.status_code in (400, 412), condition


async def test_a_condition_in_the_address_of_a_create_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post("Patient?identifier=urn:x|misplaced", json=patient())
    assert response.status_code == 400
    assert issues(response)[0]["location"] == ["http.If-None-Exist"]
    assert (await client.post("Patient?_format=json", json=patient())).status_code == 201


async def test_history_of_one_resource_pages_back_to_the_first_version(client: httpx.AsyncClient) -> None:
    person = await made(client)
    url = f"Patient/{person['id']}"
    for gender in ("female", "male", "other"):
        await client.put(url, json=person | {"gender": gender})
    await client.delete(url)
    seen: list[tuple[str, str]] = []
    following: str | None = f"{url}/_history?_count=2"
    while following:
        page = (await client.get(following)).json()
        assert (page["type"], page["link"][0]["relation"]) == ("history", "self")
        seen += [(one["request"]["method"], one["response"]["etag"]) for one in page["entry"]]
        following = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)
    methods = ["DELETE", "PUT", "PUT", "PUT", "POST"]
    assert seen == [(method, f'W/"{version}"') for method, version in zip(methods, range(5, 0, -1), strict=True)]


async def test_history_of_a_type(client: httpx.AsyncClient) -> None:
    flag = {"resourceType": "Group", "type": "device", "actual": True}
    ids = [(await client.post("Group", json=flag)).json()["id"] for _ in range(3)]
    page = (await client.get("Group/_history")).json()
    assert [one["resource"]["id"] for one in page["entry"]] == ids[::-1]


async def test_history_takes_no_filter_that_it_would_pass_over(client: httpx.AsyncClient) -> None:
    assert (await client.get("Patient/_history", params={"_since": "yesterday"})).status_code == 400
    assert (await client.get("Patient/_history", params={"_at": "2026-13-01"})).status_code == 400
    assert (await client.get("Patient/_history", params={"_count": "many"})).status_code == 400
    assert (await client.get("Patient/_history", params={"_count": "0"})).status_code == 400
    assert (await client.get("Patient/_history", params={"_cursor": "made-up"})).status_code == 400
    for name, value, status in (("_list", "42", 400), ("_sort", "_lastUpdated", 400), ("_sort", "-_lastUpdated", 200)):
        assert (await client.get("Patient/_history", params={name: value})).status_code == status
    assert (await client.get("Patient/_history", params={"x": "1"})).status_code == 200
    strict = await client.get("Patient/_history", params={"x": "1"}, headers={"prefer": "handling=strict"})
    assert strict.status_code == 400
    assert (await client.get("Patient/never/_history")).status_code == 404


async def test_a_transaction_links_its_entries(client: httpx.AsyncClient) -> None:
    one, two = "urn:uuid:00000000-0000-4000-8000-000000000001", "urn:uuid:00000000-0000-4000-8000-000000000002"
    encounter = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"code": "HH"},
        "subject": {"reference": one},
    }
    sent = bundle(
        "transaction",
        entry("POST", "Encounter", encounter, fullUrl=two),
        entry("POST", "Patient", patient(), fullUrl=one),
    )
    response = await client.post("", json=sent)
    assert response.status_code == 200
    answers = response.json()
    assert answers["type"] == "transaction-response"
    places = [one["response"]["location"].removeprefix(f"{BASE}/").split("/_history")[0] for one in answers["entry"]]
    stored = (await client.get(places[0])).json()
    assert stored["subject"]["reference"] == places[1]


async def test_a_transaction_links_addresses_and_narratives_and_no_canonical(client: httpx.AsyncClient) -> None:
    one, two = "urn:uuid:00000000-0000-4000-8000-000000000003", "urn:uuid:00000000-0000-4000-8000-000000000004"
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{one}">who</a></div>'
    answers = {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "questionnaire": two,
        "text": {"status": "generated", "div": div},
        "extension": [{"url": "https://example.org/of", "valueUri": one}],
    }
    questions = {"resourceType": "Questionnaire", "status": "active", "url": two}
    sent = bundle(
        "transaction",
        entry("POST", "QuestionnaireResponse", answers),
        entry("POST", "Patient", patient(), fullUrl=one),
        entry("POST", "Questionnaire", questions, fullUrl=two),
    )
    told = (await client.post("", json=sent)).json()["entry"]
    mine, person, _ = [one["response"]["location"].removeprefix(f"{BASE}/").split("/_history")[0] for one in told]
    stored = (await client.get(mine)).json()
    assert f'<a href="{person}">' in stored["text"]["div"]
    assert stored["extension"][0]["valueUri"] == person
    assert stored["questionnaire"] == two


async def test_a_transaction_with_one_fault_names_it_and_imports_nothing(client: httpx.AsyncClient) -> None:
    marked = {"identifier": [{"system": "urn:fault", "value": "all-or-nothing"}]}
    entries = [entry("POST", "Patient", patient(**marked)) for _ in range(4)]
    entries[2]["resource"]["birthDate"] = "yesterday"
    response = await client.post("", json=bundle("transaction", *entries))
    assert response.status_code == 422
    assert issues(response)[0]["expression"] == ["Bundle.entry[2].resource.birthDate"]
    found = await client.get("Patient", params={"identifier": "urn:fault|all-or-nothing", "_total": "accurate"})
    assert found.json()["total"] == 0


async def test_a_transaction_rolls_back_what_it_had_begun(client: httpx.AsyncClient) -> None:
    person = await made(client)
    marked = patient(identifier=[{"system": "urn:fault", "value": "rolled-back"}])
    stale = entry("PUT", f"Patient/{person['id']}", person, request={"ifMatch": 'W/"9"'})
    response = await client.post("", json=bundle("transaction", entry("POST", "Patient", marked), stale))
    assert response.status_code == 412
    found = await client.get("Patient", params={"identifier": "urn:fault|rolled-back", "_total": "accurate"})
    assert found.json()["total"] == 0


@pytest.mark.parametrize("kind", ["batch", "transaction"])
async def test_the_answer_to_a_bundle_holds_what_is_preferred(client: httpx.AsyncClient, kind: str) -> None:
    person = await made(client)
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
        {"name": "type", "valueCode": "replace"}, {"name": "path", "valueString": "Patient.birthDate"},
        {"name": "value", "valueDate": "1950"}]}]}  # fmt: skip
    for wanted in ("minimal", "representation", "OperationOutcome"):
        gone = await made(client)
        sent = bundle(
            kind,
            entry("POST", "Patient", patient("Ny")),
            entry("PATCH", f"Patient/{person['id']}", patch),
            entry("DELETE", f"Patient/{gone['id']}"),
        )
        answer = await client.post("", json=sent, headers={"prefer": f"return={wanted}"})
        assert answer.headers["preference-applied"] == f"return={wanted}"
        told = answer.json()["entry"]
        statuses = [one["response"]["status"][:3] for one in told]
        assert statuses == ["201", "200", "200" if wanted == "OperationOutcome" else "204"]
        assert ["resource" in one for one in told] == [wanted == "representation"] * 2 + [False]
        assert ["outcome" in one["response"] for one in told] == [wanted == "OperationOutcome"] * 3
        if wanted == "representation":
            assert told[0]["resource"]["name"] == [{"family": "Ny"}]
            assert (told[1]["resource"]["id"], told[1]["resource"]["birthDate"]) == (person["id"], "1950")


async def test_in_a_batch_every_entry_stands_for_itself(client: httpx.AsyncClient) -> None:
    person = await made(client)
    sent = bundle(
        "batch",
        entry("GET", f"Patient/{person['id']}"),
        entry("GET", "Patient/never"),
        entry("POST", "Patient", patient(birthDate="yesterday")),
        entry("POST", "Patient", patient()),
    )
    answers = (await client.post("", json=sent)).json()["entry"]
    assert [one["response"]["status"][:3] for one in answers] == ["200", "404", "422", "201"]
    assert answers[0]["resource"] == person


async def test_the_base_is_met_with_and_without_a_slash(client: httpx.AsyncClient) -> None:
    for url in (BASE, f"{BASE}/"):
        assert (await client.post(url, json=bundle("batch", entry("GET", "Patient/never")))).status_code == 200
    assert (await client.get(f"{BASE}s")).text == "a page"


async def test_only_a_batch_or_transaction_is_taken_at_the_base(client: httpx.AsyncClient) -> None:
    assert (await client.post("", json=bundle("message"))).status_code == 422
    assert (await client.post("", json=patient())).status_code == 400
    assert (await client.put("", json=patient())).status_code == 405


@pytest.mark.parametrize("kind", ["batch", "transaction"])
async def test_an_entry_is_not_sent_again_to_who_has_it(client: httpx.AsyncClient, kind: str) -> None:
    made = (await client.post("Patient", json=patient())).json()
    url, updated = f"Patient/{made['id']}", made["meta"]["lastUpdated"]
    asked: list[tuple[dict[str, str], str]] = [
        ({}, "200"),
        ({"ifNoneMatch": 'W/"1"'}, "304"),
        ({"ifNoneMatch": 'W/"7", "1"'}, "304"),
        ({"ifNoneMatch": "*"}, "304"),
        ({"ifNoneMatch": 'W/"2"'}, "200"),
        ({"ifModifiedSince": updated}, "304"),
        ({"ifModifiedSince": "2100-01-01T00:00:00Z"}, "304"),
        ({"ifModifiedSince": "2001-01-01T00:00:00+02:00"}, "200"),
        ({"ifNoneMatch": 'W/"2"', "ifModifiedSince": updated}, "200"),
    ]
    entries: list[dict[str, Any]] = [{"request": {"method": "GET", "url": url, **more}} for more, _ in asked]
    entries.append({"request": {"method": "GET", "url": f"{url}/_history/1", "ifNoneMatch": 'W/"1"'}})
    entries.append({"request": {"method": "HEAD", "url": url, "ifNoneMatch": 'W/"1"'}})
    entries.append({"request": {"method": "GET", "url": "Patient?_id=none", "ifNoneMatch": "*"}})
    entries.append({"request": {"method": "GET", "url": "Patient/none", "ifNoneMatch": "*"}})
    answer = await client.post("", json={"resourceType": "Bundle", "type": kind, "entry": entries})
    told = answer.json()["entry"]
    assert [one["response"]["status"][:3] for one in told] == [*(to for _, to in asked), "304", "304", "200", "404"]
    for one in told:
        assert ("resource" in one) == (one["response"]["status"][:3] == "200")
    assert told[1]["response"] == {"status": "304 Not Modified", "etag": 'W/"1"', "lastModified": updated}
