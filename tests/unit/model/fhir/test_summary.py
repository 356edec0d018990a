"""Parts of resources are valid, smaller, and say that they are parts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.kernel import json
from saman.model.fhir import RESOURCE_TYPES, validate
from saman.model.fhir.definitions import structure
from saman.model.fhir.summary import SUBSETTED, Part, is_subsetted, marks, part_of
from tests.conformance.examples import load_examples

PARTS = (Part("true"), Part("text"), Part("data"), Part(elements=frozenset({"identifier", "code"})))


@pytest.fixture(scope="module")
def trees() -> list[dict[str, Any]]:
    """Every seventh official example that is valid."""
    decoded = [json.decode(text) for _, text in list(load_examples())[::7]]
    return [one for one in decoded if isinstance(one, dict) and validate(one) == ()]


def test_every_mark_is_of_an_element() -> None:
    for block, names in (*marks().summary.items(), *marks().modifiers.items()):
        if block in structure.blocks:
            assert names <= {one.name.removesuffix("[x]") for one in structure.blocks[block]}
    assert {"id", "meta", "implicitRules"} <= marks().summary["Patient"]
    assert set(RESOURCE_TYPES) <= set(marks().summary)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_an_example_is_valid_and_tagged(part: Part, trees: list[dict[str, Any]]) -> None:
    assert len(trees) > 90
    for tree in trees:
        kept = json.encode(tree)
        made = part_of(tree, part)
        assert validate(made) == (), tree.get("id")
        assert is_subsetted(made)
        assert json.encode(tree) == kept
        assert {name for name in made if name != "meta"} <= set(tree)
        assert part_of(made, part) == made


def test_the_whole_is_itself(trees: list[dict[str, Any]]) -> None:
    assert part_of(trees[0], Part()) is trees[0]
    assert not is_subsetted({"resourceType": "Basic"})
    assert is_subsetted({"resourceType": "Basic", "meta": {"tag": [dict(SUBSETTED)]}})


def test_parts_of_parts_are_cut_too() -> None:
    measure = {
        "resourceType": "ValueSet",
        "status": "draft",
        "compose": {"include": [{"system": "urn:a"}]},
        "expansion": {"timestamp": "2026", "contains": [{"code": "a"}]},
    }
    made = part_of(measure, Part("true"))
    assert "expansion" not in made
    assert "compose" not in made
    contact = {
        "resourceType": "Patient",
        "contact": [{"gender": "male"}],
        "link": [{"other": {"display": "x"}, "type": "refer"}],
    }
    assert set(part_of(contact, Part("true"))) == {"resourceType", "link", "meta"}


@given(st.frozensets(st.sampled_from(["name", "birthDate", "deceased", "nothing", "Patient.gender"])))
def test_elements_by_name(names: frozenset[str]) -> None:
    person = {
        "resourceType": "Patient", "id": "a", "name": [{"family": "F"}], "birthDate": "1950",
        "_birthDate": {"id": "x"}, "deceasedBoolean": False, "gender": "male",
    }  # fmt: skip
    made = part_of(person, Part(elements=names)) if names else part_of(person, Part("text"))
    asked = {name.removeprefix("Patient.") for name in names}
    assert ("gender" in made) == ("gender" in asked)
    assert ("birthDate" in made) == ("birthDate" in asked) == ("_birthDate" in made)
    assert made["id"] == "a"
