"""JSON keeps digits, and refuses what would hang arithmetic or what no database keeps."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.kernel import json
from saman.kernel.outcome import Refusal

digits = st.text("0123456789", min_size=1, max_size=18)


@pytest.mark.parametrize("text", ["1.50", "0.00", "-0.0", "100.0", "0.1E-6", "1.0E+2", "-3", "999999999999999999"])
def test_a_number_comes_back_with_its_digits(text: str) -> None:
    again = json.encode(json.decode(text)).decode()
    assert again == text or Decimal(again).as_tuple() == Decimal(text).as_tuple()


@given(digits, st.text("0123456789", min_size=1, max_size=17))
def test_decimals_of_up_to_18_digits_are_kept_and_longer_ones_refused(whole: str, part: str) -> None:
    text = f"{int(whole)}.{part}"
    value = json.decode(f'{{"value":{text}}}')
    if len(Decimal(text).as_tuple().digits) <= json.MAX_DIGITS and Decimal(text).adjusted() >= -json.MAX_EXPONENT:
        assert value == {"value": Decimal(text)}
        assert json.encode(value).decode() == f'{{"value":{text}}}' or Decimal(text) < Decimal("0.000001")
    else:
        assert isinstance(value, Refusal)


@pytest.mark.parametrize(
    "text",
    [
        "1e31",
        "1e-31",
        "1e9999999",
        "1e99999999999999999999",
        "1234567890123456789",
        "-1234567890123456789",
        "0.1234567890123456789",
        "9" * 6000,
        "1." + "9" * 6000,
    ],
)
def test_numbers_beyond_reason_are_refused(text: str) -> None:
    value = json.decode(f'{{"list":[{{"value":{text}}}]}}')
    assert isinstance(value, Refusal)
    assert [(issue.code, issue.text) for issue in value.issues] == [("value", json.TOO_LARGE)]


def test_long_runs_of_digits_in_texts_are_texts() -> None:
    assert json.decode('{"value":"12345678901234567890"}') == {"value": "12345678901234567890"}


def test_the_character_nul_is_refused_wherever_it_hides() -> None:
    assert isinstance(json.decode('{"a":["b\\u0000"]}'), Refusal)
    assert isinstance(json.decode(b'{"\\u0000":1}'), Refusal)
    assert json.decode('"a\\\\u0000"') == "a\\u0000"


@pytest.mark.parametrize("depth", [2_000, 100_000])
def test_what_is_nested_too_deeply_is_refused(depth: int) -> None:
    value = json.decode("[" * depth + "]" * depth)
    assert isinstance(value, Refusal)
    assert value.issues[0].code == "structure"


@pytest.mark.parametrize(
    "text", [b"", b"{", b'{"a":01}', b"\xff", b'"\xff"', b"NaN", b"nul", b'"\\ud800"', b"{}{}", b"Infinity", b"'a'"]
)
def test_what_is_not_json_is_refused_with_its_place(text: bytes) -> None:
    value = json.decode(text)
    assert isinstance(value, Refusal)
    assert value.issues[0].text.startswith("This is not well-formed JSON: ")


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18) + 1, 10**18 - 1) | st.text().filter(lambda one: "\0" not in one),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4),
)


@given(values)
def test_any_value_survives_writing_and_reading(value: object) -> None:
    assert json.decode(json.encode(value)) == value
