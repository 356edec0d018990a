"""The FHIR interface as in tests/http/fhir, and how operations are called."""

from __future__ import annotations

from typing import Any

from tests.http.fhir.conftest import app, client, nobody, store, stranger

__all__ = ["app", "client", "nobody", "store", "stranger"]


def parameters(**given: Any) -> dict[str, Any]:
    """A Parameters resource: text as `valueString`… is named by its key, `url__uri="…"`; resources as they are."""
    listed = []
    for key, value in given.items():
        name, _, kind = key.partition("__")
        for one in value if isinstance(value, list) else [value]:
            key = "resource" if kind == "resource" else f"value{kind[0].upper()}{kind[1:]}"
            listed.append({"name": name.replace("_", "-") if name[0] != "_" else name, key: one})
    return {"resourceType": "Parameters", "parameter": listed}


def told(body: dict[str, Any]) -> dict[str, Any]:
    """The parameters of an answer by name; of several with one name, the last."""
    assert body["resourceType"] == "Parameters", body
    return {
        one["name"]: next((value for key, value in one.items() if key.startswith("value")), one.get("part"))
        for one in body["parameter"]
    }


def codes(body: dict[str, Any]) -> list[str]:
    """The codes of an expansion."""
    assert body["resourceType"] == "ValueSet", body
    return [one["code"] for one in body["expansion"].get("contains", [])]
