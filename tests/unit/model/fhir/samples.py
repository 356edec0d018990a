"""Small valid resources that the tests change one thing of."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "spo2",
    "meta": {"lastUpdated": "2026-05-31T14:30:00.123+02:00", "tag": [{"system": "http://example.org", "code": "test"}]},
    "status": "final",
    "category": [{"coding": [{"system": "http://example.org/category", "code": "vital-signs"}]}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5", "display": "Sauerstoffsättigung"}]},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-05-31T14:29:00+02:00",
    "performer": [{"reference": "Patient/p1"}],
    "valueQuantity": {
        "value": Decimal("93.50"),
        "unit": "%",
        "system": "http://unitsofmeasure.org",
        "code": "%",
    },
    "component": [
        {"code": {"text": "first"}, "valueString": "calm"},
        {"code": {"text": "second"}, "valueQuantity": {"value": 3, "unit": "steps"}},
    ],
}

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [
        {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "13116900216", "type": {"text": "Fødselsnummer"}}
    ],
    "active": True,
    "name": [
        {
            "family": "Østby-Ærlig",
            "given": ["Åse", None],
            "_given": [None, {"extension": [{"url": "http://example.org/x", "valueString": "unknown"}]}],
        }
    ],
    "telecom": [{"system": "phone", "value": "+47 900 00 000"}, {"system": "email", "value": "ase@example.org"}],
    "gender": "female",
    "birthDate": "1938-11",
    "_birthDate": {"extension": [{"url": "http://example.org/time", "valueDateTime": "1938-11-13"}]},
    "address": [{"line": ["Strandveien 1"], "city": "Søgne", "postalCode": "4640"}],
    "managingOrganization": {"reference": "Organization/o1"},
}

TASK: dict[str, Any] = {
    "resourceType": "Task",
    "id": "t1",
    "status": "requested",
    "intent": "order",
    "code": {"text": "home visit"},
    "for": {"reference": "Patient/p1"},
    "authoredOn": "2026-05-31T15:00:00Z",
    "owner": {"reference": "Organization/o1"},
}

BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {
            "fullUrl": "urn:uuid:0b4be5c6-3f9a-4f1f-8a55-9f0f5a1a0001",
            "resource": PATIENT,
            "request": {"method": "POST", "url": "Patient"},
        },
        {
            "fullUrl": "urn:uuid:0b4be5c6-3f9a-4f1f-8a55-9f0f5a1a0002",
            "resource": {
                **OBSERVATION,
                "subject": {"reference": "urn:uuid:0b4be5c6-3f9a-4f1f-8a55-9f0f5a1a0001"},
            },
            "request": {"method": "POST", "url": "Observation"},
        },
    ],
}

ALL = (OBSERVATION, PATIENT, TASK, BUNDLE)


def changed(resource: dict[str, Any], **elements: Any) -> dict[str, Any]:
    """A copy of `resource` with other top-level elements; `...` takes one away."""
    copy = {**deepcopy(resource), **elements}
    return {name: value for name, value in copy.items() if value is not ...}
