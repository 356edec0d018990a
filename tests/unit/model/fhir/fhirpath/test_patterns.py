"""Regular expressions: what they find is what Python finds, and none runs away."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.kernel.bounds import bounds
from saman.model.fhir.fhirpath.patterns import matches, matches_full
from saman.model.fhir.fhirpath.patterns import replace_matches as replaced
from saman.model.fhir.fhirpath.values import MAX_TEXT, Unfit

_atoms = st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", "[a-b]", r"\d", r"\w", r"\S", "^", "$", r"\b", "1"])
_regexes = st.recursive(
    _atoms,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        inner.map(lambda one: f"({one})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "+?", "{2}", "{1,2}", "{2,}"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=8,
)
_subjects = st.text(alphabet="abc1 \n", max_size=12)


@given(_subjects, _regexes)
def test_what_is_found_is_what_python_finds(text: str, pattern: str) -> None:
    python = pattern.replace("$", r"\Z")
    assert matches(text, pattern) == bool(re.search(python, text, re.DOTALL | re.ASCII))
    assert matches_full(text, pattern) == bool(re.fullmatch(python, text, re.DOTALL | re.ASCII))


@given(_subjects, _regexes)
def test_what_is_replaced_is_what_python_replaces(text: str, pattern: str) -> None:
    if not matches("", pattern):
        python = re.sub(pattern.replace("$", r"\Z"), "<>", text, flags=re.DOTALL | re.ASCII)
        empty = any(one.start() == one.end() for one in re.finditer(pattern.replace("$", r"\Z"), text, re.DOTALL))
        assert empty or replaced(text, pattern, "<>") == python


@given(st.text(max_size=20), st.text(alphabet="ab()[]{}*+?|\\^$.-1,pdwux<>:=!", max_size=25), st.text(max_size=10))
def test_any_pattern_is_used_or_refused(text: str, pattern: str, by: str) -> None:
    try:
        found = replaced(text, pattern, by)
    except Unfit:
        return
    assert isinstance(found, str)


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a*)*b", "(a|a)*b", "(a|aa)+$", "(.*a){12}b", r"([a-z]+)*\d", "(a?){40}a{40}b"]
)
def test_no_pattern_runs_away(pattern: str) -> None:
    assert not matches("a" * 50_000 + "!", pattern)


@pytest.mark.parametrize(
    ("text", "pattern", "by", "expected"),
    [
        ("11/30/1972", r"\b(?<m>\d{1,2})/(?<d>\d{1,2})/(?<y>\d{4})\b", "${y}-${m}-${d}", "1972-11-30"),
        ("ab", "(a)(b)", r"$2\$$1$9", "b$a"),
        ("aXbX", "x?X", "", "ab"),
        ("a.b", r"\.", "-", "a-b"),
        ("Østby", r"\p{Lu}", "x", "xstby"),
        ("Østby", r"\P{Lu}+", "x", "Øx"),
        ("a-b]", r"[\]\-]", "", "ab"),
        ("a\tb", r"\x09|", "", "ab"),
        ("é", r"\u00e9", "e", "e"),
    ],
)
def test_replacing(text: str, pattern: str, by: str, expected: str) -> None:
    assert replaced(text, pattern, by) == expected


@pytest.mark.parametrize(
    "pattern",
    ["(", "a)", "[a", "[z-a]", "*", "a{3,1}", "(?=a)", "(?<!a)", r"\1", r"\q", "\\", r"\u12",
     "a{1000}{1000}", "(((a{999}){999}){999})", "a" * (bounds().pattern + 1)],
)  # fmt: skip
def test_what_is_refused(pattern: str) -> None:
    with pytest.raises(Unfit):
        matches("aaa", pattern)


def test_what_is_made_is_limited() -> None:
    with pytest.raises(Unfit):
        replaced("a" * (MAX_TEXT // 100), "(a*)", "$1" * 400)
