"""Resources to send."""

from __future__ import annotations

from typing import Any

LOINC = "http://loinc.org"
SPO2 = "59408-5"


def patient(family: str = "Testesen", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "name": [{"family": family}], "birthDate": "1948-03-14"} | more


def observation(person: str, value: str = "88.50", at: str = "2026-11-20T10:00:00+01:00", **more: Any) -> str:
    """As text, because the value keeps its digits."""
    from saman.kernel import json

    body = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": SPO2}]},
        "subject": {"reference": f"Patient/{person}"},
        "effectiveDateTime": at,
        "valueQuantity": {"value": "VALUE", "unit": "%"},
    } | more
    return json.encode(body).decode().replace('"VALUE"', value)


def entry(method: str, url: str, resource: Any = None, **more: Any) -> dict[str, Any]:
    request = {"method": method, "url": url} | more.pop("request", {})
    return {"request": request} | ({"resource": resource} if resource is not None else {}) | more


def bundle(kind: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def issues(response: Any) -> list[dict[str, Any]]:
    """The issues of an OperationOutcome, which must itself be valid."""
    from saman.model.fhir import validate

    body = response.json()
    assert body["resourceType"] == "OperationOutcome", body
    assert validate(body) == ()
    found: list[dict[str, Any]] = body["issue"]
    return found
