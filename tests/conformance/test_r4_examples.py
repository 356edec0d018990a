"""All official example resources: valid, searchable, and the same after reading and writing."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.fhir import clinical_time, decode_as, encode_struct, extract, leads, references, struct_for, validate
from tests.conformance.examples import load_examples

pytestmark = pytest.mark.conformance

WRONG = {
    "DeviceMetric-example": (
        "DeviceMetric.parent.reference",
        "names a DeviceDefinition as parent; R4 allows Device only",
    ),
    "DeviceUseStatement-example": (
        "DeviceUseStatement.reasonReference[0].reference",
        "names a Procedure as the reason; R4 allows findings and documents only",
    ),
    "MedicationRequest-medrx0301": (
        "MedicationRequest.dispenseRequest.performer.reference",
        "names a Practitioner as the one who dispenses; R4 allows Organization only",
    ),
    "Observation-clinical-gender": (
        "Observation.performer[0].reference",
        "names an Encounter as the performer; R4 allows people and organisations only",
    ),
    "Questionnaire-qs1": (
        "Questionnaire.item[0].item[0].linkId",
        "groups without linkId, which R4 requires",
    ),
}
"""Examples that break R4 themselves: the first element that is wrong, and why."""

UNREADABLE = {
    "Observation-decimal": "tries decimals beyond 18 digits and exponent ±30, which are refused before any arithmetic",
}

_sorted = msgspec.json.Encoder(decimal_format="number", order="sorted")


@pytest.fixture(scope="module")
def examples() -> dict[str, bytes]:
    return dict(load_examples())


@pytest.fixture(scope="module")
def trees(examples: dict[str, bytes]) -> dict[str, dict]:
    return {name: json.decode(text) for name, text in examples.items() if name not in UNREADABLE}


def test_there_are_732(examples: dict[str, bytes]) -> None:
    assert len(examples) == 732


@pytest.mark.parametrize("name", UNREADABLE)
def test_the_unreadable_are_refused(name: str, examples: dict[str, bytes]) -> None:
    refusal = json.decode(examples[name])
    assert isinstance(refusal, Refusal)
    assert refusal.issues[0].code == "value"


def test_every_example_is_valid(trees: dict[str, dict]) -> None:
    found = {name: validate(tree) for name, tree in trees.items()}
    wrong = {name: issues[0].path for name, issues in found.items() if issues}
    print(f"R4 examples: {len(found) - len(wrong)} of 732 valid")
    assert wrong == {name: path for name, (path, _) in WRONG.items()}


def test_every_example_stays_equal(examples: dict[str, bytes], trees: dict[str, dict]) -> None:
    equal = sum(json.decode(json.encode(tree)) == tree and _digits(tree) for tree in trees.values())
    print(f"R4 examples: {equal} of 732 equal")
    assert equal == 732 - len(UNREADABLE)


def _digits(tree: dict) -> bool:
    return _sorted.encode(json.decode(json.encode(tree))) == _sorted.encode(tree)


def test_every_example_keeps_its_numbers_as_written(examples: dict[str, bytes], trees: dict[str, dict]) -> None:
    for name, tree in trees.items():
        written = [number.decode() for number in _numbers(examples[name])]
        assert sorted(written) == sorted(map(str, _values(tree))), name


def _numbers(text: bytes) -> list[bytes]:
    raw = msgspec.json.Decoder(float_hook=lambda digits: {"digits": digits})
    return [digits.encode() for digits in _raw_values(raw.decode(text))]


def _raw_values(tree: object) -> list[str]:
    if isinstance(tree, dict) and tree.keys() == {"digits"}:
        return [tree["digits"]]
    return _leaves(tree, _raw_values)


def _leaves(tree: object, of: object) -> list:
    if isinstance(tree, dict):
        return [one for value in tree.values() for one in of(value)]
    if isinstance(tree, list):
        return [one for value in tree for one in of(value)]
    return [str(tree)] if type(tree) is int else []


def _values(tree: object) -> list:
    return [tree] if isinstance(tree, Decimal) else _leaves(tree, _values)


def test_every_example_fits_its_typed_structure(examples: dict[str, bytes], trees: dict[str, dict]) -> None:
    equal = 0
    for name, tree in trees.items():
        typed = decode_as(struct_for(tree["resourceType"]), examples[name])
        assert not isinstance(typed, Refusal), name
        again = json.decode(encode_struct(typed))
        assert _sorted.encode(again) == _sorted.encode(tree), name
        equal += 1
    print(f"R4 examples: {equal} of 732 equal as typed structures")


def test_search_values_can_be_taken_from_every_example(trees: dict[str, dict]) -> None:
    rows = 0
    for tree in trees.values():
        values = extract(tree)
        rows += sum(len(getattr(values, name)) for name in values.__struct_fields__)
        assert all(low < high for _, low, high in values.dates)
        assert (tree["id"] in {code for _, _, code, _ in values.tokens}) == ("id" in tree)
        clinical_time(tree)
    print(f"R4 examples: {rows} search values")
    assert rows > 8000


def test_every_reference_of_every_example_is_found(examples: dict[str, bytes], trees: dict[str, dict]) -> None:
    for name, tree in trees.items():
        found = [holder["reference"] for holder, _ in references(tree) if "reference" in holder]
        expected = list(_texts(tree, "reference"))
        others = {"DetectedIssue", "Immunization"}  # have an element called reference that is a uri
        if tree["resourceType"] not in others:
            assert sorted(found) == sorted(expected), name
        for link in leads(tree).links:
            assert link.holder[link.key].startswith("urn:")


def _texts(tree: object, key: str) -> list[str]:
    if isinstance(tree, dict):
        own = [tree[key]] if isinstance(tree.get(key), str) else []
        return own + [one for value in tree.values() for one in _texts(value, key)]
    return [one for value in tree for one in _texts(value, key)] if isinstance(tree, list) else []
