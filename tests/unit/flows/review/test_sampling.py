"""Visits, samples, weeks and days that an answer takes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.apps.review.export import guarded
from saman.flows.review.due import working_days_after
from saman.flows.review.sampling import drawn, sample, seed_of, size_of, week_of, week_span
from saman.flows.review.visits import PAUSE, visits
from saman.ops.region import Region, open_region
from saman.record.audit import Logged
from saman.record.review import Note
from tests.unit.flows.review.test_patterns import NOON, logged

OSLO = ZoneInfo("Europe/Oslo")
ROOT = Path(__file__).parents[4]


def test_a_visit_ends_with_a_pause() -> None:
    spans = (timedelta(), PAUSE, 2 * PAUSE + timedelta(seconds=1))
    found = visits(logged("a", NOON + span) for span in spans)
    assert [len(one.entries) for one in found] == [1, 2]


def test_two_people_two_units_and_two_roles_are_different_visits() -> None:
    entries = [
        logged("a"),
        logged("b"),
        logged("a", party="other"),
        logged("a", role="other"),
        logged("a", actor="x/1"),
    ]
    assert len(visits(entries)) == 5


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 300)), max_size=40))
def test_every_entry_is_in_exactly_one_visit(looks: list[tuple[int, int]]) -> None:
    entries: list[Logged] = [logged(f"p{who}", NOON + timedelta(minutes=at)) for who, at in looks]
    told = [one.entry for visit in visits(entries) for one in visit.entries]
    assert sorted(told) == sorted(one.entry for one in entries)


def test_one_in_twenty_at_least_five_at_most_fifty() -> None:
    assert [size_of(total) for total in (0, 3, 5, 100, 101, 400, 5000)] == [0, 3, 5, 5, 6, 20, 50]


def test_a_sample_depends_on_the_seed_and_nothing_else() -> None:
    found = visits(logged(f"p{number}") for number in range(60))
    assert sample(found, "a") == sample(tuple(reversed(found)), "a")
    assert sample(found, "a") != sample(found, "b")
    assert seed_of(b"secret", "x", "2026-W47") != seed_of(b"other", "x", "2026-W47")


def test_each_unit_has_its_own_sample_and_the_newest_note_counts() -> None:
    found = visits([logged("a"), logged("b", party="other")])
    number = next(one.number for one in found if one.first.party == "unit")
    notes = [Note("2026-W47", "unit", number, what, "", "x", NOON) for what in ("serious", "checked")]
    units = drawn(found, "seed", notes)
    assert [(one.unit, one.left) for one in units] == [("other", 1), ("unit", 0)]
    assert units[1].notes[number].found == "checked"


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - made aware
def test_a_moment_lies_in_its_week(moment: datetime) -> None:
    span = week_span(week_of(moment, OSLO), OSLO)
    assert span is not None
    assert span[0] <= moment < span[1]


@pytest.mark.parametrize("week", ["", "2026-W54", "2026-47", "x", "2026-W00"])
def test_what_is_no_week_has_no_span(week: str) -> None:
    assert week_span(week, OSLO) is None


def test_an_answer_is_due_after_working_days_that_are_no_holidays() -> None:
    region = open_region(ROOT / "regions" / "no-agder")
    assert isinstance(region, Region)
    norway = region.model.country
    friday = datetime(2026, 12, 18, 12, 0, tzinfo=UTC)
    due = [working_days_after(norway, friday, days).astimezone(OSLO).date() for days in (1, 4, 5, 7)]
    assert due == [date(2026, 12, 21), date(2026, 12, 24), date(2026, 12, 28), date(2026, 12, 30)]
    assert working_days_after(norway, friday, 1).astimezone(OSLO).hour == 23


@given(st.text())
def test_nothing_a_spreadsheet_runs_comes_first(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert guarded(text).removeprefix("'") == text.removeprefix("'")
