"""Bulk export over HTTP, with the worker's part done in between."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from saman.kernel import json
from saman.ops.bulk import Bulk
from saman.record import Store, system
from saman.record.bulk.asked import EXPORT, PATIENTS, Asked
from saman.record.bulk.jobs import Jobs
from tests.http.fhir.conftest import BASE, clock
from tests.http.fhir.resources import issues, observation, patient
from tests.http.operations.conftest import parameters
from tests.settled import Settled

DOCS = Path(__file__).parents[3] / "docs" / "subsystems"
ASYNC = {"prefer": "respond-async"}
QUERY = b64encode(b"$export").decode()
FHIR = {"content-type": "application/fhir+json"}

Lines = dict[str, list[dict[str, Any]]]


@pytest.fixture
def exporting(store: Store, exports: Path) -> Bulk:
    return Settled(store, exports, clock)


@pytest_asyncio.fixture(autouse=True)
async def _cleared(store: Store, exporting: Bulk) -> AsyncIterator[None]:
    """Each test has the installation's exports to itself."""
    yield
    await store.pool.execute("UPDATE bulk SET until = '2000-01-01'")
    await exporting.sweep()


async def begun(client: httpx.AsyncClient, path: str = "$export", **asked: Any) -> str:
    """The place of an export that has begun."""
    answer = await client.get(path, params=asked, headers=ASYNC)
    assert answer.status_code == 202, answer.text
    return answer.headers["content-location"]


async def finished(client: httpx.AsyncClient, exporting: Bulk, place: str) -> tuple[dict[str, Any], Lines]:
    """The manifest, and what is in the files by type; deletions under `deleted`."""
    while await exporting.once():
        pass
    answer = await client.get(place)
    assert answer.status_code == 200, answer.text
    found: Lines = {}
    manifest = answer.json()
    for part in ("output", "deleted"):
        for one in manifest.get(part, ()):
            file = await client.get(one["url"], headers={"accept": "application/fhir+ndjson"})
            assert (file.status_code, file.headers["content-type"]) == (200, "application/fhir+ndjson")
            lines = [json.decode(line) for line in file.content.splitlines()]
            assert len(lines) == one["count"]
            found.setdefault(one["type"] if part == "output" else part, []).extend(lines)
    return manifest, found


async def people(client: httpx.AsyncClient, count: int) -> list[str]:
    made = []
    for _ in range(count):
        person = (await client.post("Patient", json=patient())).json()["id"]
        for _ in range(2):
            answer = await client.post("Observation", content=observation(person), headers=FHIR)
            assert answer.status_code == 201, answer.text
        made.append(person)
    return made


def folders(exports: Path) -> list[Path]:
    return list(exports.iterdir())


def modes(folder: Path) -> set[int]:
    return {one.stat().st_mode & 0o777 for one in (folder, *folder.iterdir())}


def ids(lines: Lines, kind: str) -> list[str]:
    return [one["id"] for one in lines.get(kind, ())]


async def test_everything_comes_once_as_it_is_stored(client: httpx.AsyncClient, exporting: Bulk) -> None:
    made = await people(client, 3)
    place = await begun(client)
    waiting = await client.get(place)
    assert (waiting.status_code, waiting.headers["retry-after"]) == (202, "5")
    assert waiting.headers["x-progress"] == "0 %, 0 resources"
    manifest, lines = await finished(client, exporting, place)
    assert manifest["requiresAccessToken"] is True
    assert manifest["request"] == f"{BASE}/$export"
    assert set(made) <= set(ids(lines, "Patient"))
    assert len(ids(lines, "Observation")) == len(set(ids(lines, "Observation"))) >= 6
    [one] = [each for each in lines["Patient"] if each["id"] == made[0]]
    assert one == (await client.get(f"Patient/{made[0]}")).json()
    assert "deleted" not in manifest


async def test_what_changes_meanwhile_is_as_it_was(client: httpx.AsyncClient, exporting: Bulk) -> None:
    made = await people(client, 2)
    place = await begun(client, "Patient/$export", _type="Patient,Observation")
    changed = patient(id=made[0], active=False)
    assert (await client.put(f"Patient/{made[0]}", json=changed)).status_code == 200
    assert (await client.put(f"Patient/{made[0]}", json=changed | {"active": True})).status_code == 200
    assert (await client.delete(f"Patient/{made[1]}")).status_code == 204
    [late] = await people(client, 1)
    _, lines = await finished(client, exporting, place)
    there = {one["id"]: one for one in lines["Patient"]}
    assert there[made[0]]["meta"]["versionId"] == "1"
    assert made[1] in there
    assert late not in there
    assert all(one["subject"]["reference"] != f"Patient/{late}" for one in lines["Observation"])
    assert set(lines) == {"Patient", "Observation"}


async def test_what_is_new_and_what_was_deleted_since(client: httpx.AsyncClient, exporting: Bulk) -> None:
    gone, kept = await people(client, 2)
    since = clock()
    assert (await client.delete(f"Patient/{gone}")).status_code == 204
    [fresh] = await people(client, 1)
    manifest, lines = await finished(client, exporting, await begun(client, _since=since.isoformat()))
    assert ids(lines, "Patient") == [fresh]
    [bundle] = lines["deleted"]
    assert bundle["type"] == "transaction"
    assert bundle["entry"] == [{"request": {"method": "DELETE", "url": f"Patient/{gone}"}}]
    assert [one["type"] for one in manifest["deleted"]] == ["Bundle"]
    until = {"_since": since.isoformat(), "_until": since.isoformat()}
    assert (await finished(client, exporting, await begun(client, **until)))[1] == {}
    assert kept not in str(lines)


async def test_a_group_and_named_people(client: httpx.AsyncClient, exporting: Bulk) -> None:
    made = await people(client, 3)
    members = [{"entity": {"reference": f"Patient/{one}"}} for one in made]
    members[2]["inactive"] = True  # type: ignore[assignment]
    group = {"resourceType": "Group", "type": "person", "actual": True, "member": members}
    id = (await client.post("Group", json=group)).json()["id"]
    _, lines = await finished(client, exporting, await begun(client, f"Group/{id}/$export"))
    assert sorted(ids(lines, "Patient")) == sorted(made[:2])
    assert len(ids(lines, "Observation")) == 4
    asked = parameters(patient__Reference=[{"reference": f"Patient/{one}"} for one in (made[0], made[2], "nobody")])
    answer = await client.post(f"Group/{id}/$export", json=asked, headers=ASYNC)
    _, lines = await finished(client, exporting, answer.headers["content-location"])
    assert ids(lines, "Patient") == [made[0]]
    absent = await client.get("Group/nobody/$export", headers=ASYNC)
    assert absent.status_code == 404


async def test_parts_and_filters(client: httpx.AsyncClient, exporting: Bulk) -> None:
    [person] = await people(client, 1)
    await client.post("Observation", content=observation(person, status="amended"), headers=FHIR)
    asked = {"_type": "Patient,Observation", "_elements": "Patient.gender", "_typeFilter": "Observation?status=amended"}
    _, lines = await finished(client, exporting, await begun(client, "Patient/$export", **asked))
    assert {one["status"] for one in lines["Observation"]} == {"amended"}
    [cut] = [one for one in lines["Patient"] if one["id"] == person]
    assert "name" not in cut
    assert cut["meta"]["tag"][0]["code"] == "SUBSETTED"
    both = "Observation?status=amended,Observation?status=final"
    _, lines = await finished(client, exporting, await begun(client, _type="Observation", _typeFilter=both))
    assert {one["status"] for one in lines["Observation"]} == {"amended", "final"}


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({"_outputFormat": "application/fhir+xml"}, "http._outputFormat"),
        ({"_since": "yesterday"}, "http._since"),
        ({"_type": "Shoe"}, "http._type"),
        ({"_type": "AuditEvent"}, "http._type"),
        ({"_elements": "a b"}, "http._elements"),
        ({"_typeFilter": "Observation"}, "http._typeFilter"),
        ({"_typeFilter": "Shoe?a=b"}, "http._typeFilter"),
        ({"_typeFilter": "Observation?subject:Patient.name=x"}, "http._typeFilter"),
        ({"_typeFilter": "Observation?_include=*"}, "http._typeFilter"),
        ({"_typeFilter": "Observation?shoe=1"}, "http.shoe"),
        ({"includeAssociatedData": "LatestProvenanceResources"}, "http.includeAssociatedData"),
        ({"organizeOutputBy": "Patient"}, "http.organizeOutputBy"),
        ({"patient": "Patient/1"}, "http.patient"),
    ],
)
async def test_what_cannot_be_done_is_refused(client: httpx.AsyncClient, asked: dict[str, str], place: str) -> None:
    answer = await client.get("$export", params=asked, headers=ASYNC)
    assert (answer.status_code, issues(answer)[0]["location"]) == (400, [place]), answer.text


async def test_how_to_ask(client: httpx.AsyncClient) -> None:
    assert (await client.get("$export")).status_code == 400
    assert (await client.head("$export", headers=ASYNC)).status_code == 405
    lenient = {"prefer": "respond-async, handling=lenient"}
    asked = {"includeAssociatedData": "x", "organizeOutputBy": "Patient"}
    assert (await client.get("$export", params=asked, headers=lenient)).status_code == 202


async def test_taking_back_removes_the_files(client: httpx.AsyncClient, exporting: Bulk, exports: Path) -> None:
    await people(client, 1)
    place = await begun(client)
    manifest, _ = await finished(client, exporting, place)
    assert (await client.delete(place)).status_code == 202
    assert folders(exports) == []
    assert (await client.get(place)).status_code == 404
    assert (await client.delete(place)).status_code == 404
    assert (await client.get(manifest["output"][0]["url"])).status_code == 404
    early = await begun(client)
    assert (await client.delete(early)).status_code == 202
    assert await exporting.once() is False


async def test_files_are_for_their_owner_and_go_in_time(
    client: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    nobody: httpx.AsyncClient,
    exporting: Bulk,
    store: Store,
    exports: Path,
) -> None:
    await people(client, 1)
    place = await begun(client, _type="Patient")
    manifest, _ = await finished(client, exporting, place)
    url = manifest["output"][0]["url"]
    [folder] = folders(exports)
    assert modes(folder) == {0o600, 0o700}
    for one in (place, url):
        assert (await nobody.get(one)).status_code == 401
        hidden, absent = await stranger.get(one), await stranger.get(one.replace(folder.name, "x" * len(folder.name)))
        assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content) == (404, absent.content)
    assert (await stranger.delete(place)).status_code == 404
    for name in ("../secret", "..%2f..%2fsecret", "Patient.2.ndjson", "%00"):
        assert (await client.get(f"$export-file/{folder.name}/{name}")).status_code == 404
    later = Bulk(store, exports, lambda: clock() + timedelta(hours=7))
    await later.sweep()
    assert folders(exports) == []
    assert (await client.get(place)).status_code == 404


async def test_somebody_without_rights_gets_nothing_about_people(
    stranger: httpx.AsyncClient, client: httpx.AsyncClient, exporting: Bulk
) -> None:
    await people(client, 1)
    place = await begun(stranger, "Patient/$export")
    while await exporting.once():
        pass
    refused = await stranger.get(place)
    assert refused.status_code == 403


async def test_an_app_that_was_taken_out_gets_no_more(store: Store, exporting: Bulk) -> None:
    moment = clock()
    asked = Asked(url="", base=BASE, level=PATIENTS, types=("Patient",), moment=moment)
    jobs = Jobs(store.pool)
    id = await jobs.begin(EXPORT, "me", "ghost", system(moment, "app:ghost:x"), msgspec.json.encode(asked))
    assert isinstance(id, str)
    assert await exporting.once()
    job = await jobs.find(id, "me", EXPORT, clock())
    assert job is not None
    assert (job.state, job.why, job.done) == ("failed", "ended", 0)


async def test_a_file_can_be_asked_for_without_its_content(client: httpx.AsyncClient, exporting: Bulk) -> None:
    await people(client, 1)
    manifest, _ = await finished(client, exporting, await begun(client, _type="Patient"))
    answer = await client.head(manifest["output"][0]["url"])
    assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (200, b"", "no-store")


async def test_too_many_wait(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        await begun(client)
    answer = await client.get("$export", headers=ASYNC)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "120")


async def test_a_worker_that_dies_leaves_nothing_twice(
    client: httpx.AsyncClient, store: Store, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await people(client, 8)
    place = await begun(client, "Patient/$export")
    monkeypatch.setattr("saman.ops.bulk.SLICE", 2)
    exporting = Settled(store, exports, clock)
    write, calls = exporting._write, []

    def dying(*given: Any) -> Any:
        calls.append(1)
        files = write(*given)
        if len(calls) == 5:
            raise RuntimeError
        return files

    async def nothing(*_: Any) -> None:
        """What is killed says nothing."""

    monkeypatch.setattr(exporting, "_write", dying)
    monkeypatch.setattr(exporting, "_fail", nothing)
    assert await exporting.once()
    other = Settled(store, exports, clock)
    assert await other.once() is False
    await store.pool.execute("UPDATE bulk SET held = now() - interval '1 second'")
    manifest, lines = await finished(client, other, place)
    assert len({one["url"].rpartition(".ndjson")[0][-1] for one in manifest["output"]}) == 2
    assert set(made) <= set(ids(lines, "Patient"))
    for kind in ("Patient", "Observation"):
        assert len(ids(lines, kind)) == len(set(ids(lines, kind)))


async def test_the_log_says_whom_it_was_about_before_it_is_written(client: httpx.AsyncClient, exporting: Bulk) -> None:
    [person] = await people(client, 1)
    await finished(client, exporting, await begun(client, "Patient/$export"))
    found = (await client.get("AuditEvent", params={"patient": person, "_count": "50"})).json()
    told = [one["resource"] for one in found["entry"] if QUERY in str(one)]
    assert len(told) == 1
    text = str(told)
    assert f"'Patient/{person}" in text
    assert text.count("'Observation/") == 2


async def test_an_app_gets_what_its_scopes_leave(
    client: httpx.AsyncClient, narrow: httpx.AsyncClient, exporting: Bulk
) -> None:
    one, other = await people(client, 2)

    async def told(scope: str, **asked: Any) -> Lines:
        narrow.headers["authorization"] = f"Bearer {scope}"
        return (await finished(narrow, exporting, await begun(narrow, "Patient/$export", **asked)))[1]

    everybody = await told("system/Patient.rs")
    assert {one, other} <= set(ids(everybody, "Patient"))
    assert set(everybody) == {"Patient"}
    lines = await told(f"patient/*.rs#{one}")
    assert ids(lines, "Patient") == [one]
    assert {each["subject"]["reference"] for each in lines["Observation"]} == {f"Patient/{one}"}
    assert await told("system/Observation.rs?status=cancelled,entered-in-error", _type="Observation") == {}
    narrow.headers["authorization"] = "Bearer system/Observation.rs"
    for asked in ({"_type": "Patient"}, {"_type": "Patient,Observation"}):
        answer = await narrow.get("$export", params=asked, headers=ASYNC)
        assert (answer.status_code, "insufficient_scope" in answer.headers["www-authenticate"]) == (403, True)
    narrow.headers["authorization"] = "Bearer system/Patient.cud"
    assert (await narrow.get("Patient/$export", headers=ASYNC)).status_code == 403


async def test_a_narrower_token_fetches_nothing(
    client: httpx.AsyncClient, narrow: httpx.AsyncClient, exporting: Bulk
) -> None:
    await people(client, 1)
    narrow.headers["authorization"] = "Bearer system/*.rs"
    place = await begun(narrow, "Patient/$export")
    manifest, _ = await finished(narrow, exporting, place)
    narrow.headers["authorization"] = "Bearer system/Patient.rs"
    for url in (place, manifest["output"][0]["url"]):
        assert (await narrow.get(url)).status_code == 403
    narrow.headers["authorization"] = "Bearer system/*.cruds"
    assert (await narrow.get(place)).status_code == 200


async def test_what_was_changed_since_is_held_against_the_scopes_now(
    client: httpx.AsyncClient, narrow: httpx.AsyncClient, exporting: Bulk
) -> None:
    [person] = await people(client, 1)
    sent = observation(person, status="amended")
    stored = (await client.post("Observation", content=sent, headers=FHIR)).json()
    narrow.headers["authorization"] = "Bearer system/Observation.rs?status=amended"
    place = await begun(narrow, "Patient/$export", _type="Observation")
    assert (await client.put(f"Observation/{stored['id']}", json=stored | {"status": "final"})).status_code == 200
    _, lines = await finished(narrow, exporting, place)
    assert stored["id"] not in ids(lines, "Observation")


async def test_the_page_tells_what_happens(client: httpx.AsyncClient, exporting: Bulk) -> None:
    page = (DOCS / "bulk.md").read_text("utf-8")
    called, shown = re.search(r"```http\nGET /fhir/(\S+)\nPrefer.+?```json\n(.+?)\n```", page, re.DOTALL).groups()  # type: ignore[union-attr]
    await people(client, 1)
    answer = await client.get(called, headers=ASYNC)
    manifest, lines = await finished(client, exporting, answer.headers["content-location"])
    expected = json.decode(shown)
    assert set(expected) <= set(manifest)
    assert manifest["requiresAccessToken"] is expected["requiresAccessToken"]
    assert set(expected["output"][0]) <= set(manifest["output"][0])
    assert set(lines) == {"Patient", "Observation"}
