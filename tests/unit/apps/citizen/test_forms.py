from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.apps.citizen.forms import Unsure, confirmation, parse_answer, parse_kept, parse_number, parse_text
from saman.apps.citizen.views import Answer, Part, Question, Range
from saman.kernel.outcome import Refusal


def between(low: str, high: str) -> Range:
    return Range(low=Decimal(low), high=Decimal(high))


WEIGHT = Part(
    id="weight",
    label="Weight",
    unit="kg",
    digits=1,
    accepted=between("2", "400"),
    possible=between("20", "350"),
    usual=between("69", "74"),
    example="71.8",
)
WEIGH = Question(id="weight", icon="scale", name="Weight", text="?", parts=(WEIGHT,))
UPPER = Part(id="systolic", label="Upper", unit="mmHg", digits=0, accepted=between("20", "400"), example="138")
LOWER = Part(id="diastolic", label="Lower", unit="mmHg", digits=0, accepted=between("10", "300"), example="82")
PRESSURE = Question(id="pressure", icon="cuff", name="Pressure", text="?", parts=(UPPER, LOWER))
FEEL = Question(id="feel", icon="ask", name="Feel", text="?", options=(("usual", "As usual"), ("worse", "Worse")))


@pytest.mark.parametrize(
    ("text", "number"), [("71,8", "71.8"), (" 71.8 ", "71.8"), ("88", "88"), ("71.80", "71.80"), ("007", "7")]
)
def test_a_number_is_read_with_comma_or_point_and_keeps_its_digits(text: str, number: str) -> None:
    assert parse_number(text) == Decimal(number)
    assert str(parse_number(text)) == str(Decimal(number))


@pytest.mark.parametrize(
    "text", ["", "abc", "1.2.3", "1,234.5", "-5", "+5", "1e5", "NaN", "٣", "9999999", "1.2345", "88%"]
)
def test_anything_else_is_no_number(text: str) -> None:
    assert parse_number(text) is None


@given(st.text(max_size=20))
def test_no_text_breaks_the_parser(text: str) -> None:
    number = parse_number(text)
    assert number is None or number >= 0


def test_an_ordinary_number_is_an_answer() -> None:
    assert parse_answer(WEIGH, {"weight": "71,8"}) == Answer(values=(Decimal("71.8"),))


@pytest.mark.parametrize(("text", "code"), [("", "required"), ("abc", "value"), ("718", "value")])
def test_what_cannot_be_stored_names_field_and_mend(text: str, code: str) -> None:
    refusal = parse_answer(WEIGH, {"weight": text})
    assert isinstance(refusal, Refusal)
    assert refusal.status == 422
    assert [(issue.path, issue.code) for issue in refusal.issues] == [("weight", code)]
    assert dict(refusal.issues[0].args) == {"name": "Weight", "example": "71.8"}


@pytest.mark.parametrize(
    ("text", "doubt"), [("68.9", "unusual"), ("74.1", "unusual"), ("19", "impossible"), ("351", "impossible")]
)
def test_a_doubtful_number_is_asked_about_and_then_marked_as_confirmed(text: str, doubt: str) -> None:
    asked = parse_answer(WEIGH, {"weight": text})
    assert isinstance(asked, Unsure)
    assert asked.doubt == doubt
    answer = parse_answer(WEIGH, {"weight": text, "confirmed": confirmation(asked.values)})
    assert answer == Answer(values=(Decimal(text),), confirmed=True)


def test_a_confirmation_counts_only_for_its_own_number() -> None:
    assert isinstance(parse_answer(WEIGH, {"weight": "300", "confirmed": "200"}), Unsure)
    assert parse_answer(WEIGH, {"weight": "70", "confirmed": "200"}) == Answer(values=(Decimal(70),))


def test_the_edges_of_a_range_belong_to_it() -> None:
    assert parse_answer(WEIGH, {"weight": "69"}) == Answer(values=(Decimal(69),))
    assert parse_answer(WEIGH, {"weight": "74"}) == Answer(values=(Decimal(74),))


def test_both_numbers_of_a_pair_are_asked_for_at_once() -> None:
    refusal = parse_answer(PRESSURE, {"systolic": "x"})
    assert isinstance(refusal, Refusal)
    assert [issue.path for issue in refusal.issues] == ["systolic", "diastolic"]


@pytest.mark.parametrize(("upper", "lower"), [("82", "138"), ("100", "100")])
def test_numbers_that_changed_places_are_refused(upper: str, lower: str) -> None:
    refusal = parse_answer(PRESSURE, {"systolic": upper, "diastolic": lower})
    assert isinstance(refusal, Refusal)
    assert refusal.issues[0].path == "systolic"


def test_a_choice_is_one_of_those_offered() -> None:
    assert parse_answer(FEEL, {"choice": "worse"}) == Answer(choice="worse")
    assert isinstance(parse_answer(FEEL, {"choice": "better"}), Refusal)
    assert isinstance(parse_answer(FEEL, {}), Refusal)


def test_every_question_can_be_left_for_today() -> None:
    for question in (WEIGH, PRESSURE, FEEL):
        assert parse_answer(question, {"not_today": "1", "weight": "abc"}) == Answer(not_today=True)


class Draft:
    questions = (WEIGH, PRESSURE, FEEL)


def test_what_a_device_kept_is_read_question_by_question() -> None:
    fields = {"weight.weight": "71,8", "pressure.systolic": "138", "feel.choice": "usual", "other.x": "1", "send": "1"}
    parsed = parse_kept(Draft, fields)  # type: ignore[arg-type]
    assert parsed["weight"] == Answer(values=(Decimal("71.8"),))
    assert isinstance(parsed["pressure"], Refusal)
    assert parsed["feel"] == Answer(choice="usual")
    assert set(parsed) == {"weight", "pressure", "feel"}


def test_texts_are_trimmed_required_and_bounded() -> None:
    assert parse_text({"text": "  hello \n"}, "text", 10, required=True) == "hello"
    assert parse_text({}, "text", 10, required=False) == ""
    for fields in ({"text": "  "}, {"text": "x" * 11}):
        refusal = parse_text(fields, "text", 10, required=True)
        assert isinstance(refusal, Refusal)
        assert refusal.issues[0].path == "text"
