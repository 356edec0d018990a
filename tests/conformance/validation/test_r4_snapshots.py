"""Snapshots made from differentials against the official ones of R4's own profiles and extensions."""

from __future__ import annotations

import gzip
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.fhir import validate
from saman.model.fhir.validating import Known, Level, Validation, base_issues
from saman.model.fhir.validating.snapshots import Snapshots
from saman.model.fhir.validating.snapshots.r4 import r4_profile
from saman.model.fhir.validating.snapshots.shown import with_snapshot
from tests.conformance.examples import load_examples

pytestmark = pytest.mark.conformance

FILE = Path(__file__).parent / "r4-snapshots.tsv.gz"
SHARED = "http://hl7.org/fhir/StructureDefinition/"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ELEMENTS, ALIKE, WHOLE = 5231, 5201, 433
"""Elements in the official snapshots; those that are equal here, and profiles equal in all, which may only rise."""

DIFFERENT = {
    "bp": "what valueQuantity stands for was laid over value[x] itself",
    "catalog": "an element that is sliced without saying how was left out",
    "codesystem-history": "slices of what may not be there were allowed to be there",
    "elementdefinition-de": "slices were opened that nothing is said below of",
    "familymemberhistory-genetic": "elements that are sliced without saying how were left out",
    "provenance-relevant-history": "a slice and a shared content were told of otherwise",
}
"""Profiles whose official snapshot is otherwise, and how."""


def snapshots() -> dict[str, list[dict[str, Any]]]:
    """The elements of the official snapshots by URL."""
    lines = (line.partition(b"\t") for line in gzip.decompress(FILE.read_bytes()).splitlines())
    return {url.decode(): json.decode_kept(text.decode()) for url, _, text in lines}


def compared(element: dict[str, Any]) -> dict[str, Any]:
    """What is held against each other: cardinality, types, binding, slicing, fixed values and patterns."""
    names = ("min", "max", "type", "binding", "slicing", "contentReference", "maxLength")
    return {name: one for name, one in element.items() if name in names or name.startswith(("fixed", "pattern"))}


def test_snapshots_are_as_the_official_ones() -> None:
    making = Snapshots(r4_profile)
    alike, elements, other = 0, 0, set()
    for url, official in snapshots().items():
        definition = r4_profile(url)
        assert definition is not None, url
        made = {one["id"]: compared(one) for one in making.of(definition)}
        same = sum(made.get(one["id"]) == compared(one) for one in official)
        elements, alike = elements + len(official), alike + same
        if same != len(official) or len(made) != len(official):
            other.add(url.rpartition("/")[2])
    print(f"R4 snapshots: {alike} of {elements} elements and {439 - len(other)} of 439 profiles as the official ones")
    assert elements == ELEMENTS
    assert alike >= ALIKE
    assert other <= DIFFERENT.keys()
    assert 439 - len(other) >= WHOLE


def test_profiles_with_their_snapshots_keep_the_rules_of_one() -> None:
    known, broken = Known(), set()
    for url in snapshots():
        definition = r4_profile(url)
        assert definition is not None
        whole = with_snapshot(definition, known.snapshot(definition))
        if validate(whole) or base_issues(whole, errors_only=True):
            broken.add(url.rpartition("/")[2])
    assert broken == {"codesystem-history"}, "it asks for slices of what may not be there"


def test_examples_are_as_the_profiles_and_extensions_say_that_they_name() -> None:
    known = Validation(Level.PROFILES)
    trees = [one for one in (json.decode(text) for _, text in load_examples()) if not isinstance(one, Refusal)]
    wrong = [one for tree in trees if not validate(tree) for one in known.on_write(tree, NOW)]
    assert wrong == []
    extended = {"resourceType": "Patient", "extension": [{"url": SHARED + "patient-birthPlace"}]}
    assert [one.code for one in known.on_write(extended, NOW)] == ["invariant", "required"]


def test_examples_are_judged_alike_by_both() -> None:
    official = snapshots()

    def find(kind: str, url: str) -> dict[str, Any] | None:
        if kind != "StructureDefinition" or url not in official:
            return None
        definition = r4_profile(url)
        return None if definition is None else {**definition, "snapshot": {"element": official[url]}}

    theirs, ours = Validation(Level.PROFILES, Known(find)), Validation(Level.PROFILES, Known())
    heads = [one for url in official if (one := r4_profile(url)) is not None]
    judged: Counter[str] = Counter()
    other = set()
    for tree in (json.decode(text) for _, text in load_examples()):
        if isinstance(tree, Refusal) or validate(tree):
            continue
        for url in [one["url"] for one in heads if one["type"] == tree["resourceType"]]:
            one, two = (set(judge.whole(tree, None, [url])) for judge in (ours, theirs))
            judged["broken" if any(url in issue.text for issue in one) else "kept"] += 1
            if one != two:
                other.add(url.rpartition("/")[2])
    print(f"R4 snapshots: {judged.total()} times an example judged by a profile, {judged['broken']} times broken")
    assert other <= DIFFERENT.keys()
    assert judged["broken"] > 100
    assert judged["kept"] > 100
