"""The official cases of FHIRPath Patch and JSON Patch."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.fhir.patch import patched, read_fhirpath_patch, read_json_patch
from saman.model.fhir.patch.json_patch import same
from tests.conformance.patch.xml_json import resource, xhtml

pytestmark = pytest.mark.conformance

HERE = Path(__file__).parent
FHIRPATH_LEAST, JSON_LEAST = 33, 16
"""How many pass; these numbers may only rise."""
NOT_PASSED: dict[str, str] = {}
"""Cases that do not pass, with the reason."""


def test_fhirpath_patch() -> None:
    cases = ElementTree.fromstring(gzip.decompress((HERE / "fhir-patch-tests.xml.gz").read_bytes()))
    passed = {case.attrib["name"]: _passes(case) for case in cases.iter("case")}
    assert len(passed) == 33
    print(f"FHIRPath Patch: {sum(passed.values())} of {len(passed)} pass")
    assert {name for name, right in passed.items() if not right} == set(NOT_PASSED)
    assert sum(passed.values()) == FHIRPATH_LEAST, "raise FHIRPATH_LEAST when more pass; never lower it"


def _passes(case: ElementTree.Element) -> bool:
    before, diff = (resource(case.find(name)[0]) for name in ("input", "diff"))  # type: ignore[index]
    patch = read_fhirpath_patch(diff)
    assert not isinstance(patch, Refusal), (case.attrib["name"], patch)
    kept = json.encode(before)
    after = patched(before, patch)
    assert json.encode(before) == kept
    expected = case.find("output")
    if expected is None:
        return isinstance(after, Refusal)
    if isinstance(after, Refusal):
        return False
    if "text" in after:
        after["text"]["div"] = xhtml(after["text"]["div"])
    return bool(after == resource(expected[0]))


def test_json_patch() -> None:
    cases = json.decode(gzip.decompress((HERE / "json-patch-tests.json.gz").read_bytes()))
    passed = {case["comment"]: _json_passes(case) for case in cases}
    print(f"JSON Patch: {sum(passed.values())} of {len(passed)} pass")
    assert all(passed.values()), [name for name, right in passed.items() if not right]
    assert sum(passed.values()) == JSON_LEAST, "raise JSON_LEAST when more pass; never lower it"


def _json_passes(case: dict[str, Any]) -> bool:
    patch = read_json_patch(case["patch"])
    assert not isinstance(patch, Refusal), case
    after = patch.apply(json.decode(json.encode(case["doc"])))
    if "expected" not in case:
        return isinstance(after, Refusal)
    return not isinstance(after, Refusal) and same(after, case["expected"])
