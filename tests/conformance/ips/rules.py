"""Holds a summary against what the profiles of the International Patient Summary ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from saman.kernel import json
from saman.model.fhir.fhirpath import Context, compiled, select

Resource = dict[str, Any]
HERE = Path(__file__).parent


class Rule(NamedTuple):
    """What is asked of an element, `Composition.section:sectionProblems.code`."""

    element: str
    asked: dict[str, Any]


@cache
def rules() -> dict[str, list[Rule]]:
    """The rules of each profile."""
    found: dict[str, list[Rule]] = {}
    for line in (HERE / "rules.tsv").read_text("utf-8").splitlines():
        profile, element, asked = line.split("\t")
        found.setdefault(profile, []).append(Rule(element, json.decode_kept(asked)))
    return found


def faults(profile: str, resource: Resource, types: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """What of a resource is not as its profile asks; `types` are those of what full addresses lead to."""
    listed = rules()[profile]
    return [fault for one in listed for fault in _faults(one, resource, listed, types)]


def faults_of_bundle(bundle: Resource) -> list[str]:
    """What of a summary is not as the profiles of its Bundle, Composition and Patient ask, and who is not there."""
    resources = [one["resource"] for one in bundle["entry"]]
    types = {one.get("fullUrl", ""): one["resource"]["resourceType"] for one in bundle["entry"]}
    types |= {f"{one['resourceType']}/{one['id']}": one["resourceType"] for one in resources}
    found = faults("Bundle", bundle)
    for one in resources:
        if one["resourceType"] in ("Composition", "Patient"):
            found += faults(one["resourceType"], one, types)
    return found


def _faults(rule: Rule, resource: Resource, listed: list[Rule], types: Mapping[str, str]) -> Iterator[str]:
    path, _, last = rule.element.rpartition(".")
    holders = _at(resource, path, listed) if path else [resource]
    for holder in holders:
        values = _step([holder], last, rule.element, listed) if path else [resource]
        if len(values) < rule.asked.get("min", 0):
            yield f"{rule.element} is needed"
        if len(values) > rule.asked.get("max", len(values)):
            yield f"{rule.element} is there {len(values)} times"
        for value in values:
            yield from _wrong(rule, value, resource, types)


def _wrong(rule: Rule, value: Any, resource: Resource, types: Mapping[str, str]) -> Iterator[str]:
    pattern = rule.asked.get("pattern")
    if pattern is not None and not fits(pattern, value):
        yield f"{rule.element} is not {pattern}"
    if "targets" in rule.asked and types.get(value["reference"]) not in rule.asked["targets"]:
        yield f"{rule.element} leads to {value['reference']}"
    for name, expression in rule.asked.get("rules", {}).items():
        context = Context(resource)
        kind = select(rule.element.partition(":")[0], context)[0][0]
        told = compiled(expression, is_lenient=True)([(kind, value, None)], context)
        if [one[1] for one in told] != [True]:
            yield f"{rule.element} breaks {name}"


def _at(resource: Resource, path: str, listed: list[Rule]) -> list[Any]:
    """What stands at a path, in the slices that it names."""
    values: list[Any] = [resource]
    steps = path.split(".")
    for number, step in enumerate(steps[1:], 2):
        values = _step(values, step, ".".join(steps[:number]), listed)
    return values


def _step(values: list[Any], step: str, path: str, listed: list[Rule]) -> list[Any]:
    name, _, cut = step.partition(":")
    found: list[Any] = []
    for value in values:
        keys = [key for key in value if key == name or (name.endswith("[x]") and key.startswith(name[:-3]))]
        for key in keys:
            found += value[key] if isinstance(value[key], list) else [value[key]]
    return [one for one in found if _is_of(one, path, listed)] if cut else found


def _is_of(value: Any, path: str, listed: list[Rule]) -> bool:
    """Whether a value is of the slice at `path`, as its fixed values or the type of its resource say."""
    for rule in listed:
        inner = rule.element.removeprefix(f"{path}.")
        if rule.element == path and "pattern" in rule.asked and not fits(rule.asked["pattern"], value):
            return False
        if inner != rule.element and "." not in inner:
            told = value.get(inner)
            if "pattern" in rule.asked and not fits(rule.asked["pattern"], told):
                return False
            if "type" in rule.asked and told["resourceType"] != rule.asked["type"]:
                return False
    return True


def fits(pattern: Any, value: Any) -> bool:
    """Whether a value holds all that a pattern has."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(fits(one, value.get(name)) for name, one in pattern.items())
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(fits(one, each) for each in value) for one in pattern)
    return bool(pattern == value)
