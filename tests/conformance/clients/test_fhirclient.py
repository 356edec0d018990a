"""The SMART project's Python client, with its models of R4, against a started server.

It has no call for patches and none for headers of its own: those go through the session and the token that it holds.
Source: https://github.com/smart-on-fhir/client-py
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from fhirclient.auth import FHIRAuth
from fhirclient.client import FHIRClient
from fhirclient.models.bundle import Bundle
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRNotFoundException, FHIRPermissionDeniedException, FHIRUnauthorizedException

from tests.conformance.clients.conftest import Served

pytestmark = pytest.mark.conformance

SYSTEM = "urn:saman:test:fhirclient"
MADE = 20
PAGES = 7


def smart(place: Served, who: str = "system") -> FHIRClient:
    """A client that holds a token, as after a launch."""
    made = FHIRClient(settings={"app_id": "conformance", "api_base": place.fhir})
    state = {"access_token": place.token(who)} if who else {}
    made.server.auth = FHIRAuth.create("oauth2", state={"app_id": "conformance", **state})
    return made


@pytest.fixture
def client(place: Served) -> Iterator[FHIRClient]:
    made = smart(place)
    yield made
    made.server.session.close()


def observation(number: int = 0, person: str = "ingrid-aasen") -> Observation:
    return Observation(
        {
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
            "identifier": [{"system": SYSTEM, "value": "made"}],
            "subject": {"reference": f"Patient/{person}"},
            "effectiveDateTime": f"2026-11-20T11:{number:02}:00+01:00",
            "valueQuantity": {"value": 70.5 + number, "unit": "kg"},
        }
    )


def sent(client: FHIRClient, method: str, path: str, body: Any, **headers: str) -> requests.Response:
    """A call that the client has no name for, through its session and with its token."""
    server = client.server
    told = server.auth.signed_headers({"Content-Type": "application/fhir+json"} | headers)
    answer = server.session.request(method, f"{server.base_uri}{path}", headers=told, data=json.dumps(body))
    server.raise_for_status(answer)
    return answer


def test_it_understands_the_capability_statement(place: Served) -> None:
    """All of it, by models that refuse what R4 does not know, and where to sign in."""
    fresh = FHIRClient(
        settings={"app_id": "conformance", "api_base": place.fhir, "redirect_uri": "http://app.example/"}
    )
    assert not fresh.prepare()
    assert fresh.server.capabilityStatement.fhirVersion == "4.0.1"
    assert fresh.authorize_url.startswith(f"{place.address}/auth/")
    fresh.server.session.close()


def test_create_read_update_and_delete(client: FHIRClient) -> None:
    made = Observation(observation().create(client.server))
    read = Observation.read(made.id, client.server)
    assert (read.meta.versionId, read.valueQuantity.value, read.status) == ("1", 70.5, "final")
    read.status = "amended"
    read.update()
    assert Observation.read(made.id, client.server).meta.versionId == "2"
    read.delete()
    with pytest.raises(requests.HTTPError) as gone:
        Observation.read(made.id, client.server)
    assert (gone.value.response.status_code, gone.value.response.json()["issue"][0]["code"]) == (410, "deleted")


def test_an_update_of_the_version_that_was_read(client: FHIRClient) -> None:
    made = Observation(observation().create(client.server))
    first = {"If-Match": f'W/"{made.meta.versionId}"'}
    made.status = "amended"
    assert sent(client, "PUT", made.relativePath(), made.as_json(), **first).headers["etag"] == 'W/"2"'
    with pytest.raises(requests.HTTPError) as late:
        sent(client, "PUT", made.relativePath(), made.as_json(), **first)
    assert (late.value.response.status_code, late.value.response.json()["issue"][0]["code"]) == (412, "conflict")
    made.delete(client.server)


def test_search_by_several_and_page_to_the_end(client: FHIRClient) -> None:
    entries = [
        {"resource": observation(number).as_json(), "request": {"method": "POST", "url": "Observation"}}
        for number in range(MADE)
    ]
    answer = Bundle(Bundle({"type": "transaction", "entry": entries}).create(client.server))
    assert [one.response.status[:3] for one in answer.entry] == ["201"] * MADE
    asked = {
        "identifier": f"{SYSTEM}|made",
        "patient": "ingrid-aasen",
        "date": {"$and": ["ge2026-11-20", "lt2026-11-21"]},
    }
    wanted = Observation.where(asked | {"_count": str(PAGES), "_sort": "date"})
    pages = list(wanted.perform_iter(client.server))
    assert [len(page.entry) for page in pages] == [PAGES, PAGES, MADE - 2 * PAGES]
    found = [entry.resource for page in pages for entry in page.entry]
    assert [one.valueQuantity.value for one in found] == [70.5 + number for number in range(MADE)]
    around = Observation.where({"identifier": f"{SYSTEM}|made"}).include("subject")
    kinds = [one.resource_type for one in around.perform_resources_iter(client.server)]
    assert (kinds.count("Observation"), kinds.count("Patient")) == (MADE, 1)
    chosen = Observation.where({"identifier": {"$or": [f"{SYSTEM}|made", f"{SYSTEM}|not"]}, "status:not": "final"})
    assert list(chosen.perform_resources_iter(client.server)) == []
    gone = [{"request": {"method": "DELETE", "url": one.relativePath()}} for one in found]
    Bundle({"type": "transaction", "entry": gone}).create(client.server)
    assert list(wanted.perform_resources_iter(client.server)) == []


def test_patch(client: FHIRClient) -> None:
    made = Observation(observation().create(client.server))
    change = [{"op": "add", "path": "/note", "value": [{"text": "measured at home"}]}]
    kind = {"Content-Type": "application/json-patch+json"}
    patched = Observation(sent(client, "PATCH", made.relativePath(), change, **kind).json())
    assert (patched.note[0].text, patched.meta.versionId) == ("measured at home", "2")
    parts = [{"name": "type", "valueCode": "delete"}, {"name": "path", "valueString": "Observation.note"}]
    by_path = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    assert Observation(sent(client, "PATCH", made.relativePath(), by_path).json()).note is None
    made.delete(client.server)


def test_a_transaction_is_all_or_nothing(client: FHIRClient) -> None:
    entries = [
        {"resource": observation().as_json(), "request": {"method": "POST", "url": "Observation"}},
        {"request": {"method": "PATCH", "url": "Observation/none"}, "resource": observation().as_json()},
    ]
    with pytest.raises(requests.HTTPError) as refused:
        Bundle({"type": "transaction", "entry": entries}).create(client.server)
    assert "entry[1]" in refused.value.response.text
    found = Observation.where({"identifier": f"{SYSTEM}|made"}).perform_resources_iter(client.server)
    assert list(found) == []


def test_errors_hold_outcomes(client: FHIRClient, place: Served) -> None:
    without_code = {"resourceType": "Observation", "status": "final"}
    with pytest.raises(requests.HTTPError) as invalid:
        client.server.post_json("Observation", without_code)
    assert invalid.value.response.json()["issue"][0]["expression"] == ["Observation.code"]
    with pytest.raises(FHIRNotFoundException) as absent:
        Patient.read("nobody-of-that-name", client.server)
    assert absent.value.response.json()["resourceType"] == "OperationOutcome"
    with pytest.raises(FHIRUnauthorizedException) as nobody:
        Patient.read("ingrid-aasen", smart(place, "").server)
    assert nobody.value.response.json()["issue"][0]["code"] == "login"


def test_a_citizen_sees_herself_alone(place: Served) -> None:
    ingrid = smart(place, "ingrid-aasen")
    assert Patient.read("ingrid-aasen", ingrid.server).id == "ingrid-aasen"
    assert {one.id for one in Patient.where({}).perform_resources_iter(ingrid.server)} == {"ingrid-aasen"}
    with pytest.raises(FHIRNotFoundException):
        Patient.read("olav-tveit", ingrid.server)
    with pytest.raises(FHIRPermissionDeniedException):
        observation(person="olav-tveit").create(ingrid.server)
    ingrid.server.session.close()
