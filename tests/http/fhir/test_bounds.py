"""Settings say how large, deep and long what is sent may be; beyond is refused with a place, up to it taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from saman.kernel.bounds import Bounds, bounds, let_stand
from saman.kernel.outcome import Refusal
from saman.ops.opening import open_record
from saman.ops.region import Region, open_region
from saman.ops.settings import load
from tests.http.fhir.resources import patient

CHOSEN = {
    "SAMAN_NESTING": "20",
    "SAMAN_BUNDLE_ENTRIES": "3",
    "SAMAN_PAGE_ENTRIES": "100",
    "SAMAN_PATTERN_CHARACTERS": "10",
    "SAMAN_BODY_BYTES": "65536",
}


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Whatever a test lets stand, the next finds what stood."""
    before = bounds()
    yield
    let_stand(before)


@pytest.fixture
def chosen() -> None:
    """The bounds that an installation has chosen."""
    let_stand(Bounds(nesting=20, entries=3, page=100, pattern=10))


def nested(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"url": "urn:x", "valueString": "x"}
    for _ in range(levels - 2):
        inner = {"url": "urn:x", "extension": [inner]}
    return patient() | {"extension": [inner]}


def issue(answer: httpx.Response) -> dict[str, Any]:
    first: dict[str, Any] = answer.json()["issue"][0]
    return first


@pytest.mark.usefixtures("chosen")
async def test_nesting(client: httpx.AsyncClient) -> None:
    fits, too_deep = [await client.post("Patient", json=nested(levels)) for levels in (19, 22)]
    assert fits.status_code == 201, fits.text
    assert (too_deep.status_code, issue(too_deep)["code"]) == (422, "too-long"), too_deep.text
    assert issue(too_deep)["expression"][0].startswith("Patient.extension[0].extension[0]")


async def test_as_deep_as_any_setting_lets_it(client: httpx.AsyncClient) -> None:
    let_stand(load({"SAMAN_NESTING": "64"}, Path("/nowhere")).bounds)  # type: ignore[union-attr]
    made = await client.post("Patient", json=nested(63))
    assert made.status_code == 201, made.text
    for asked in (f"Patient/{made.json()['id']}", f"Patient?_id={made.json()['id']}", "Patient/$validate"):
        answer = await (client.post(asked, json=nested(63)) if "$" in asked else client.get(asked))
        assert answer.status_code == 200, answer.text


@pytest.mark.usefixtures("chosen")
async def test_entries_of_a_bundle(client: httpx.AsyncClient) -> None:
    entry = {"request": {"method": "GET", "url": "Patient?_count=1"}}
    for kind in ("batch", "transaction"):
        fits, too_many = [
            await client.post("", json={"resourceType": "Bundle", "type": kind, "entry": [entry] * number})
            for number in (3, 4)
        ]
        assert fits.status_code == 200, fits.text
        assert (too_many.status_code, issue(too_many)["expression"]) == (413, ["Bundle.entry"])


@pytest.mark.usefixtures("chosen")
async def test_a_page(client: httpx.AsyncClient) -> None:
    let_stand(Bounds())
    await client.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": [
        {"request": {"method": "POST", "url": "Basic"}, "resource": {"resourceType": "Basic", "code": {"text": "x"}}}
    ] * 101})  # fmt: skip
    let_stand(Bounds(page=100))
    for asked in ("Basic?_count=500", "Basic/_history?_count=500"):
        page = (await client.get(asked)).json()
        assert len(page["entry"]) == 100
        assert "next" in {link["relation"] for link in page["link"]}


@pytest.mark.usefixtures("chosen")
async def test_a_pattern(client: httpx.AsyncClient) -> None:
    for pattern, status in (("a" * 10, 200), ("a" * 11, 422)):
        filtered = [{"property": "code", "op": "regex", "value": pattern}]
        include = {"system": "http://hl7.org/fhir/administrative-gender", "filter": filtered}
        asked = {"resourceType": "ValueSet", "status": "active", "compose": {"include": [include]}}
        parameters = {"resourceType": "Parameters", "parameter": [{"name": "valueSet", "resource": asked}]}
        answer = await client.post("ValueSet/$expand", json=parameters)
        assert answer.status_code == status, answer.text


async def test_an_installation_has_those_of_its_settings(database: Any, tmp_path: Path) -> None:
    settings, region = load(CHOSEN | {"SAMAN_DATA_DIR": str(tmp_path)}, tmp_path), open_region(Path("regions/no-agder"))
    assert not isinstance(settings, Refusal)
    assert isinstance(region, Region)
    store = await open_record(settings, region, database.app_url, connections=1)
    assert not isinstance(store, Refusal)
    assert bounds() == Bounds(body=65536, nesting=20, entries=3, page=100, pattern=10)
    assert store.search_seconds == settings.search_seconds
    await store.close()
