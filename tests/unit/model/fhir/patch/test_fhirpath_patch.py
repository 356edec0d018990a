"""FHIRPath Patch: paths, choices of types, shadows of primitives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.fhir.patch import patched, read_fhirpath_patch

PERSON: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "a",
    "extension": [{"url": "urn:one", "valueString": "1"}, {"url": "urn:two", "valueCode": "b"}],
    "name": [
        {"use": "official", "family": "F", "given": ["G", "H"], "_given": [None, {"id": "h"}]},
        {"use": "usual", "given": ["I"]},
    ],
    "deceasedBoolean": True,
    "multipleBirthInteger": 2,
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'},
}


def operation(kind: str, path: str, **more: Any) -> dict[str, Any]:
    parts = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    return {"name": "operation", "part": [*parts, *({"name": name} | one for name, one in more.items())]}


def done(*operations: dict[str, Any]) -> Any:
    patch = read_fhirpath_patch({"resourceType": "Parameters", "parameter": list(operations)})
    assert not isinstance(patch, Refusal), patch
    kept = json.encode(PERSON)
    made = patched(PERSON, patch)
    assert json.encode(PERSON) == kept
    return made


TEXT = {"valueString": "Z"}


@pytest.mark.parametrize(
    "path",
    [
        "Patient.name[0].family", "name[0].family", "Patient.name.first().family", "Patient.name.family",
        "Patient.name.where(use = 'official').family", "Patient.name.where(use != 'usual').family",
        "Patient.name.where(use = 'official' and given.exists()).family", "Patient.name.where(family.exists()).family",
        "Patient.name.where(period.empty() and use = 'official').single().family",
        "Patient.name.where((use = 'usual').not()).family",
        "Resource.name[0].family", "Patient.name.where(use = 'usual' or use = 'official')[0].family",
        "Patient.name.where(given = 'I').family | {}",
    ],
)  # fmt: skip
def test_ways_to_one_element(path: str) -> None:
    made = done(operation("replace", path, value=TEXT))
    if "|" in path:
        assert isinstance(made, Refusal)
    else:
        assert made["name"][0]["family"] == "Z"
        assert made["name"][1] == PERSON["name"][1]


@pytest.mark.parametrize(
    "path",
    ["Patient.name", "Patient.name.given", "Patient.nothing", "Person.name", "Patient.name[7]", "Patient.name.single()",
     "Patient.managingOrganization.resolve().name", "Patient.name.where(use > 'a').family", "%resource.name", "'text'"],
)  # fmt: skip
def test_ways_to_none_or_several(path: str) -> None:
    assert isinstance(done(operation("replace", path, value=TEXT)), Refusal)


def test_choices_of_types() -> None:
    made = done(operation("replace", "Patient.deceased", value={"valueDateTime": "2026-01-01"}))
    assert (made["deceasedDateTime"], "deceasedBoolean" in made) == ("2026-01-01", False)
    kept = done(operation("replace", "Patient.deceased.ofType(boolean)", value={"valueBoolean": False}))
    assert kept["deceasedBoolean"] is False
    assert isinstance(done(operation("replace", "Patient.deceased", value=TEXT)), Refusal)
    name = {"valueString": "deceased"}
    assert isinstance(done(operation("add", "Patient", name=name, value={"valueDateTime": "2026"})), Refusal)
    again = done(
        operation("delete", "Patient.deceased"), operation("add", "Patient", name=name, value={"valueDateTime": "2026"})
    )
    assert again["deceasedDateTime"] == "2026"


def test_shadows_stay_beside_their_values() -> None:
    at_first = {"valueInteger": 0}
    made = done(operation("insert", "Patient.name[0].given", value=TEXT, index=at_first))
    assert made["name"][0]["given"] == ["Z", "G", "H"]
    assert made["name"][0]["_given"] == [None, None, {"id": "h"}]
    moved = done(operation("move", "Patient.name[0].given", source={"valueInteger": 1}, destination=at_first))
    assert (moved["name"][0]["given"], moved["name"][0]["_given"]) == (["H", "G"], [{"id": "h"}, None])
    less = done(operation("delete", "Patient.name[0].given[1]"))
    assert less["name"][0] == {"use": "official", "family": "F", "given": ["G"]}
    extension = {"part": [{"name": "url", "valueUri": "urn:x"}, {"name": "value", "valueCode": "y"}]}
    more = done(operation("add", "Patient.name[0].family", name={"valueString": "extension"}, value=extension))
    assert more["name"][0]["_family"] == {"extension": [{"url": "urn:x", "valueCode": "y"}]}


def test_extensions_and_narratives() -> None:
    made = done(operation("replace", "Patient.extension('urn:two').value", value={"valueString": "c"}))
    assert made["extension"][1] == {"url": "urn:two", "valueString": "c"}
    div = '<div xmlns="http://www.w3.org/1999/xhtml">y</div>'
    told = done(operation("replace", "Patient.text.div", value={"valueString": div}))
    assert told["text"]["div"] == div


def test_what_is_not_there_is_deleted_already() -> None:
    assert done(operation("delete", "Patient.gender")) == PERSON
    assert isinstance(done(operation("delete", "Patient.name")), Refusal)


def test_a_value_is_not_shared_by_two_places() -> None:
    name = {"valueString": "contact"}
    part = {"part": [{"name": "gender", "valueCode": "male"}]}
    change = operation("replace", "Patient.contact[1].gender", value={"valueCode": "other"})
    made = done(*[operation("add", "Patient", name=name, value=part)] * 2, change)
    assert [one["gender"] for one in made["contact"]] == ["male", "other"]


STEPS = st.sampled_from(
    [
        "Patient",
        "name",
        "family",
        "given",
        "[0]",
        "[1]",
        "where(use = 'official')",
        "first()",
        "last()",
        "deceased",
        "text",
        "div",
        "ofType(boolean)",
        "extension('urn:one')",
        "value",
        "$this",
        "resolve()",
        "where(",
        "'",
        "%a",
        "[-1]",
        "**",
    ]
)


@given(
    st.lists(STEPS, min_size=1, max_size=6).map(lambda steps: ".".join(steps).replace(".[", "["))
    | st.text(max_size=30),
    st.sampled_from(["replace", "delete", "add"]),
)
def test_whatever_is_written_is_done_or_refused(path: str, kind: str) -> None:
    more = {} if kind == "delete" else {"name": {"valueString": "id"}, "value": TEXT}
    sent = {"resourceType": "Parameters", "parameter": [operation(kind, path or " ", **more)]}
    patch = read_fhirpath_patch(sent)
    made = patch if isinstance(patch, Refusal) else patched(PERSON, patch)
    if isinstance(made, Refusal):
        assert made.status in (400, 422)
        assert made.issues[0].path
    else:
        assert made["id"] == "a"


def test_paths_that_look_at_too_much_are_refused() -> None:
    wide = PERSON | {"extension": [{"url": f"urn:{number}", "valueString": "x"} for number in range(1800)]}
    criterion = " and ".join(["url != 'a'"] * 60)
    path = f"Patient.extension.where({criterion}).where(url = 'urn:1')"
    operations = [operation("replace", f"{path}.value", value={"valueString": "y"})] * 20
    patch = read_fhirpath_patch({"resourceType": "Parameters", "parameter": operations})
    assert not isinstance(patch, Refusal), patch
    made = patched(wide, patch)
    assert isinstance(made, Refusal)
    assert made.issues[0].code == "too-costly"
