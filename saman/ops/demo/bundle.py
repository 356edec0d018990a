"""Transaction Bundles: entries with a fixed id, entries that get one, and the Bundle around them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from saman.flows.reading import TRANSLATION
from saman.ops.demo.marks import Resource

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:saman:demo")


def urn(name: str) -> str:
    """The `urn:uuid:` that `name` always gives."""
    return f"urn:uuid:{uuid5(_NAMESPACE, name)}"


def put(resource: Resource) -> Resource:
    """An entry that stores `resource` under the id it carries, so that others can name it."""
    place = f"{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": urn(place), "resource": spoken(resource), "request": {"method": "PUT", "url": place}}


def post(resource: Resource, full_url: str) -> Resource:
    """An entry that gets its id from the server; entries of the same Bundle point to it by `full_url`."""
    request = {"method": "POST", "url": resource["resourceType"]}
    return {"fullUrl": full_url, "resource": spoken(resource), "request": request}


def spoken(resource: Resource) -> Resource:
    """The resource with its language where it holds words of ours: English, translated beside it."""
    return {**resource, "language": "en"} if _translated(resource) else resource


def _translated(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_translated, value))
    if not isinstance(value, dict):
        return False
    return value.get("url") == TRANSLATION or any(map(_translated, value.values()))


def transaction(entries: Iterable[Resource]) -> Resource:
    """The Bundle that stores all `entries` or none. Source: https://hl7.org/fhir/R4/http.html#transaction"""
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}
