"""Histories of one, of a type and of everything, since a time and at a time."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from saman.model.fhir import validate
from tests.http.fhir.conftest import BASE
from tests.http.fhir.resources import bundle, entry, patient


async def versions(client: httpx.AsyncClient, url: str, **asked: Any) -> list[dict[str, Any]]:
    """All entries, page after page."""
    answer = await client.get(url, params=asked or None)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert validate(page) == ()
    found: list[dict[str, Any]] = page.get("entry", [])
    following = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
    return found + (await versions(client, following) if following else [])


async def lived(client: httpx.AsyncClient) -> tuple[str, list[str]]:
    """A person of three versions, the last of which is deleted, and the times of the versions."""
    person = (await client.post("Patient", json=patient())).json()
    url = f"Patient/{person['id']}"
    second = (await client.put(url, json=person)).json()
    await client.delete(url)
    [gone, *_] = await versions(client, f"{url}/_history")
    times = [person["meta"]["lastUpdated"], second["meta"]["lastUpdated"], gone["response"]["lastModified"]]
    return url, times


async def test_entries_say_what_was_done(client: httpx.AsyncClient) -> None:
    url, times = await lived(client)
    told = await versions(client, f"{url}/_history")
    assert [one["request"] for one in told] == [
        {"method": "DELETE", "url": url},
        {"method": "PUT", "url": url},
        {"method": "POST", "url": "Patient"},
    ]
    assert [one["response"] for one in told] == [
        {"status": "204 No Content", "etag": 'W/"3"', "lastModified": times[2]},
        {"status": "200 OK", "etag": 'W/"2"', "lastModified": times[1]},
        {"status": "201 Created", "etag": 'W/"1"', "lastModified": times[0]},
    ]
    assert ["resource" in one for one in told] == [False, True, True]
    assert (await client.get(f"{url}/_history/3")).status_code == 410
    assert (await client.get(f"{url}/_history/2")).status_code == 200


async def test_since(client: httpx.AsyncClient) -> None:
    url, times = await lived(client)
    assert len(await versions(client, f"{url}/_history", _since=times[0])) == 3
    assert len(await versions(client, f"{url}/_history", _since="2020")) == 3
    assert await versions(client, f"{url}/_history", _since="2090") == []
    type_since = await versions(client, "Patient/_history", _since=times[0])
    assert {one["response"]["etag"] for one in type_since if one["fullUrl"].endswith(url)} == {
        'W/"1"', 'W/"2"', 'W/"3"'
    }  # fmt: skip
    assert (await client.get(f"{url}/_history?_since=2090&_count=1")).json()["link"] == [
        {"relation": "self", "url": f"{BASE}/{url}/_history?_count=1&_since=2090"}
    ]


async def test_at(client: httpx.AsyncClient) -> None:
    url, _ = await lived(client)
    assert await versions(client, f"{url}/_history", _at="2020-01-01") == []
    now = await versions(client, f"{url}/_history", _at="2090-01-01")
    assert [one["request"]["method"] for one in now] == ["DELETE"]
    assert len(await versions(client, f"{url}/_history", _at="2000")) == 0
    for level in ("_history", "Patient/_history"):
        there = await versions(client, level, _at="2090-01-01", _count=1000)
        urls = [one["fullUrl"] for one in there]
        assert len(urls) == len(set(urls))
        assert f"{BASE}/{url}" in urls
    whole = await versions(client, f"{url}/_history", _at="2026")
    assert len(whole) in (0, 3)


async def test_of_everything(client: httpx.AsyncClient) -> None:
    """Also where several types have the same id, version and time."""
    ids = [f"past-{number}" for number in range(3)]
    kinds = {
        "Basic": {"code": {"text": "x"}},
        "Flag": {"status": "active", "code": {"text": "x"}},
        "Organization": {"name": "x"},
    }
    kinds["Flag"]["subject"] = {"reference": "Organization/past-0"}
    made = [
        entry("PUT", f"{kind}/{id}", {"resourceType": kind, "id": id} | more)
        for id in ids
        for kind, more in kinds.items()
    ]
    assert (await client.post("", json=bundle("transaction", *made))).status_code == 200
    for count in (1, 2, 5, 1000):
        told = await versions(client, "_history", _count=count)
        keys = [(one["fullUrl"], one["response"]["etag"]) for one in told]
        assert len(keys) == len(set(keys))
        mine = {url for url, _ in keys if "/past-" in url}
        assert mine == {f"{BASE}/{kind}/{id}" for kind in kinds for id in ids}
        times = [one["response"]["lastModified"] for one in told]
        assert times == sorted(times, reverse=True)


async def test_a_page_marker_belongs_to_its_history(client: httpx.AsyncClient) -> None:
    await lived(client)
    page = (await client.get("_history?_count=1")).json()
    cursor = httpx.URL(page["link"][1]["url"]).params["_cursor"]
    assert (await client.get("_history", params={"_count": 1, "_cursor": cursor})).status_code == 200
    for url, more in (("Patient/_history", {}), ("_history", {"_since": "2020"}), ("_history", {"_at": "2020"})):
        assert (await client.get(url, params={"_cursor": cursor, **more})).status_code == 400


@pytest.mark.parametrize("asked", ["_since=x", "_at=2026-02-30", "_count=-1", "_summary=count", "_elements="])
async def test_what_cannot_be_understood(client: httpx.AsyncClient, asked: str) -> None:
    for url in ("_history", "Patient/_history", "Patient/none/_history"):
        assert (await client.get(f"{url}?{asked}")).status_code == 400


async def test_whoever_may_see_nothing_sees_no_history(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    url, times = await lived(client)
    told = await versions(stranger, "_history", _count=1000)
    assert not [one for one in told if one["fullUrl"].endswith(url)]
    for more in ({"_since": times[0]}, {"_since": "2090"}, {"_at": "2090-01-01"}, {"_summary": "true"}):
        there = await stranger.get(f"{url}/_history", params=more, headers={"x-request-id": "the-same-request"})
        nobody = f"Patient/{'a' * 26}/_history"
        absent = await stranger.get(nobody, params=more, headers={"x-request-id": "the-same-request"})
        assert (there.status_code, there.content) == (absent.status_code, absent.content) == (404, there.content)
        assert there.headers == absent.headers
