"""Durations of the terms: calendar years and months where people live, days of 24 hours."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from saman.model.access.moment import END, START
from saman.model.access.terms_time import earlier, later, longest_days

OSLO = ZoneInfo("Europe/Oslo")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2026-11-22T10:00", "P7D", "2026-11-29T10:00"),
        ("2026-11-22T10:00", "PT24H", "2026-11-23T10:00"),
        ("2026-11-22T10:00", "PT90M", "2026-11-22T11:30"),
        ("2026-10-24T10:00", "P1D", "2026-10-25T10:00"),
        ("2026-10-24T10:00", "P1M", "2026-11-24T11:00"),
        ("2026-01-31T10:00", "P1M", "2026-02-28T10:00"),
        ("2024-02-29T10:00", "P5Y", "2029-02-28T10:00"),
        ("2026-12-31T23:30", "P2Y", "2028-12-31T23:30"),
        ("2026-11-22T10:00", "P18M", "2028-05-22T09:00"),
    ],
)
def test_later(start, duration, end):
    assert later(at(start), duration, OSLO) == at(end)


@pytest.mark.parametrize(
    ("end", "duration", "start"),
    [
        ("2026-11-22T10:00", "P5Y", "2021-11-22T10:00"),
        ("2026-03-31T10:00", "P1M", "2026-02-28T11:00"),
        ("2026-01-15T10:00", "P1M", "2025-12-15T10:00"),
        ("2026-11-22T10:00", "P7D", "2026-11-15T10:00"),
    ],
)
def test_earlier(end, duration, start):
    assert earlier(at(end), duration, OSLO) == at(start)


def test_time_ends_where_the_record_ends():
    assert later(END, "P1Y", OSLO) == END
    assert earlier(at("1901-01-01T00:00"), "P100Y", OSLO) == START
    assert later(at("9998-12-31T00:00"), "P300D", OSLO) == END
    assert later(END, "P9999D", OSLO) == END
    assert earlier(START, "P9999D", OSLO) == START


@pytest.mark.parametrize(
    ("duration", "days"), [("P5Y", 1830), ("P2M", 62), ("P7D", 7), ("PT24H", 1), ("PT25H", 2), ("PT1M", 1)]
)
def test_how_many_days_it_is_at_most(duration, days):
    assert longest_days(duration) == days
