"""The terms of the rows of law: read whole or refused, in force by their dates, and never law when set here."""

from datetime import UTC, datetime

import pytest
from msgspec import convert
from msgspec.structs import replace

from saman.kernel.outcome import Refusal
from saman.model.access import read_country
from saman.model.access.row import LAW_ROWS
from saman.model.access.terms import (
    EuropeanAccess,
    LogKeep,
    LogShow,
    RestrictionVisible,
    may_say_law,
    of_kind,
    opening_at,
    row_at,
    terms_at,
)
from saman.model.access.terms_kinds import TERMS_OF

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = datetime(2032, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def countries(country_text, roles):
    return {code: read_country(code, country_text(code), roles) for code in ("se", "no", "dk", "fi", "is")}


def test_the_rows_with_terms_are_those_without_reading_rules():
    reading = {*(f"R{n:02}" for n in (1, 2, 3, 4, 15, 16, 17, 18)), "P01", "P02", "P03", "P04", "P05"}
    assert set(LAW_ROWS) - set(TERMS_OF) == reading
    assert set(TERMS_OF) < set(LAW_ROWS)


@pytest.mark.parametrize("row_id", LAW_ROWS)
@pytest.mark.parametrize("code", ["se", "no", "dk", "fi", "is"])
def test_every_version_of_such_a_row_has_its_terms(code, row_id, countries):
    for row in countries[code].rows:
        if row.id == row_id:
            assert type(row.terms) is TERMS_OF.get(row_id, type(None))
    assert isinstance(terms_at(countries[code], row_id, LATER), TERMS_OF.get(row_id, type(None)))


# Row, what to put in place of what, the line that is named (by a text on it), and what is said.
BAD = [
    ("R05", "units: [item, part, all]", "units: []", "units: []", "length >= 1"),
    ("R05", "units: [item, part, all]", "units: [row]", "units: [row]", "Invalid enum value 'row'"),
    ("R06", "visible: existence", "visible: shown", "visible: shown", "Invalid enum value 'shown'"),
    ("R06", "in_emergency: existence", "in_emergency: hidden", "id: R06", "less than ordinary care"),
    ("R07", "allowed: true", "allowed: false", "id: R07", "has ages"),
    ("R08", "    terms:\n      grounds: [weighty_reasons]\n", "", "id: R08", "has no `terms`"),
    ("R08", "grounds: [weighty_reasons]", "ground: [weighty_reasons]", "ground: [", "unknown field `ground`"),
    ("R09", "steps: 1\n", "steps: 3\n", "steps: 3", "Invalid enum value 3"),
    ("R09", "      steps: 1\n", "", "terms:", "missing required field `steps`"),
    ("R09", "reason: true", "reason: true\n      inform: true", "id: R11", "has the person told"),
    ("R10", "longest: P1D", "longest: one day", "longest: one day", "matching regex"),
    ("R10", "longest: P1D", "longest: P0D", "longest: P0D", "matching regex"),
    ("R10", "whose: [person]", "whose: []", "whose: []", "length >= 1"),
    ("R10", "set_here: [longest, whose]", "set_here: [longer]", "id: R10", "unknown term `longer`"),
    ("R11", "after: [log, review]", "after: [log, inform]", "id: R11", "do not go together"),
    ("R11", "review_within: P1D", "review_within: P1D\n      inform_within: P1D", "id: R11", "do not go together"),
    ("R14", "    terms:\n", "    terms: 3\n", "terms: 3", "R14"),
    ("R15", "    status: S\n", "    status: S\n    terms: {age: 12}\n", "id: R15", "none belong to this row"),
    ("R20", "keep: P5Y", "keep: P2Y", "id: R21", "longer than it is kept"),
    ("R21", "answer_days: 10", "answer_days: 0", "answer_days: 0", "`int` >= 1"),
    ("R21", "show: P5Y", "show: P5Y\n      show_with_reason: P5Y", "id: R21", "no more is shown than without"),
    ("R21", "show: P5Y", "show: P2Y\n      show_with_reason: P6Y", "id: R21", "longer than it is kept"),
    ("R21", "show: P5Y", "show: P2Y", "id: R21", "for less time than EU01 says"),
    ("R26", "level: high", "level: highest", "level: highest", "Invalid enum value 'highest'"),
    ("EU01", "show: P3Y", "show: P9Y", "id: EU01", "longer than it is kept"),
]


@pytest.mark.parametrize(("row", "old", "new", "place", "wrong"), BAD)
def test_a_bad_term_is_named_with_file_line_row_and_mend(row, old, new, place, wrong, country_text, roles):
    text = country_text("no")
    start = text.index(f"  - id: {row}\n")
    if old == "    terms:\n":
        end = text.index("\n\n", start)
        text = text[: text.index(old, start)] + new + text[end + 1 :]
    else:
        assert old in text[start:]
        text = text[:start] + text[start:].replace(old, new, 1)
    refusal = read_country("no.access.yaml", text, roles)
    assert isinstance(refusal, Refusal)
    issue = next(each for each in refusal.issues if wrong in each.text)
    line = text.splitlines()[int(issue.path.removeprefix("no.access.yaml:")) - 1]
    assert place in line
    named = place.removeprefix("id: ") if place.startswith("id: ") else row
    assert f"Row {named}: " in issue.text
    assert len(dict(issue.args)["mend"]) > 10


def test_what_a_restriction_shows_changes_with_the_day(countries):
    seen = {code: of_kind(policy, RestrictionVisible, NOW) for code, policy in countries.items()}
    assert {code: terms.visible for code, terms in seen.items()} == {
        "se": "existence",
        "no": "existence",
        "dk": "existence",
        "fi": "hidden",
        "is": "existence",
    }
    assert {code for code, terms in seen.items() if terms.in_emergency == "existence_and_holder"} == {"se"}
    assert {code for code, terms in seen.items() if terms.seen_by == "custodian"} == {"is"}
    for policy in countries.values():
        last = datetime(2029, 3, 26, tzinfo=policy.zone)
        assert of_kind(policy, RestrictionVisible, last).visible == "hidden"
    sweden = countries["se"]
    midnight = datetime(2029, 3, 25, 22, tzinfo=UTC)
    assert of_kind(sweden, RestrictionVisible, midnight).visible == "hidden"
    assert of_kind(sweden, RestrictionVisible, midnight.replace(hour=21, minute=59)).visible == "existence"


def test_europe_says_nothing_before_its_day(countries):
    for policy in countries.values():
        assert terms_at(policy, "EU01", NOW) is None
        assert row_at(policy, "EU01", NOW) is None
        assert of_kind(policy, EuropeanAccess, LATER).show == "P3Y"
        assert "images" in of_kind(policy, EuropeanAccess, LATER).categories
        assert "images" not in of_kind(policy, EuropeanAccess, datetime(2030, 1, 1, tzinfo=UTC)).categories


def test_how_long_the_log_is_kept_and_shown(countries):
    kept = {code: of_kind(policy, LogKeep, NOW).keep for code, policy in countries.items()}
    shown = {code: of_kind(policy, LogShow, NOW).show for code, policy in countries.items()}
    assert kept == {"se": "P5Y", "no": "P5Y", "dk": "P5Y", "fi": "P12Y", "is": "P5Y"}
    assert shown == {"se": "P5Y", "no": "P5Y", "dk": "P2Y", "fi": "P2Y", "is": "P5Y"}
    assert {of_kind(policy, LogShow, LATER).show for policy in countries.values()} == {"P5Y", "P3Y"}
    names = {code for code, policy in countries.items() if of_kind(policy, LogShow, NOW).staff == "name"}
    assert names == {"no", "dk", "fi", "is"}


# Grounds, steps, longest, whose, what follows, and which of the four rows may be shown as law.
OPENINGS = {
    "se": (("consent", "incapable_and_needed"), 2, "P7D", ("person", "unit"), "log review inform", "R08 R09 R10 R11"),
    "no": (("weighty_reasons",), 1, "P1D", ("person",), "log review", "R08 R11"),
    "dk": (("overriding_interest",), 1, "P1D", ("person",), "log national_log", "R08 R11"),
    "fi": (("statutory_right",), 1, "P1D", ("person",), "log ground", "R11"),
    "is": (("needed_for_treatment",), 1, "P1D", ("person",), "inform", "R08 R09 R11"),
}


@pytest.mark.parametrize("code", OPENINGS)
def test_how_a_closed_part_is_opened(code, countries):
    opening = opening_at(countries[code], NOW)
    assert opening is not None
    assert opening.rows == ("R08", "R09", "R10", "R11")
    assert (
        opening.grounds,
        opening.steps,
        opening.longest,
        opening.whose,
        " ".join(opening.after),
        " ".join(opening.confirmed),
    ) == OPENINGS[code]
    assert opening.reason
    assert opening.inform_within == ("P1D" if "inform" in opening.after else None)
    assert "R11.review_within" in opening.set_here
    assert ("R10.longest" in opening.set_here) is (code != "se")


def test_without_one_of_its_rows_nothing_is_opened(countries):
    policy = countries["se"]
    for row_id in ("R08", "R09", "R10", "R11"):
        without = replace(policy, rows=tuple(row for row in policy.rows if row.id != row_id))
        assert opening_at(without, NOW) is None


def test_a_term_is_law_only_where_a_source_gave_it(countries):
    iceland = countries["is"]
    steps, shown = row_at(iceland, "R09", NOW), row_at(iceland, "R21", NOW)
    assert may_say_law(steps, "steps")
    assert not may_say_law(steps, "reason")
    assert not may_say_law(shown, "answer_days")
    assert not may_say_law(row_at(iceland, "R20", NOW), "keep")
    assert not may_say_law(row_at(iceland, "R01", NOW), "anything")


def test_terms_have_shapes_that_refuse_what_they_do_not_know():
    for shape in TERMS_OF.values():
        with pytest.raises(Exception, match=r"unknown field `other`|missing required field"):
            convert({"other": 1}, shape)
        assert shape.__doc__
