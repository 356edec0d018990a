"""Update and delete of what fulfils a condition: alone, in bundles, many at once."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.http.fhir.resources import bundle, entry, issues, patient

WRITERS = 32


def numbered(value: str, **more: Any) -> dict[str, Any]:
    return patient(identifier=[{"system": "urn:cond", "value": value}], **more)


def where(value: str) -> str:
    return f"Patient?identifier=urn:cond|{value}"


async def test_update_makes_then_changes_then_refuses(client: httpx.AsyncClient) -> None:
    answer = await client.put(where("one"), json=numbered("one"))
    assert (answer.status_code, answer.headers["etag"]) == (201, 'W/"1"')
    id = answer.json()["id"]
    assert answer.headers["location"].endswith(f"Patient/{id}/_history/1")
    again = await client.put(where("one"), json=numbered("one", family="Annen"), headers={"prefer": "return=minimal"})
    assert (again.status_code, again.content, again.headers["etag"]) == (200, b"", 'W/"2"')
    with_id = await client.put(where("one"), json=numbered("one", id=id))
    assert (with_id.status_code, with_id.json()["meta"]["versionId"]) == (200, "3")
    other = await client.put(where("one"), json=numbered("one", id="another-id"))
    assert (other.status_code, issues(other)[0]["expression"]) == (400, ["Patient.id"])
    for tag, status in (('W/"2"', 412), ('W/"3"', 200)):
        answer = await client.put(where("one"), json=numbered("one"), headers={"if-match": tag})
        assert answer.status_code == status
    await client.post("Patient", json=numbered("one"))
    many = await client.put(where("one"), json=numbered("one"))
    assert (many.status_code, issues(many)[0]["code"]) == (412, "multiple-matches")


@pytest.mark.parametrize(
    "more",
    [
        "identifier=",
        "_count=0",
        "_count=1",
        "_cursor=x",
        "_sort=birthdate",
        "_total=accurate",
        "_include=Patient:organization",
        "_revinclude:iterate=Provenance:target",
        "_summary=count",
    ],
)
async def test_a_condition_says_what_and_not_how_it_is_shown(client: httpx.AsyncClient, more: str) -> None:
    """A page that is empty because none was wanted would make a second resource."""
    await client.put(where("shown"), json=numbered("shown"))
    condition = f"{where('shown')}&{more}"
    named = {"if-none-exist": condition.partition("?")[2]}
    url = "Bundle.entry[0].request.url"
    for answer, place in (
        (await client.post("Patient", json=numbered("shown"), headers=named), ""),
        (await client.put(condition, json=numbered("shown")), ""),
        (await client.delete(condition), ""),
        (await client.post("", json=bundle("transaction", entry("PUT", condition, numbered("shown")))), url),
    ):
        assert answer.status_code == 400, answer.text
        assert not place or issues(answer)[0]["expression"] == [place]
    assert (await client.get(where("shown") + "&_summary=count")).json()["total"] == 1


async def test_update_with_an_id_nobody_has(client: httpx.AsyncClient) -> None:
    answer = await client.put(where("chosen"), json=numbered("chosen", id="cond-chosen"))
    assert (answer.status_code, answer.json()["id"]) == (201, "cond-chosen")
    taken = await client.put(where("nobody"), json=numbered("nobody", id="cond-chosen"))
    assert taken.status_code == 409
    none = await client.put(where("nobody"), json=numbered("nobody"), headers={"if-match": 'W/"1"'})
    assert none.status_code == 412


@pytest.mark.parametrize(
    ("address", "status"),
    [("Patient", 412), ("Patient?_count=3", 412), ("Patient?shoe=4", 400), ("Patient?birthdate=x", 400)],
)
async def test_conditions_that_say_nothing(client: httpx.AsyncClient, address: str, status: int) -> None:
    assert (await client.put(address, json=patient())).status_code == status
    assert (await client.delete(address)).status_code == status


async def test_the_body_is_checked_before_anything_is_made(client: httpx.AsyncClient) -> None:
    assert (await client.put(where("bad"), json={"resourceType": "Basic"})).status_code == 400
    bad = await client.put(where("bad"), json=numbered("bad", birthDate="x"))
    assert (bad.status_code, issues(bad)[0]["expression"]) == (422, ["Patient.birthDate"])
    assert (await client.get(where("bad") + "&_summary=count")).json()["total"] == 0


async def test_of_many_at_once_one_makes_it_and_the_others_change_it(client: httpx.AsyncClient) -> None:
    bodies = [numbered("race", birthDate=f"19{number + 10}") for number in range(WRITERS)]
    answers = await asyncio.gather(*(client.put(where("race"), json=body) for body in bodies))
    assert sorted(one.status_code for one in answers) == [200] * (WRITERS - 1) + [201]
    assert len({one.json()["id"] for one in answers}) == 1
    assert sorted(int(one.json()["meta"]["versionId"]) for one in answers) == list(range(1, WRITERS + 1))


async def test_deletes_beside_updates_at_once(client: httpx.AsyncClient) -> None:
    calls = [client.put(where("mixed"), json=numbered("mixed")) for _ in range(10)]
    calls += [client.delete(where("mixed")) for _ in range(10)]
    answers = await asyncio.gather(*calls)
    assert {one.status_code for one in answers} <= {200, 201, 204}
    assert (await client.get(where("mixed") + "&_summary=count")).json()["total"] in (0, 1)


async def test_delete(client: httpx.AsyncClient) -> None:
    assert (await client.delete(where("gone"))).status_code == 204
    id = (await client.post("Patient", json=numbered("gone"))).json()["id"]
    assert (await client.delete(where("gone"), headers={"if-match": 'W/"7"'})).status_code == 412
    told = await client.delete(where("gone"), headers={"prefer": "return=OperationOutcome"})
    assert told.status_code == 200
    assert issues(told)[0]["severity"] == "information"
    assert (await client.get(f"Patient/{id}")).status_code == 410
    for _ in range(2):
        await client.post("Patient", json=numbered("gone"))
    assert (await client.delete(where("gone"))).status_code == 412
    assert (await client.get(where("gone") + "&_summary=count")).json()["total"] == 2


@pytest.mark.parametrize("kind", ["batch", "transaction"])
async def test_in_bundles(client: httpx.AsyncClient, kind: str) -> None:
    value = f"in-{kind}"
    sent = bundle(kind, entry("PUT", where(value), numbered(value)))
    for status in ("201 Created", "200 OK"):
        answer = (await client.post("", json=sent)).json()["entry"][0]["response"]
        assert answer["status"] == status
        assert answer["lastModified"]
    removing = bundle(kind, entry("DELETE", where(value)))
    for has_etag in (True, False):
        answer = (await client.post("", json=removing)).json()["entry"][0]["response"]
        assert (answer["status"], "etag" in answer) == ("204 No Content", has_etag)


async def test_a_transaction_refers_to_what_its_conditional_update_makes(client: httpx.AsyncClient) -> None:
    name = "urn:uuid:88f151c0-a954-468a-88bd-5ae15c08e059"
    basic = {"resourceType": "Basic", "code": {"text": "x"}, "subject": {"reference": name}}
    sent = bundle(
        "transaction", entry("PUT", where("linked"), numbered("linked"), fullUrl=name), entry("POST", "Basic", basic)
    )
    ids = set()
    for _ in range(2):
        answers = (await client.post("", json=sent)).json()["entry"]
        id = answers[0]["response"]["location"].split("/")[-3]
        made = (await client.get(answers[1]["response"]["location"])).json()
        assert made["subject"]["reference"] == f"Patient/{id}"
        ids.add(id)
    assert len(ids) == 1


async def test_two_entries_that_turn_out_to_be_the_same_are_refused(client: httpx.AsyncClient) -> None:
    id = (await client.post("Patient", json=numbered("twice"))).json()["id"]
    for other in (entry("DELETE", f"Patient/{id}"), entry("PUT", f"Patient/{id}", numbered("twice", id=id))):
        sent = bundle("transaction", entry("PUT", where("twice"), numbered("twice")), other)
        answer = await client.post("", json=sent)
        assert (answer.status_code, issues(answer)[0]["code"]) == (400, "duplicate")
    assert (await client.get(f"Patient/{id}")).json()["meta"]["versionId"] == "1"


@pytest.mark.parametrize("url", ["Patient/1?identifier=a", "Patient"])
async def test_entries_name_one_resource(client: httpx.AsyncClient, url: str) -> None:
    for method, resource in (("PUT", patient(id="1")), ("DELETE", None), ("PATCH", {"resourceType": "Parameters"})):
        answer = await client.post("", json=bundle("transaction", entry(method, url, resource)))
        assert (answer.status_code, issues(answer)[0]["expression"]) == (400, ["Bundle.entry[0].request.url"])


@pytest.mark.parametrize(
    ("first", "second"),
    [("POST", "POST"), ("PUT", "PUT"), ("POST", "PUT"), ("POST", "other POST"), ("POST", "plain"), ("PUT", "plain")],
)
async def test_two_entries_that_would_make_what_one_looks_for_are_refused(
    client: httpx.AsyncClient, first: str, second: str
) -> None:
    def made(way: str) -> dict[str, Any]:
        condition = where(f"bundled-{first}").partition("?")[2]
        if way == "PUT":
            return entry("PUT", f"Patient?{condition}", numbered(f"bundled-{first}"))
        condition = condition.replace("|", "%7C") + "&active:not=false" if way == "other POST" else condition
        request = {} if way == "plain" else {"ifNoneExist": condition}
        return entry("POST", "Patient", numbered(f"bundled-{first}"), request=request)

    for entries in ([made(first), made(second)], [made(second), made(first)]):
        answer = await client.post("", json=bundle("transaction", *entries))
        assert (answer.status_code, issues(answer)[0]["code"]) == (400, "duplicate"), answer.text
        assert issues(answer)[0]["expression"] == ["Bundle.entry[1]"]
    assert (await client.get(where(f"bundled-{first}") + "&_summary=count")).json()["total"] == 0


async def test_conditions_on_another_system_or_on_what_is_there_stand_side_by_side(client: httpx.AsyncClient) -> None:
    def conditioned(system: str) -> dict[str, Any]:
        body = patient(identifier=[{"system": system, "value": "same"}])
        return entry("POST", "Patient", body, request={"ifNoneExist": f"identifier={system}|same"})

    both = bundle("transaction", conditioned("urn:cond-a"), conditioned("urn:cond-b"))
    twice = bundle("transaction", conditioned("urn:cond-a"), conditioned("urn:cond-a"))
    for sent, status in ((both, "201 Created"), (both, "200 OK"), (twice, "200 OK")):
        answer = await client.post("", json=sent)
        assert [one["response"]["status"] for one in answer.json()["entry"]] == [status] * 2


async def test_if_none_match(client: httpx.AsyncClient) -> None:
    body = {"resourceType": "Organization", "id": "cond-new", "name": "New"}
    answers = await asyncio.gather(
        *(client.put("Organization/cond-new", json=body, headers={"if-none-match": "*"}) for _ in range(8))
    )
    assert sorted(one.status_code for one in answers) == [201] + [412] * 7
    assert (await client.put("Organization/cond-new", json=body, headers={"if-match": "*"})).status_code == 200
    missing = body | {"id": "cond-missing"}
    assert (await client.put("Organization/cond-missing", json=missing, headers={"if-match": "*"})).status_code == 412
    assert (await client.put(where("x"), json=patient(), headers={"if-none-match": "*"})).status_code == 400
    assert (await client.put("Organization/cond-new", json=body, headers={"if-match": 'W/"0"'})).status_code == 412


@pytest.mark.parametrize("kind", ["batch", "transaction"])
async def test_an_entry_asks_whether_its_resource_is_there(client: httpx.AsyncClient, kind: str) -> None:
    async def status(method: str, url: str, **request: str) -> str:
        body = {"resourceType": "Organization", "id": f"there-{kind}", "name": "New"}
        answer = await client.post("", json=bundle(kind, entry(method, url, body, request=request)))
        told = str(answer.status_code) if answer.is_error else answer.json()["entry"][0]["response"]["status"]
        return told[:3]

    url = f"Organization/there-{kind}"
    assert await status("PUT", url, ifMatch="*") == "412"
    assert await status("PUT", url, ifNoneMatch="*") == "201"
    assert await status("PUT", url, ifNoneMatch="*") == "412"
    assert await status("PUT", url, ifMatch="*") == "200"
    assert await status("PUT", url, ifNoneMatch='W/"1"') == "400"
    assert await status("PUT", url, ifNoneMatch="*", ifMatch='W/"2"') == "400"
    assert await status("DELETE", url, ifNoneMatch="*") == "400"
    assert await status("DELETE", url, ifMatch="*") == "204"
    assert (await client.get(f"{url}/_history")).json()["entry"][0]["response"]["etag"] == 'W/"3"'


async def test_of_many_transactions_that_make_what_is_not_there_one_does(client: httpx.AsyncClient) -> None:
    body = {"resourceType": "Organization", "id": "there-once", "name": "New"}
    sent = bundle("transaction", entry("PUT", "Organization/there-once", body, request={"ifNoneMatch": "*"}))
    answers = await asyncio.gather(*(client.post("", json=sent) for _ in range(6)))
    made, *others = sorted(one.status_code for one in answers)
    assert made == 200
    assert set(others) <= {409, 412}


async def test_what_is_hidden_fulfils_no_condition(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    person = (await client.post("Patient", json=numbered("secret"))).json()["id"]
    told = {"resourceType": "Communication", "status": "completed", "subject": {"reference": f"Patient/{person}"}}
    hidden = told | {"identifier": [{"system": "urn:cond", "value": "secret"}]}
    await client.post("Communication", json=hidden)
    answers: list[tuple[int, bytes]] = []
    for value in ("secret", "absent"):
        address = f"Communication?identifier=urn:cond|{value}"
        body = told | {"identifier": [{"system": "urn:cond", "value": value}]}
        for call in (
            stranger.put(address, json=body),
            stranger.put(address, json=body | {"id": "chosen"}),
            stranger.delete(address),
            stranger.post("", json=bundle("transaction", entry("DELETE", address))),
            stranger.post("", json=bundle("batch", entry("PUT", address, body))),
        ):
            answer = await call
            answers.append((answer.status_code, answer.content))
    assert answers[:5] == answers[5:]
    assert answers[0][0] == 403
    assert (await client.get("Communication?identifier=urn:cond|secret&_summary=count")).json()["total"] == 1
