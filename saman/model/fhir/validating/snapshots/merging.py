"""One element of a profile, put together from what it was and what the profile changes of it.

Source: https://hl7.org/fhir/R4/profiling.html and https://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PLACE = frozenset({"id", "path"})
_ADDED = ("condition", "alias", "mapping", "example")


def merged(was: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of an element after a change; limits only ever become narrower."""
    now = {**was, **{name: value for name, value in change.items() if name not in _PLACE}}
    if "min" in change:
        now["min"] = max(change["min"], was.get("min", 0))
    if "max" in change:
        now["max"] = _least(change["max"], was.get("max", "*"))
    for name in _ADDED:
        if name in was and name in change:
            now[name] = [*was[name], *(one for one in change[name] if one not in was[name])]
    if "constraint" in was and "constraint" in change:
        now["constraint"] = _rules(was["constraint"], change["constraint"])
    if "binding" in was and "binding" in change:
        now["binding"] = {**was["binding"], **change["binding"]}
    if "type" in was and "type" in change:
        now["type"] = _types(was["type"], change["type"])
    return now


def as_slice(of: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What is said of a new slice before the profile says more: all that holds for what is sliced, but need not be."""
    kept = {key: value for key, value in of.items() if key not in ("slicing", "sliceName")}
    return {**kept, "sliceName": name, "min": 0}


def _least(one: str, other: str) -> str:
    if "*" in (one, other):
        return other if one == "*" else one
    return one if int(one) <= int(other) else other


def _rules(was: list[Any], change: list[Any]) -> list[Any]:
    keys = {one["key"] for one in change}
    return [*(one for one in was if one["key"] not in keys), *change]


def _types(was: list[Any], change: list[Any]) -> list[Any]:
    """The types of a change; one that says only its code keeps the profiles and targets that it had."""
    before = {one["code"]: one for one in was}
    return [before[one["code"]] if one.keys() == {"code"} and one["code"] in before else one for one in change]
