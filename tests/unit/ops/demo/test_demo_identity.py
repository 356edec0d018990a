from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.ops.demo.identity import NATIONAL_NUMBER, phone, synthetic_number, with_check_digits

_dates = st.dates(date(1900, 1, 1), date(2026, 12, 31))


def _is_right(number: str) -> bool:
    """The rule as the register states it: both weighted sums are multiples of eleven."""
    digits = [int(digit) for digit in number]
    first = sum(w * d for w, d in zip((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), digits, strict=False))
    second = sum(w * d for w, d in zip((5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), digits, strict=True))
    return first % 11 == 0 and second % 11 == 0


def test_a_published_example_of_the_test_series_has_these_check_digits() -> None:
    assert with_check_digits("109155967") == "10915596784"  # from the readme of navikt/fnrvalidator


def test_a_stem_whose_check_digit_would_be_ten_gives_no_number() -> None:
    stems = [f"010180{individual:03}" for individual in range(100)]
    numbers = [with_check_digits(stem) for stem in stems]
    assert "" in numbers
    assert all(_is_right(number) for number in numbers if number)


@given(_dates, st.sampled_from(("female", "male")), st.integers(0, 30))
def test_numbers_tell_birth_date_sex_and_that_they_are_tests(born: date, sex: str, turn: int) -> None:
    number = synthetic_number(born, sex, turn)
    assert _is_right(number)
    assert number[:2] == f"{born.day:02}"
    assert int(number[2:4]) == born.month + 80
    assert number[4:6] == f"{born.year % 100:02}"
    assert (int(number[8]) % 2 == 0) == (sex == "female")


def test_turns_give_different_numbers() -> None:
    assert len({synthetic_number(date(1948, 3, 14), "female", turn) for turn in range(20)}) == 20


@pytest.mark.parametrize("turn", [0, 7, 4711, 123456])
def test_telephone_numbers_belong_to_nobody(turn: int) -> None:
    assert phone(turn)["value"].startswith("+47 00 00 ")


def test_everybody_has_one_number_and_nobody_the_same(by_place: dict[str, dict]) -> None:
    patients = [each for place, each in by_place.items() if place.startswith("Patient/")]
    numbers = [n["value"] for each in patients for n in each["identifier"] if n["system"] == NATIONAL_NUMBER]
    assert len(patients) == 62
    assert len(numbers) == len(set(numbers)) == 62
    assert all(_is_right(number) and int(number[2:4]) > 80 for number in numbers)


def test_who_is_close_to_several_people_has_one_number_everywhere(by_place: dict[str, dict]) -> None:
    def number(place: str) -> str:
        (found,) = (each["value"] for each in by_place[place]["identifier"] if each["system"] == NATIONAL_NUMBER)
        return found

    for_whom = ("", "-for-yasmin-al-khatib", "-for-noor-al-khatib")
    (samir,) = {number(f"RelatedPerson/samir-al-khatib{one}") for one in for_whom}
    assert _is_right(samir)
    for one, other in (("leif", "gerd"), ("gerd", "leif")):
        close = number(f"RelatedPerson/{one}-haugland-for-{other}-haugland")
        assert close == number(f"Patient/{one}-haugland")
    numbers = [n["value"] for place, each in by_place.items() if place[:8] == "Patient/" for n in each["identifier"]]
    assert samir not in numbers
