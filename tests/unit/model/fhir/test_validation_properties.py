"""Whatever is broken in a valid resource is found, at the element where it was broken."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from saman.kernel import json
from saman.model.fhir import extract, validate
from saman.model.fhir.definitions import PRIMITIVES, structure, value_sets
from saman.model.fhir.primitives import primitives
from tests.conformance.examples import load_examples
from tests.unit.model.fhir.samples import ALL

NAMES = {"Patient-example", "Observation-blood-pressure", "Task-example1", "CarePlan-example", "Bundle-father",
         "MedicationRequest-medrx0303", "Questionnaire-bb", "Encounter-f001", "Appointment-example", "Group-101",
         "ServiceRequest-example", "Communication-example", "Consent-consent-example-basic"}  # fmt: skip
RESOURCES = [*ALL, *(json.decode(text) for name, text in load_examples() if name in NAMES)]


class Place(NamedTuple):
    """An element of a resource: the object it is in, that object's block, its name, its type, where it is."""

    holder: dict[str, Any]
    block: str
    name: str
    type: str
    path: str


def places(value: dict[str, Any], block: str, path: str) -> list[Place]:
    """Every element at any depth, one entry an element that is given."""
    known = {name: one for element in structure.blocks[block] for name, one in element.json_names()}
    found = []
    for name, given_value in value.items():
        if name in known:
            found.append(Place(value, block, name, known[name], f"{path}.{name}"))
            items = enumerate(given_value) if isinstance(given_value, list) else [(None, given_value)]
            for index, item in items:
                if isinstance(item, dict):
                    place = f"{path}.{name}" + ("" if index is None else f"[{index}]")
                    found += places(item, item["resourceType"] if known[name] == "Resource" else known[name], place)
    return found


@st.composite
def broken(draw: st.DrawFn) -> tuple[dict[str, Any], Place]:
    """A copy of a valid resource and one of its elements, chosen to be broken."""
    resource = deepcopy(draw(st.sampled_from(RESOURCES)))
    return resource, draw(st.sampled_from(places(resource, resource["resourceType"], resource["resourceType"])))


def element(place: Place) -> Any:
    return next(one for one in structure.blocks[place.block] if place.name in dict(one.json_names()))


def paths(resource: dict[str, Any]) -> list[str]:
    return [issue.path for issue in validate(resource)]


def is_named(place: Place, resource: dict[str, Any]) -> bool:
    """Whether an issue names the element, its first entry where it is a list, or the type that it lacks."""
    inside = (f"{place.path}[0]", f"{place.path}.resourceType")
    return any(path == place.path or path.startswith(inside) for path in paths(resource))


def test_the_resources_are_valid() -> None:
    assert len(RESOURCES) == len(NAMES) + len(ALL)
    assert all(validate(resource) == () for resource in RESOURCES)


@given(broken())
def test_a_missing_required_element(sample: tuple[dict[str, Any], Place]) -> None:
    resource, place = sample
    del place.holder[place.name]
    known = element(place)
    if known.min and f"_{place.name}" not in place.holder and place.holder:
        assert f"{place.path.rpartition('.')[0]}.{known.name}" in paths(resource)
    elif place.holder and f"_{place.name}" not in place.holder:
        # A coding that loses its system no longer satisfies the binding of the concept around it.
        assert all(place.path.startswith(f"{path}.") for path in paths(resource))


@given(broken())
def test_null(sample: tuple[dict[str, Any], Place]) -> None:
    resource, place = sample
    place.holder[place.name] = None
    assert place.path in paths(resource)


@given(broken(), st.sampled_from([{}, [], "", [[]], [{}], [""]]))
def test_empty(sample: tuple[dict[str, Any], Place], empty: Any) -> None:
    resource, place = sample
    place.holder[place.name] = empty
    assert is_named(place, resource)


@given(broken(), st.sampled_from([True, 1, "text", [1], {"x": 1}]))
def test_the_wrong_json_type(sample: tuple[dict[str, Any], Place], value: Any) -> None:
    resource, place = sample
    many = element(place).max != 1
    fits = (isinstance(value, list) == many) and _could_be(
        place, value[0] if many and isinstance(value, list) else value
    )
    if not fits:
        place.holder[place.name] = value
        assert any(path.startswith(place.path) for path in paths(resource))


def _could_be(place: Place, value: Any) -> bool:
    if place.type in PRIMITIVES:
        return primitives[place.type].valid(value)
    return False


@given(broken(), st.from_regex(r"[a-z]{3,8}X", fullmatch=True))
def test_an_unknown_element(sample: tuple[dict[str, Any], Place], name: str) -> None:
    resource, place = sample
    place.holder[name] = "x"
    assert f"{place.path.rpartition('.')[0]}.{name}" in paths(resource)


@given(broken())
def test_a_code_that_is_not_in_the_value_set(sample: tuple[dict[str, Any], Place]) -> None:
    resource, place = sample
    known = element(place)
    if known.value_set and place.type == "code":
        assert value_sets[known.value_set]
        wrong = "not-a-code"
        place.holder[place.name] = [wrong] if known.max != 1 else wrong
        assert is_named(place, resource)
        assert [issue.code for issue in validate(resource)] == ["code-invalid"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(broken(), _JSON)
def test_anything_anywhere_is_judged_and_what_is_valid_can_be_searched(
    sample: tuple[dict[str, Any], Place], value: Any
) -> None:
    resource, place = sample
    place.holder[place.name] = value
    if not validate(resource):
        extract(resource)


@given(_JSON)
def test_anything_at_all_is_judged(value: Any) -> None:
    assert validate(value) != ()
