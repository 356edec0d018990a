"""Patterns from outside: what they find, and that none of them is ruinous."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.kernel.patterns import Unfitting, pattern


@pytest.mark.parametrize(
    ("text", "inside", "is_in", "is_whole"),
    [
        ("[0-9]{3}", "a123", True, False),
        ("a.b", "a\nb", True, True),
        ("Å+", "ÅÅ", True, True),
        ("^b", "ab", False, False),
        ("", "", True, True),
        ("(a+)+$", "a" * 5000 + "b", False, False),
        (r"\d", "٣", False, False),
    ],
)
def test_patterns_are_found(text: str, inside: str, is_in: bool, is_whole: bool) -> None:
    assert pattern(text).is_in(inside) is is_in
    assert pattern(text).is_whole(inside) is is_whole


def test_what_was_found_has_its_place_and_groups() -> None:
    first, second = pattern(r"(?P<year>\d{4})-(\d\d)(x)?").found("Å 2026-11 og 2027-01x")
    assert first.span == (2, 9)
    assert (first.group(0), first.group("year"), first.group(2), first.group(3)) == ("2026-11", "2026", "11", "")
    assert (second.group(3), second.group(9), second.group("month")) == ("x", "", "")


@pytest.mark.parametrize(
    "text", ["(", "[", "*", r"(a)\1", "(?=a)", "(?<!a)b", "a{1001}", "(a{900}){900}", "x" * 1001, "\\"]
)
def test_what_is_no_pattern_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(Unfitting) as refused:
        pattern(text)
    assert text not in str(refused.value) or len(text) < 3


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_a_pattern_or_is_refused(text: str, inside: str) -> None:
    try:
        found = pattern(text).found(inside)
    except Unfitting:
        return
    assert all(inside[slice(*one.span)] == one.group(0) for one in found)
