from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from saman.model.care.country import Country
from saman.model.care.load import load_country
from saman.ops.demo.hours import Hours, closed_in, iso, weekend

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-11-20T22:00:00+01:00", "2026-11-23T12:00:00+01:00"),  # Friday night: Monday noon
        ("2026-11-20T14:00:00+01:00", "2026-11-23T10:30:00+01:00"),  # an hour and a half is left on Friday
        ("2026-11-23T08:00:00+01:00", "2026-11-23T12:00:00+01:00"),
        ("2026-11-23T06:15:00+01:00", "2026-11-23T12:00:00+01:00"),
        ("2026-11-23T11:30:00+01:00", "2026-11-23T15:30:00+01:00"),
        ("2026-11-23T15:30:00+01:00", "2026-11-24T12:00:00+01:00"),
        ("2026-11-20T21:00:00Z", "2026-11-23T12:00:00+01:00"),
    ],
)
def test_answers_are_due_after_four_open_hours(received: str, due: str) -> None:
    assert iso(Hours().due(datetime.fromisoformat(received))) == due


def test_a_holiday_moves_the_answer() -> None:
    hours = Hours(lambda day: weekend(day) or day == date(2026, 12, 25))
    assert iso(hours.due(datetime.fromisoformat("2026-12-24T20:00:00+01:00"))) == "2026-12-28T12:00:00+01:00"


def test_the_answer_keeps_the_clock_when_summer_time_ends() -> None:
    assert iso(Hours().due(datetime.fromisoformat("2026-10-23T18:00:00+02:00"))) == "2026-10-26T12:00:00+01:00"


def test_workdays_before_and_after_a_weekend() -> None:
    saturday = date(2026, 11, 21)
    assert Hours().last_workday(saturday) == Hours().workday(saturday) == saturday - timedelta(days=1)
    assert Hours().next_workday(saturday) == saturday + timedelta(days=2)
    assert Hours().workday(date(2026, 11, 20)) == date(2026, 11, 20)


def test_open_from_eight_until_half_past_three() -> None:
    opened = [Hours().is_open(datetime.fromisoformat(f"2026-11-23T{clock}:00+01:00")) for clock in ("07:59", "08:00")]
    closed = [Hours().is_open(datetime.fromisoformat(f"2026-11-23T{clock}:00+01:00")) for clock in ("15:29", "15:30")]
    assert (opened, closed) == ([False, True], [True, False])


def test_the_country_says_on_which_days_the_centre_is_closed() -> None:
    path = "regions/countries/no.yaml"
    country = load_country({path: (ROOT / path).read_text("utf-8")}, path)
    assert isinstance(country, Country)
    closed = closed_in(country)
    assert [day for day in range(1, 32) if closed(date(2027, 5, day))] == [1, 2, 6, 8, 9, 15, 16, 17, 22, 23, 29, 30]
    assert not closed(date(2026, 12, 24))
