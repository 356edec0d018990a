"""fhirpy, asynchronous and synchronous, against a started server. Source: https://github.com/beda-software/fhir-py"""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from fhirpy import AsyncFHIRClient, SyncFHIRClient
from fhirpy.base.exceptions import (
    AuthorizationError,
    ForbiddenError,
    MultipleResourcesFound,
    OperationOutcome,
    ResourceNotFound,
)

from tests.conformance.clients.conftest import Served

pytestmark = pytest.mark.conformance

SYSTEM = "urn:saman:test:fhirpy"
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
PAGES = 7


class Either:
    """One of the two clients; whatever it does is awaited when it has to be."""

    def __init__(self, make: Any, place: Served, who: str = "system", **headers: str) -> None:
        self._with = (make, place)
        authorization = f"Bearer {place.token(who)}" if who else None
        self.client = make(place.fhir, authorization=authorization, extra_headers=headers)
        self.name = make.__name__

    def saying(self, who: str = "system", **headers: str) -> Either:
        """The same for somebody else, or with more headers."""
        return Either(*self._with, who, **headers)

    def observation(self, number: int = 0, person: str = "ingrid-aasen", **more: Any) -> Any:
        return self.client.resource(
            "Observation",
            status="final",
            code={"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
            identifier=[{"system": SYSTEM, "value": self.name}],
            subject={"reference": f"Patient/{person}"},
            effectiveDateTime=f"2026-11-20T10:{number:02}:00+01:00",
            valueQuantity={"value": 70 + number, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
            **more,
        )

    def own(self) -> Any:
        """The search for what this client has made."""
        return self.client.resources("Observation").search(identifier=f"{SYSTEM}|{self.name}")


async def done(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer


@pytest.fixture(params=[AsyncFHIRClient, SyncFHIRClient])
def either(request: pytest.FixtureRequest, place: Served) -> Either:
    return Either(request.param, place)


async def test_create_read_update_and_delete(either: Either) -> None:
    made = either.observation()
    await done(made.save())
    assert made["meta"]["versionId"] == "1"
    made["status"] = "amended"
    await done(made.save())
    read = await done(either.client.get("Observation", made.id))
    assert (read["status"], read["meta"]["versionId"], read["valueQuantity"]["value"]) == ("amended", "2", 70)
    await done(made.delete())
    with pytest.raises(ResourceNotFound, match="deleted"):
        await done(either.client.get("Observation", made.id))


async def test_an_update_of_the_version_that_was_read(either: Either) -> None:
    made = either.observation()
    await done(made.save())
    first = either.saying(**{"If-Match": 'W/"1"'}).client
    body = made.serialize()
    await done(first.execute(f"Observation/{made.id}", "put", body | {"status": "amended"}))
    with pytest.raises(MultipleResourcesFound) as late:
        await done(first.execute(f"Observation/{made.id}", "put", body | {"status": "cancelled"}))
    assert json.loads(str(late.value))["issue"][0]["code"] == "conflict"
    await done(made.delete())


async def test_search_by_several_and_page_to_the_end(either: Either) -> None:
    entries = [
        {"resource": either.observation(number).serialize(), "request": {"method": "POST", "url": "Observation"}}
        for number in range(3 * PAGES - 1)
    ]
    sent = either.client.resource("Bundle", type="transaction", entry=entries)
    answer = await done(either.client.execute("", "post", sent.serialize()))
    assert [one["response"]["status"][:3] for one in answer["entry"]] == ["201"] * len(entries)
    wanted = either.own().search(patient="ingrid-aasen", code="http://loinc.org|29463-7", date__ge="2026-11-20")
    found = await done(wanted.sort("date").limit(PAGES).fetch_all())
    assert [one["valueQuantity"]["value"] for one in found] == [70 + number for number in range(len(entries))]
    page = await done(wanted.limit(PAGES).include("Observation", "subject").fetch_raw())
    assert [one["search"]["mode"] for one in page["entry"]] == ["match"] * PAGES + ["include"]
    assert (await done(wanted.sort("-date").first()))["effectiveDateTime"].startswith("2026-11-20T10:19")
    assert await done(wanted.count()) == len(entries)
    by_chain = either.own().search(patient__Patient__family="Aasen", status__not="amended")
    assert len(await done(by_chain.fetch_all())) == len(entries)
    gone = [{"request": {"method": "DELETE", "url": f"Observation/{one.id}"}} for one in found]
    await done(either.client.execute("", "post", {"resourceType": "Bundle", "type": "transaction", "entry": gone}))
    assert await done(either.own().fetch_all()) == []


async def test_patch(either: Either) -> None:
    """JSON Patch and FHIRPath Patch; the merge patch that `patch()` sends is no part of R4, and is refused."""
    made = either.observation()
    await done(made.save())
    path = f"Observation/{made.id}"
    change = [{"op": "replace", "path": "/status", "value": "amended"}]
    patched = await done(either.saying(**JSON_PATCH).client.execute(path, "patch", change))
    assert (patched["status"], patched["meta"]["versionId"]) == ("amended", "2")
    parts = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "Observation.status"},
        {"name": "value", "valueCode": "corrected"},
    ]
    by_path = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    assert (await done(either.client.execute(path, "patch", by_path)))["status"] == "corrected"
    with pytest.raises(OperationOutcome) as refused:
        await done(either.client.patch("Observation", made.id, status="final"))
    assert refused.value.resource["issue"][0]["severity"] == "error"
    await done(made.delete())


async def test_conditional_update_and_delete(either: Either) -> None:
    first, is_new = await done(either.own().update(either.observation()))
    again, is_new_again = await done(either.own().update(either.observation(1)))
    assert (is_new, is_new_again, again.id) == (True, False, first.id)
    assert again["meta"]["versionId"] == "2"
    assert (await done(either.own().delete()))[1] == 204
    assert await done(either.own().fetch_all()) == []


async def test_a_transaction_with_references_between_its_entries(either: Either) -> None:
    flag = {"resourceType": "Flag", "status": "active", "code": {"text": "fhirpy"}}
    person = {"resourceType": "Patient", "name": [{"family": "Fhirpy"}], "birthDate": "1950-01-01"}
    known = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"
    entries = [
        {"fullUrl": known, "resource": person, "request": {"method": "POST", "url": "Patient"}},
        {"resource": flag | {"subject": {"reference": known}}, "request": {"method": "POST", "url": "Flag"}},
    ]
    body = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    answer = await done(either.client.execute("", "post", body))
    stored, about = (one["response"]["location"].split("/_history")[0].split("/fhir/")[1] for one in answer["entry"])
    read = await done(either.client.execute(about, "get"))
    assert read["subject"]["reference"] == stored
    body["entry"][1]["resource"] = flag | {"subject": {"reference": known}, "status": None}
    with pytest.raises(OperationOutcome) as refused:
        await done(either.client.execute("", "post", body))
    assert "entry[1]" in json.dumps(refused.value.resource)
    assert await done(either.client.resources("Patient").search(family="Fhirpy").count()) == 1
    for path in (about, stored):
        await done(either.client.delete(path))


async def test_an_operation(either: Either) -> None:
    everything = await done(either.client.reference("Patient", "ingrid-aasen").execute("$everything", "get"))
    assert everything["type"] == "searchset"
    assert "ingrid-aasen" in {one["resource"]["id"] for one in everything["entry"]}


async def test_errors_are_outcomes(either: Either) -> None:
    with pytest.raises(OperationOutcome) as invalid:
        await done(either.client.create(either.client.resource("Observation", status="final")))
    issue = invalid.value.resource["issue"][0]
    assert (issue["code"], issue["expression"]) == ("required", ["Observation.code"])
    with pytest.raises(ResourceNotFound) as absent:
        await done(either.client.get("Patient", "nobody-of-that-name"))
    assert json.loads(str(absent.value))["resourceType"] == "OperationOutcome"
    with pytest.raises(AuthorizationError) as nobody:
        await done(either.saying("").client.get("Patient", "ingrid-aasen"))
    assert json.loads(str(nobody.value))["issue"][0]["code"] == "login"


async def test_a_citizen_sees_herself_alone(either: Either) -> None:
    ingrid = either.saying("ingrid-aasen")
    assert (await done(ingrid.client.get("Patient", "ingrid-aasen")))["id"] == "ingrid-aasen"
    assert {one.id for one in await done(ingrid.client.resources("Patient").fetch_all())} == {"ingrid-aasen"}
    with pytest.raises(ResourceNotFound):
        await done(ingrid.client.get("Patient", "olav-tveit"))
    with pytest.raises(ForbiddenError):
        await done(ingrid.client.create(either.observation(person="olav-tveit")))
