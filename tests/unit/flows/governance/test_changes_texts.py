"""Texts that two people change: nothing of either is lost, and differences can be read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.flows.governance.changes_texts import difference, merged, name_refused, text_refused

texts = st.lists(st.sampled_from(["a", "b", "c", "d: 1", ""]), max_size=12).map(
    lambda lines: "".join(f"{one}\n" for one in lines)
)


@given(base=texts, mine=texts)
def test_where_one_changed_nothing_the_others_text_stands(base: str, mine: str) -> None:
    for found in (merged(base, base, mine), merged(base, mine, base), merged(base, mine, mine)):
        assert found.text == mine
        assert found.clashes == ()


@given(base=texts, theirs=texts, mine=texts)
def test_no_line_that_somebody_wrote_is_lost(base: str, theirs: str, mine: str) -> None:
    found = merged(base, theirs, mine)
    there = found.text.splitlines() + [line for one in found.clashes for line in one.theirs.splitlines()]
    for text in (theirs, mine):
        for line in set(text.splitlines()) - set(base.splitlines()):
            assert line in there


def test_changes_apart_go_together_and_changes_of_the_same_line_clash() -> None:
    base = "one\ntwo\nthree\nfour\nfive\n"
    assert merged(base, base.replace("one", "1"), base.replace("five", "5")).text == "1\ntwo\nthree\nfour\n5\n"
    found = merged(base, base.replace("three", "III"), base.replace("three", "3"))
    assert found.text == base.replace("three", "3")
    assert [(one.line, one.theirs, one.mine) for one in found.clashes] == [(3, "III\n", "3\n")]


@given(before=texts, after=texts)
def test_a_difference_holds_what_went_and_what_came(before: str, after: str) -> None:
    lines = difference(before, after)
    old, new = before.splitlines(), after.splitlines()
    assert all(old[one.before - 1] == one.text for one in lines if one.before)
    assert all(new[one.after - 1] == one.text for one in lines if one.after)
    gone, come = {one.before for one in lines if one.sign == "-"}, {one.after for one in lines if one.sign == "+"}
    assert [line for number, line in enumerate(old, 1) if number not in gone] == [
        line for number, line in enumerate(new, 1) if number not in come
    ]
    assert (lines == ()) == (old == new)


@pytest.mark.parametrize(
    "name", ["agreements.yaml", "services/safety-alarm.yaml", "from-2027-01-01/parties.yaml", "pathways/a-1.yaml"]
)
def test_names_that_a_region_has(name: str) -> None:
    assert name_refused(name) is None


@pytest.mark.parametrize(
    "name",
    ["", "other.yaml", "../region.yaml", "services/../region.yaml", "/region.yaml", "services/a.yml", "region.yaml\n",
     "services/" + "a" * 200 + ".yaml", "services/a/b.yaml", "from-2027/parties.yaml", "services/Å.yaml", "roles.yaml"],
    ids=range(12),
)  # fmt: skip
def test_names_that_it_has_not(name: str) -> None:
    assert name_refused(name) is not None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: \x00\n", 2),
        ("a: 1\n\nb: \x85\n", 3),
        ("\ufeffa: 1\n", 1),
        ("a: \ud800\n", 1),
        ("a:\n  - " + "- " * 60, 2),
    ],
    ids=["nul", "next-line", "mark", "surrogate", "deep"],
)
def test_what_is_refused_is_named_with_its_line(text: str, line: int) -> None:
    found = text_refused("a.yaml", text)
    assert found is not None
    assert dict(found.issues[0].args)["place"] == f"a.yaml:{line}"


def test_broken_text_is_taken_since_the_check_says_what_is_wrong_with_it() -> None:
    assert text_refused("a.yaml", "a: [\n") is None
