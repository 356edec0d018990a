"""Our expansions of R4's value sets against the official ones (hl7.fhir.r4.expansions 4.0.1, CC0)."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.fhir import validate
from saman.model.fhir.terminology import CodeSystem, Expanding, Library, base_resource, base_urls, expand

pytestmark = pytest.mark.conformance

FILE = Path(__file__).parent / "r4-expansions.tsv.gz"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
EQUAL = 479
"""How many are equal; it may only rise."""

DEPRECATED = "the official tool leaves out codes with a date of deprecation, which R4 says can still be used"
CHILD = "the official tool does not follow the property 'child' here, by which the code system says what lies below"
ABSTRACT = "the official tool knows abstract codes by 'notSelectable' alone, not by 'abstract'"
VERSION = "it asks for version 3.6.0 of a code system that R4 has as 4.0.1"
EXCEPTIONS = {
    "http://dicom.nema.org/medical/dicom/current/output/chtml/part16/sect_CID_29.html": "R4 does not define it",
    "http://hl7.org/fhir/ValueSet/detectedissue-category": CHILD,
    "http://hl7.org/fhir/ValueSet/diagnostic-service-sections": DEPRECATED,
    "http://hl7.org/fhir/ValueSet/observation-interpretation": DEPRECATED,
    "http://hl7.org/fhir/ValueSet/patient-contactrelationship": DEPRECATED,
    "http://hl7.org/fhir/ValueSet/referencerange-meaning": ABSTRACT,
    "http://hl7.org/fhir/ValueSet/relatedperson-relationshiptype": DEPRECATED,
    "http://hl7.org/fhir/ValueSet/security-labels": DEPRECATED,
    "http://hl7.org/fhir/ValueSet/task-code": VERSION,
    "http://terminology.hl7.org/ValueSet/v2-0487": DEPRECATED,
    "http://terminology.hl7.org/ValueSet/v2-0916": DEPRECATED,
    "http://terminology.hl7.org/ValueSet/v3-ActCode": DEPRECATED,
    "http://terminology.hl7.org/ValueSet/v3-ActPharmacySupplyType": CHILD,
}

Codes = set[tuple[str, str]]


def official() -> Iterator[tuple[str, Codes]]:
    for line in gzip.decompress(FILE.read_bytes()).splitlines():
        url, _, text = line.partition(b"\t")
        yield (
            url.decode(),
            {(system, code) for system, codes in json.decode_kept(text.decode()).items() for code in codes},
        )


def ours(url: str) -> dict[str, Any] | Refusal | None:
    """As the official ones are made: without abstract codes."""
    tree = base_resource("ValueSet", url)
    return None if tree is None else expand(Library(), tree, Expanding(without_abstract=True), NOW)


def codes_of(body: dict[str, Any]) -> Codes:
    return {(one["system"], one["code"]) for one in body["expansion"].get("contains", ())}


def test_every_official_expansion_whose_code_systems_are_loaded_is_equal() -> None:
    equal, apart, not_loaded = 0, set(), 0
    for url, expected in official():
        body = ours(url)
        if isinstance(body, Refusal) and url not in EXCEPTIONS:
            assert "is not loaded here" in body.issues[0].text, (url, body)
            assert any(base_resource("CodeSystem", system) is None for system, _ in expected) or not expected, url
            not_loaded += 1
        elif isinstance(body, dict) and codes_of(body) == expected:
            assert validate(body) == (), url
            equal += 1
        else:
            apart.add(url)
    print(f"R4 expansions: {equal} equal, {len(apart)} not, {not_loaded} of code systems that are not loaded")
    assert apart == set(EXCEPTIONS)
    assert equal >= EQUAL
    assert equal == EQUAL, f"raise EQUAL to {equal}"


@pytest.mark.parametrize("url", [url for url, reason in EXCEPTIONS.items() if reason in (DEPRECATED, CHILD)])
def test_what_is_more_than_the_official_one_is_what_the_reason_says(url: str) -> None:
    body = ours(url)
    assert isinstance(body, dict)
    more = codes_of(body) - dict(official())[url]
    assert codes_of(body) >= dict(official())[url]
    for system, code in more:
        tree = base_resource("CodeSystem", system)
        assert tree is not None
        made = CodeSystem(tree)
        concept = made.find(code)
        assert concept is not None
        if EXCEPTIONS[url] == DEPRECATED:
            assert any(concept.values("deprecationDate"))
        else:
            assert any(one and list(one.values("child")) for one in map(made.find, made.above(code)))


def test_every_value_set_of_r4_is_expanded_or_refused_with_a_place() -> None:
    expanded = 0
    for url in base_urls("ValueSet"):
        body = ours(url)
        if isinstance(body, Refusal):
            assert all(one.path.startswith(("ValueSet.compose", "count")) for one in body.issues), (url, body)
        else:
            expanded += 1
    print(f"R4 value sets: {expanded} expanded")
    assert expanded >= 1200


def test_every_concept_of_r4_is_found_by_its_code() -> None:
    concepts = 0
    for url in base_urls("CodeSystem"):
        tree = base_resource("CodeSystem", url)
        assert tree is not None
        made = CodeSystem(tree)
        for code in made.concepts:
            found = made.find(code)
            assert found is not None
            assert found.code == code
            assert code not in made.below(code), (url, code)
        concepts += len(made.concepts)
    print(f"R4 code systems: {concepts} concepts")
    assert concepts == 20007
