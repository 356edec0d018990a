"""An employee who looks somebody up by every way that might leave less in that person's log; each is a look in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio
from starlette.types import ASGIApp

from saman.apps.fhir_api.app import fhir_app
from saman.apps.fhir_api.first import FhirFirst
from saman.apps.withheld import Withheld, fhir_failure
from saman.record import Record, Store, system
from saman.record.review import looks_at
from tests.http.audit.conftest import BASE, Caller, Gate, Json, clock, made, nowhere
from tests.record.conftest import observation, patient
from tests.record.test_fences import care_team

NUMBER = "urn:test:number|hostile-employee"


@pytest.fixture(scope="module")
def app(store: Store) -> ASGIApp:
    """The interface as it is served: what one request reads is put together before it is logged."""
    fhir = fhir_app(store, Gate(store), clock, BASE)
    return FhirFirst(nowhere, fhir=Withheld(fhir, store, failing=fhir_failure))


@pytest_asyncio.fixture(scope="module")
async def kari(call: Caller) -> str:
    """A person whom a unit follows, with a number and a reading."""
    kari = await made(call("system"), patient(identifier=[{"system": "urn:test:number", "value": "hostile-employee"}]))
    await made(call("system"), care_team(kari, "unit-h"))
    await made(call("system"), observation(kari))
    return kari


async def looks(store: Store, person: str) -> int:
    """How many entries stand in the person's log as looks, and not on a list."""
    now = datetime.now(UTC)
    door = Record(store, system(now), BASE)
    return len(await looks_at(door, person, now - timedelta(hours=1), now + timedelta(hours=1)))


def batch(*urls: str) -> Json:
    return {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"request": {"method": "GET", "url": u}} for u in urls],
    }


WAYS: dict[str, tuple[str, str, Json]] = {
    "known already": ("GET", "Patient/{}", {"headers": {"if-none-match": 'W/"1"'}}),
    "only the head": ("HEAD", "Patient/{}", {}),
    "only a count": ("GET", "Observation?patient={}&_summary=count", {}),
    "only some elements": ("GET", "Patient/{}?_elements=id", {}),
    "a version": ("GET", "Patient/{}/_history/1", {}),
    "by number": ("GET", f"Patient?identifier={NUMBER}", {}),
    "posted": ("POST", "Patient/_search", {"data": {"identifier": NUMBER}}),
    "with a decoy": ("GET", f"Patient?identifier={NUMBER},urn:test:number|nobody", {}),
    "by what refers to them": ("GET", "Patient?_has:CareTeam:patient:status=active&_count=1", {}),
    "by what does not refer to them": ("GET", "Patient?_has:Observation:patient:code=http://loinc.org|75622-1", {}),
    "by a chain that ends in nothing": ("GET", f"Observation?patient.identifier={NUMBER}&code=75622-1", {}),
    "by two chains": ("GET", f"Observation?has-member.patient.identifier={NUMBER}", {}),
    "by a chain to what is not there": ("GET", f"Task?patient.identifier={NUMBER}&owner.name=nobody", {}),
    "by a chain that is counted": ("GET", f"Patient?identifier={NUMBER}&_has:Goal:patient:_id=x&_summary=count", {}),
    "in a batch": ("POST", "", {"json": batch(f"Patient?identifier={NUMBER}")}),
    "in a batch among others": ("POST", "", {"json": batch(f"Patient?identifier={NUMBER}", "Task?status=ready")}),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_to_somebody_is_a_look(call: Caller, store: Store, kari: str, way: str) -> None:
    method, url, more = WAYS[way]
    before = await looks(store, kari)
    answer: httpx.Response = await call("nurse:unit-h").request(method, url.format(kari), **more)
    assert answer.status_code < 400, answer.text
    assert await looks(store, kari) > before, (answer.status_code, answer.text[:400])
