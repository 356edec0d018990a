"""Labels and holders: worked out from what is written, never lowered by who writes."""

import pytest

from saman.model.access import (
    Assignment,
    Holder,
    domain_of,
    holder_of,
    is_lowered,
    labels_of,
    may_write,
    sensitivity_of,
    unmet,
)
from saman.model.access.domain import Domain
from saman.model.access.sensitivity import INCLUDED, covered_by
from saman.model.care import codes

LEVEL = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
KIND = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def goal(*said, **more):
    security = [{"system": LEVEL if code in "ULMNRV" else KIND, "code": code} for code in said]
    return {"resourceType": "Goal", "meta": {"security": security}} | more


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ((), "N"), (("N",), "N"), (("V",), "V"), (("L", "R"), "R"), (("PSY",), "R PSY"), (("PSY", "L"), "R PSY"),
        (("SEX", "V", "PSY"), "V PSY SEX"), (("HTEST",), "N"), (("persist",), "N"),
    ],
)  # fmt: skip
def test_labels_are_worked_out(said, kept):
    assert sensitivity_of(goal(*said)) == kept


def test_a_type_may_say_it_by_itself_and_other_systems_say_nothing():
    assert sensitivity_of({"resourceType": "MolecularSequence"}) == "R GDIS"
    assert sensitivity_of({"resourceType": "Goal", "meta": {"security": [{"system": "x", "code": "V"}]}}) == "N"


@pytest.mark.parametrize(
    ("before", "after", "lowered"),
    [
        ((), (), False), ((), ("PSY",), False), (("PSY",), ("PSY", "SEX"), False), (("R",), ("V",), False),
        (("PSY",), (), True), (("PSY",), ("SEX",), True), (("V",), ("R",), True), (("V", "PSY"), ("PSY",), True),
        (("R",), ("PSY",), False),
    ],
)  # fmt: skip
def test_a_label_is_raised_and_never_lowered(before, after, lowered):
    assert is_lowered(goal(*before), goal(*after)) is lowered
    nurse = Assignment(number=1, kind=Holder.STAFF, purpose="TREAT", role="coordinator", party="a")
    said = [words.key for words in unmet((), nurse, goal(*before), goal(*after))]
    assert said == (["access.write.same_labels"] if lowered else [])


def test_denying_reaches_what_is_included_and_permitting_what_is_named_alone():
    assert covered_by(["PSY"], denies=True) == {"PSY", "PSYTHPN"}
    assert covered_by(["R"], denies=True) == {"R", "V"}
    assert covered_by(["R"], denies=False) == {"R"}
    assert covered_by(["PSY"], denies=False) == {"PSY"}
    assert covered_by(["unheard-of"], denies=True) == {"unheard-of"}


def test_what_a_code_includes_is_known_and_complete():
    for code, inside in INCLUDED.items():
        assert set(inside) <= set(INCLUDED), code
        assert {below for one in inside for below in INCLUDED[one]} <= {*inside}, code


@pytest.mark.parametrize(
    ("resource", "party", "holder"),
    [
        ({"custodian": {"reference": "Organization/a"}}, "own", "own"),
        ({"custodian": {"reference": "Organization/a"}, "author": [{"reference": "Organization/b"}]}, "", "a"),
        ({"performer": [{"reference": "Practitioner/1"}, {"reference": "Organization/b/_history/2"}]}, "", "b"),
        ({"performer": [{"actor": {"reference": "Practitioner/1"}, "onBehalfOf": {"reference": "Organization/c"}}]},
         "", "c"),
        ({"owner": {"reference": "Organization/a"}}, "", ""),
        ({"performer": [{"display": "somebody"}]}, "", ""),
    ],
)  # fmt: skip
def test_the_holder_is_the_writer_or_what_an_import_says(resource, party, holder):
    assert holder_of({"resourceType": "Basic"} | resource, party) == holder


def test_an_opening_is_about_access_and_written_by_nobody_but_saman():
    task = {"resourceType": "Task", "status": "requested", "code": codes.concept(codes.TASK, codes.OPENING)}
    assert domain_of(task) is Domain.CONSENT
    assert domain_of({"resourceType": "Task"}) is Domain.PLAN
    for role in ("telemedicine-nurse", "general-practitioner"):
        writer = Assignment(number=1, kind=Holder.STAFF, purpose="TREAT", role=role, party="a")
        assert may_write(writer, "Task", "create").verdict.value == "permit"
        assert "access.write.opening" in [words.key for words in unmet((), writer, None, task)]
        assert "access.write.opening" in [words.key for words in unmet((), writer, task, None)]


def test_labels_say_their_text():
    assert labels_of(goal("PSY")).text == "R PSY"
