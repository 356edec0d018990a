"""Definitions in several versions: the one that is named counts, and none is judged by another."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from saman.kernel import json
from saman.model.fhir.validating import Known, Level, Validation
from saman.model.fhir.validating.profiles.known import MOST_KEPT
from saman.model.fhir.validating.shelf import Head, Shelf
from tests.unit.model.fhir.validating.profiled import BASE, NOW, profile

ONE = BASE + "one"
SET, CODES = BASE + "set", BASE + "codes"


def shelf(*definitions: dict[str, Any]) -> Shelf:
    """These definitions, the newer of one URL by their versions."""
    made = Shelf()
    for one in definitions:
        head = Head(one["resourceType"], one["url"], one.get("version", ""), "active", one.get("valueSet", ""))
        made.put(one["resourceType"], head, zlib.compress(json.encode(one)), one.get("version", ""))
    return made


def judge(*definitions: dict[str, Any]) -> Validation:
    kept = shelf(*definitions)
    return Validation(
        Level.PROFILES,
        Known(lambda kind, url: kept.find(kind, url) or (kept.all_codes(url) if kind == "ValueSet" else None)),
    )


def needing(name: str, version: str, **more: Any) -> dict[str, Any]:
    return profile("one", "Basic", {"path": f"Basic.{name}", "min": 1}) | {"version": version} | more


def basic(url: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Basic", "code": {"text": "x"}, "meta": {"profile": [url]}, **more}


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        (ONE, [("error", "required", "Basic")]),
        (f"{ONE}|2", [("error", "required", "Basic")]),
        (f"{ONE}|1", []),
        (f"{ONE}|3", [("warning", "not-found", "Basic")]),
        ("http://hl7.org/fhir/StructureDefinition/Basic|4.0.1", []),
    ],
    ids=["newest", "the newest by name", "an older one", "one that is not there", "a type"],
)
def test_a_resource_is_held_against_the_version_that_it_claims(claimed: str, expected: list[Any]) -> None:
    validation = judge(needing("created", "1"), needing("author", "2"))
    found = validation.whole(basic(claimed, created="2026-01-01"), NOW)
    assert [(one.severity, one.code, one.path) for one in found if "dom-6" not in one.text] == expected


def test_profiles_of_r4_are_known_by_its_version_and_by_no_other() -> None:
    vital = "http://hl7.org/fhir/StructureDefinition/vitalsigns"
    weight = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    for version, is_held in (("", True), ("|4.0.1", True), ("|5.0.0", False)):
        found = judge().whole(weight | {"meta": {"profile": [vital + version]}}, NOW)
        assert any(one.severity == "error" for one in found) is is_held


def test_a_profile_is_based_on_the_version_that_it_names() -> None:
    changed = {
        "resourceType": "StructureDefinition", "url": BASE + "two", "name": "two", "status": "active",
        "kind": "resource", "abstract": False, "type": "Basic", "derivation": "constraint",
        "differential": {"element": [{"id": "Basic", "path": "Basic"}]},
    }  # fmt: skip
    for version, found in (("|1", 0), ("|2", 1), ("", 1), ("|3", 1)):
        validation = judge(needing("created", "1"), needing("author", "2"), changed | {"baseDefinition": ONE + version})
        assert len(validation.on_write(basic(BASE + "two", created="2026"), NOW)) == found


def bound(value_set: str) -> dict[str, Any]:
    binding = {"strength": "required", "valueSet": value_set}
    return profile("one", "Basic", {"path": "Basic.code", "binding": binding})


def coded(code: str) -> dict[str, Any]:
    return basic(ONE) | {"code": {"coding": [{"system": CODES, "code": code}]}}


def value_set(number: str, /, **include: Any) -> dict[str, Any]:
    compose = {"include": [{"system": CODES, **include}]}
    return {"resourceType": "ValueSet", "url": SET, "version": number, "compose": compose}


def test_codes_are_those_of_the_version_of_the_value_set_that_is_named() -> None:
    sets = value_set("1", concept=[{"code": "old"}]), value_set("2", concept=[{"code": "new"}])
    for version, code in (("", "new"), ("|2", "new"), ("|1", "old"), ("|9", "new")):
        validation = judge(bound(SET + version), *sets)
        assert validation.on_write(coded(code), NOW) == ()
        assert len(validation.on_write(coded("other"), NOW)) == 1
    validation = judge(bound(f"{SET}|2"), bound(f"{SET}|1") | {"url": BASE + "two"}, *sets)
    for url, code in ((ONE, "new"), (BASE + "two", "old")):
        assert validation.on_write(coded(code) | {"meta": {"profile": [url]}}, NOW) == ()


def system(version: str, *codes: str, **more: Any) -> dict[str, Any]:
    concepts = [{"code": one} for one in codes]
    tree = {"resourceType": "CodeSystem", "url": CODES, "version": version, "content": "complete"}
    return tree | {"concept": concepts} | more


def test_a_value_set_lists_the_version_of_the_code_system_that_it_names() -> None:
    systems = system("1", "old"), system("2", "new")
    for named, code in (({"version": "1"}, "old"), ({"version": "2"}, "new"), ({}, "new")):
        validation = judge(bound(SET), value_set("1", **named), *systems)
        assert validation.on_write(coded(code), NOW) == ()
        assert len(validation.on_write(coded("other"), NOW)) == 1


def test_a_code_system_says_which_value_set_all_its_codes_are() -> None:
    validation = judge(bound(SET), system("1", "a", valueSet=SET))
    assert validation.on_write(coded("a"), NOW) == ()
    assert [one.code for one in validation.on_write(coded("b"), NOW)] == ["code-invalid"]
    written = judge(bound(SET), system("1", "a", "b", valueSet=SET), value_set("1", concept=[{"code": "b"}]))
    assert [one.code for one in written.on_write(coded("a"), NOW)] == ["code-invalid"]


def test_versions_that_nobody_knows_are_not_kept() -> None:
    """Whoever writes may claim any; a definition is compiled once for all of them."""
    plain = profile("one", "Basic", {"path": "Basic.created", "min": 1})
    asked: list[str] = []

    def find(kind: str, url: str) -> dict[str, Any] | None:
        asked.append(url)
        return plain if kind == "StructureDefinition" and url == ONE else None

    known = Known(find)
    validation = Validation(Level.PROFILES, known)
    for number in range(MOST_KEPT + 50):
        assert len(validation.on_write(basic(f"{ONE}|{number}"), NOW)) == 1
    assert known.profile(f"{ONE}|1") is known.profile(f"{ONE}|2") is known.profile(ONE)
    asked.clear()
    assert len(validation.on_write(basic(f"{ONE}|7"), NOW)) == 1
    assert asked == []
