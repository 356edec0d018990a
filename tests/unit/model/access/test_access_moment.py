from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from saman.model.access.moment import END, START, begins, is_over

OSLO = ZoneInfo("Europe/Oslo")


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2026", utc(2025, 12, 31, 23), utc(2026, 12, 31, 23)),
        ("2026-12", utc(2026, 11, 30, 23), utc(2026, 12, 31, 23)),
        ("2026-03", utc(2026, 2, 28, 23), utc(2026, 3, 31, 22)),
        ("2026-11-20", utc(2026, 11, 19, 23), utc(2026, 11, 20, 23)),
        # The days on which summer time begins and ends have 23 and 25 hours.
        ("2026-03-29", utc(2026, 3, 28, 23), utc(2026, 3, 29, 22)),
        ("2026-10-25", utc(2026, 10, 24, 22), utc(2026, 10, 25, 23)),
        ("2028-02-29", utc(2028, 2, 28, 23), utc(2028, 2, 29, 23)),
        ("2026-11-20T14:40:00+01:00", utc(2026, 11, 20, 13, 40), utc(2026, 11, 20, 13, 40)),
        ("2026-11-20T14:40:00.25Z", utc(2026, 11, 20, 14, 40, 0, 250000), utc(2026, 11, 20, 14, 40, 0, 250000)),
        ("2016-12-31T23:59:60Z", utc(2017, 1, 1), utc(2017, 1, 1)),
        ("0001", START, START),
        ("0001-01-01T00:00:00+14:00", START, START),
        ("9999", END, END),
        ("9999-12-31", END, END),
        ("9999-12-31T23:59:59-12:00", END, END),
    ],
)
def test_a_date_is_whole_days_where_the_person_lives(text, first, after):
    assert begins(text, OSLO) == first
    assert is_over(text, OSLO) == after


def test_midnight_is_the_zones_own():
    assert begins("2026-11-20", ZoneInfo("Atlantic/Reykjavik")) == utc(2026, 11, 20)
    assert begins("2026-11-20", ZoneInfo("Europe/Helsinki")) == utc(2026, 11, 19, 22)


def test_no_date_is_open():
    assert begins(None, OSLO) is None
    assert is_over(None, OSLO) is None
