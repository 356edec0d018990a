"""What is wrong is named, with its place and the mend, and never answered with the data itself."""

from __future__ import annotations

import random
from string import ascii_letters

import httpx
import pytest

from saman.kernel import json
from saman.model.fhir import validate
from tests.http.fhir.resources import bundle, entry, issues, patient

FHIR = {"content-type": "application/fhir+json"}


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        (b"", 400, "structure", "well-formed"),
        (b"{", 400, "structure", "well-formed"),
        (b'{"resourceType":"Patient",}', 400, "structure", "well-formed"),
        (b"\xff\xfe{}", 400, "structure", ""),
        (b'{"resourceType":"Patient","gender":"\xc3"}', 400, "structure", ""),
        (b"[" * 100_000, 400, "structure", "nested too deeply"),
        (b'{"resourceType":"Patient","multipleBirthInteger":1e9999999}', 400, "value", "18 digits"),
        (b"null", 422, "structure", "resource"),
        (b"[]", 422, "structure", "resource"),
        (b'"Patient"', 422, "structure", "resource"),
        (b"{}", 422, "structure", "resource type"),
        (b'{"resourceType":"Patinet"}', 400, "invalid", "Patient"),
        (b'{"resourceType":7}', 422, "structure", "resource type"),
        (b'{"resourceType":"Patient","name":"Kari"}', 422, "structure", "list"),
        (b'{"resourceType":"Patient","gender":"x"}', 422, "code-invalid", ""),
        (b'{"resourceType":"Patient","birthdate":"1948-03-14"}', 422, "structure", "birthDate"),
        (b'{"resourceType":"Patient","birthDate":"1948-02-30"}', 422, "value", "date"),
        (b'{"resourceType":"Patient","name":[]}', 422, "structure", "empty"),
        (b'{"resourceType":"Patient","name":[{"family":""}]}', 422, "value", ""),
        (b'{"resourceType":"Patient","name":[{"family":"a\\u0000b"}]}', 400, "value", "NUL"),
        (b'{"resourceType":"Patient","active":"true"}', 422, "structure", "true or false"),
    ],
)
async def test_a_malformed_body_is_refused_with_its_place(
    client: httpx.AsyncClient, body: bytes, status: int, code: str, words: str
) -> None:
    response = await client.post("Patient", content=body, headers=FHIR)
    assert response.status_code == status, response.text
    found = issues(response)[0]
    assert found["code"] == code
    assert words in found["diagnostics"]


async def test_the_issue_names_the_element(client: httpx.AsyncClient) -> None:
    wrong = patient(contact=[{"name": {"family": "A"}}, {"name": {"family": ["B"]}}])
    found = issues(await client.post("Patient", json=wrong))
    assert [one["expression"] for one in found] == [["Patient.contact[1].name.family"]]


async def test_nothing_of_the_person_is_repeated(client: httpx.AsyncClient) -> None:
    secret = "Hemmelig-13057712345"
    wrong = patient(secret, birthDate=secret, gender=secret, deceasedBoolean=secret)
    for response in (
        await client.post("Patient", json=wrong),
        await client.post("", json=bundle("transaction", entry("POST", "Patient", wrong))),
        await client.get("Patient", params={"birthdate": secret}),
        await client.get("Patient", params={"_sort": secret}),
        await client.get(f"Patient/{secret}"),
        await client.get(f"{secret}/1"),
        await client.post("Patient", json=patient(), headers={"if-none-exist": f"birthdate={secret}"}),
    ):
        assert response.status_code >= 400
        assert secret not in response.text


async def test_a_body_beyond_the_limit_is_refused_before_and_while_it_is_read(client: httpx.AsyncClient) -> None:
    large = json.encode(patient("x" * 250_000))

    async def in_parts():
        for start in range(0, len(large), 50_000):
            yield large[start : start + 50_000]

    told = await client.post("Patient", content=large, headers=FHIR)
    untold = await client.post("Patient", content=in_parts(), headers=FHIR)
    assert (told.status_code, untold.status_code) == (413, 413)
    assert told.headers["connection"] == "close"
    small = json.encode(patient())

    async def small_parts():
        for start in range(0, len(small), 7):
            yield small[start : start + 7]

    assert (await client.post("Patient", content=small_parts(), headers=FHIR)).status_code == 201


@pytest.mark.parametrize(
    ("method", "url", "status", "allow"),
    [
        ("GET", "Patinet", 404, None),
        ("GET", "Patinet/1", 404, None),
        ("GET", "_histories", 404, None),
        ("GET", "$everything", 404, None),
        ("GET", "Patient/$everything", 404, None),
        ("GET", "Observation/1/Patient", 404, None),
        ("GET", "Patient/1/Organization", 404, None),
        ("GET", "Patient/1/2", 404, None),
        ("GET", "Patient/1/_history/1/more", 404, None),
        ("GET", "Patient/1/$everything", 404, None),
        ("GET", "Patient/no_such_id!", 404, None),
        ("GET", f"Patient/{'a' * 65}", 404, None),
        ("GET", f"Patient/1/_history/{'9' * 19}", 404, None),
        ("GET", "Patient/1/_history/²", 404, None),
        ("POST", "Patient/1", 405, "DELETE, GET, HEAD, PATCH, PUT"),
        ("BREW", "Patient", 405, "DELETE, GET, HEAD, PATCH, POST, PUT"),
        ("GET", "Patient/_search", 405, "POST"),
        ("POST", "metadata", 405, "GET, HEAD"),
        ("BREW", "Patient/1", 405, "DELETE, GET, HEAD, PATCH, PUT"),
        ("PUT", "", 405, "GET, HEAD, POST"),
    ],
)
async def test_addresses_and_methods_that_are_not_there(
    client: httpx.AsyncClient, method: str, url: str, status: int, allow: str | None
) -> None:
    response = await client.request(method, url)
    assert (response.status_code, response.headers.get("allow")) == (status, allow)
    assert issues(response)


async def test_a_misspelt_type_is_met_with_a_hint(client: httpx.AsyncClient) -> None:
    assert "Did you mean Patient?" in issues(await client.get("Patinet"))[0]["diagnostics"]


@pytest.mark.parametrize(
    "query",
    [
        "birthdate=yesterday",
        "birthdate=ge",
        "family:fuzzy=a",
        "_count=many",
        "_count=-1",
        "_total=perhaps",
        "_sort=shoe-size",
        "_sort=family,birthdate,active,gender,identifier,_id",
        "_sort=family,near",
        "_include=Observation:subject",
        "_include=Patient:family",
        "_cursor=made-up",
        "_page=made-up",
        "family=%FF",
        "family=a%00b",
        "active:missing=perhaps",
        "&".join(["family=a"] * 300),
        "_id=" + ",".join(["a"] * 300),
    ],
)
async def test_a_search_that_makes_no_sense_is_refused(client: httpx.AsyncClient, query: str) -> None:
    response = await client.get(f"Patient?{query}")
    assert response.status_code == 400, response.text
    assert issues(response)


@pytest.mark.parametrize("query", ["birthdate=2020-13", "_lastUpdated=ge", "_has:Task:patient:modified=x,2020"])
async def test_a_date_that_is_none_is_named_where_it_stands(client: httpx.AsyncClient, query: str) -> None:
    """Also where a chain beside it leads nowhere, so that nothing is looked for."""
    for beside in ("", "&organization.name=nowhere"):
        response = await client.get(f"Patient?{query}{beside}")
        assert response.status_code == 400
        assert issues(response)[0]["location"] == [f"http.{query.partition('=')[0].rpartition(':')[2]}"]


async def test_a_plus_that_was_not_encoded_stands_for_itself_in_a_time(client: httpx.AsyncClient) -> None:
    made = (await client.post("Patient", json=patient("Plussen"))).json()
    for query in ("family=Plussen&_lastUpdated=gt2020-01-01T00:00:00+02:00", f"_id={made['id']}"):
        assert len((await client.get(f"Patient?{query}")).json()["entry"]) == 1
    past = await client.get(f"Patient/{made['id']}/_history?_since=2020-01-01T00:00:00+02:00")
    assert len(past.json()["entry"]) == 1


@pytest.mark.parametrize("prefer", ["handling=strict", "handling=lenient"])
async def test_a_made_up_name_leaves_the_answer_valid(client: httpx.AsyncClient, prefer: str) -> None:
    """No FHIR string may hold the control characters that a parameter's name can."""
    answer = await client.get("Patient?%1f%c2%85=a", headers={"prefer": prefer})
    body = answer.json()
    assert validate(body if answer.is_error else body["entry"][-1]["resource"]) == ()
    assert "is not a search parameter" in answer.text


@pytest.mark.parametrize(
    "sent",
    [
        {"resourceType": "Bundle", "type": "transaction", "entry": [{}]},
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": patient()}]},
        bundle("transaction", entry("POST", "Patinet", patient())),
        bundle("transaction", entry("POST", "Patient")),
        bundle("transaction", entry("POST", "Patient/1", patient())),
        bundle("transaction", entry("PUT", "Patient", patient())),
        bundle("transaction", entry("PATCH", "Patient/1", patient())),
        bundle("transaction", entry("POST", "Observation", patient())),
        bundle("transaction", entry("PUT", "Patient/1", patient(id="2"))),
        bundle("transaction", entry("PUT", "Patient/1", patient(id="1"), request={"ifMatch": "x"})),
        bundle("transaction", entry("POST", "Patient", patient(), request={"ifNoneExist": "shoe-size=47"})),
        bundle("transaction", entry("POST", "Patient", patient(link=[
            {"type": "seealso", "other": {"reference": "urn:uuid:00000000-0000-4000-8000-00000000000f"}}]))),
        bundle("transaction", *[entry("PUT", "Patient/same", patient(id="same"))] * 2),
    ],
)  # fmt: skip
async def test_a_malformed_transaction_is_refused_and_names_the_entry(client: httpx.AsyncClient, sent: object) -> None:
    response = await client.post("", json=sent)
    assert 400 <= response.status_code < 500, response.text
    assert all("Bundle.entry[" in one["expression"][0] for one in issues(response)), response.text


LONG = "".join(random.Random(1).choices(ascii_letters, k=9000))


@pytest.mark.parametrize(
    "resource",
    [
        patient(identifier=[{"system": "urn:x", "value": LONG}]),
        patient(LONG),
        patient(meta={"profile": [f"http://profile.example/{LONG}"]}),
        patient(generalPractitioner=[{"reference": f"http://far.example/{LONG}/Practitioner/1"}]),
    ],
)
async def test_what_is_too_long_for_an_index_is_stored_or_refused(client: httpx.AsyncClient, resource: object) -> None:
    response = await client.post("Patient", json=resource)
    assert response.status_code in (201, 422), response.text
