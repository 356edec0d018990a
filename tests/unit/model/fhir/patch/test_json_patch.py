"""JSON Patch: never breaks, never changes what it was given, and what it moves is moved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.fhir.patch import patched, read_json_patch
from saman.model.fhir.patch.json_patch import same

PERSON: dict[str, Any] = {
    "resourceType": "Patient", "id": "a", "name": [{"family": "F", "given": ["G", "H"]}], "multipleBirthInteger": 2,
}  # fmt: skip
PATHS = [
    "",
    "/",
    "/id",
    "/name",
    "/name/0",
    "/name/-",
    "/name/1",
    "/name/0/given",
    "/name/0/given/0",
    "/x",
    "/a/b",
    "~",
]
VALUES = st.sampled_from([None, True, 1, Decimal("1.50"), "x", [], {}, ["x"], {"family": "Z"}])
OPERATIONS = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "grow"]),
        "path": st.sampled_from(PATHS),
    },
    optional={"from": st.sampled_from(PATHS), "value": VALUES},
)


def done(*operations: dict[str, Any]) -> Any:
    patch = read_json_patch(list(operations))
    assert not isinstance(patch, Refusal), patch
    return patched(PERSON, patch)


@given(st.lists(OPERATIONS, max_size=8))
def test_whatever_is_sent_is_done_or_refused(operations: list[dict[str, Any]]) -> None:
    kept = json.encode(PERSON)
    patch = read_json_patch(operations)
    if isinstance(patch, Refusal):
        assert patch.status == 400
        return
    made = patched(PERSON, patch)
    assert json.encode(PERSON) == kept
    if isinstance(made, Refusal):
        assert made.status == 422
        assert made.issues[0].path
    else:
        assert (made["id"], made["resourceType"]) == ("a", "Patient")
        assert patched(PERSON, patch) == made


@given(
    st.recursive(
        VALUES, lambda inner: st.lists(inner) | st.dictionaries(st.text("ab~/", max_size=2), inner), max_leaves=8
    )
)
def test_a_value_is_the_same_as_its_copy(value: Any) -> None:
    assert same(value, json.decode(json.encode(value)))
    assert not same([value], [value, value])


def test_numbers_are_compared_by_value_and_never_with_truth() -> None:
    assert same(Decimal("1.50"), Decimal("1.5"))
    assert same(1, Decimal("1.0"))
    assert not same(1, True)
    assert not same(0, False)
    assert not same("1", 1)


def test_what_loses_its_last_content_goes() -> None:
    assert "name" not in done({"op": "remove", "path": "/name/0"})
    assert "name" not in done({"op": "remove", "path": "/name/0/family"}, {"op": "remove", "path": "/name/0/given"})
    made = done({"op": "remove", "path": "/name/0"}, {"op": "add", "path": "/name/-", "value": {"family": "Z"}})
    assert made["name"] == [{"family": "Z"}]


def test_a_value_stands_in_two_places_apart() -> None:
    made = done(
        {"op": "copy", "from": "/name/0", "path": "/name/-"}, {"op": "replace", "path": "/name/1/family", "value": "Z"}
    )
    assert [one["family"] for one in made["name"]] == ["F", "Z"]


def test_a_patch_that_grows_without_end_is_refused() -> None:
    growing = done(*[{"op": "copy", "from": "/name", "path": "/name/-"}] * 100)
    assert isinstance(growing, Refusal)
    deep = done(*[{"op": "copy", "from": "/name", "path": "/name/0"}] * 12)
    assert isinstance(deep, Refusal) or json.encode(deep)
