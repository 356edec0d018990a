"""Dates and times of any precision as ranges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.kernel.outcome import Refusal
from saman.model.fhir import EARLIEST, LATEST, date_range
from saman.model.fhir.moments import value_range


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2026", at(2026, 1, 1), at(2027, 1, 1)),
        ("2026-12", at(2026, 12, 1), at(2027, 1, 1)),
        ("2024-02-29", at(2024, 2, 29), at(2024, 3, 1)),
        ("2026-05-31T14:30Z", at(2026, 5, 31, 14, 30), at(2026, 5, 31, 14, 31)),
        ("2026-05-31T14:30", at(2026, 5, 31, 14, 30), at(2026, 5, 31, 14, 31)),
        ("2026-05-31T14:30:00+02:00", at(2026, 5, 31, 12, 30), at(2026, 5, 31, 12, 30, 1)),
        ("2026-05-31T23:59:60Z", at(2026, 6, 1), at(2026, 6, 1, 0, 0, 1)),
        ("2026-01-01T00:30:00.5+01:00", at(2025, 12, 31, 23, 30, 0, 500000), at(2025, 12, 31, 23, 30, 0, 600000)),
        ("2026-05-31T14:30:00.123456789Z", at(2026, 5, 31, 14, 30, 0, 123456), at(2026, 5, 31, 14, 30, 0, 123457)),
        ("9999", at(9999, 1, 1), LATEST),
        ("9999-12-31", at(9999, 12, 31), LATEST),
        ("0001-01-01T00:00:00+14:00", EARLIEST, EARLIEST + timedelta(seconds=1)),
    ],
)
def test_date_range(text: str, low: datetime, high: datetime) -> None:
    assert date_range(text) == (low, high)


@pytest.mark.parametrize(
    "text", ["", "x", "26", "2026-13", "2026-02-30", "2026-05-31T24:00Z", "20260531", "2026-05-31 "]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    refusal = date_range(text)
    assert isinstance(refusal, Refusal)
    assert refusal.issues[0].code == "value"


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)))  # noqa: DTZ001
def test_a_written_moment_lies_in_its_range(moment: datetime) -> None:
    for text in (
        moment.isoformat(timespec="microseconds"),
        moment.date().isoformat(),
        moment.strftime("%Y-%m").zfill(7),
    ):
        found = date_range(text)
        assert not isinstance(found, Refusal)
        assert found[0] <= moment < found[1]


@given(st.text(alphabet="0123456789-:TZ.+", max_size=30))
def test_any_text_is_a_range_or_refused(text: str) -> None:
    found = date_range(text)
    assert isinstance(found, Refusal) or found[0] <= found[1]


@pytest.mark.parametrize(
    ("type_name", "value", "expected"),
    [
        ("Period", {"start": "2026-05", "end": "2026-06-01"}, (at(2026, 5, 1), at(2026, 6, 2))),
        ("Period", {"start": "2026"}, (at(2026, 1, 1), LATEST)),
        ("Period", {"end": "2026"}, (EARLIEST, at(2027, 1, 1))),
        ("Period", {"id": "x"}, None),
        ("Timing", {"event": ["2026-05-02", "2026-04-01"]}, (at(2026, 4, 1), at(2026, 5, 3))),
        ("Timing", {"repeat": {"boundsPeriod": {"start": "2026-05-01"}}}, (at(2026, 5, 1), LATEST)),
        ("Timing", {"event": [None]}, None),
        ("Timing", {"code": {"text": "daily"}}, None),
        ("date", "2026-05-31", (at(2026, 5, 31), at(2026, 6, 1))),
    ],
)
def test_value_range(type_name: str, value: Any, expected: Any) -> None:
    assert value_range(type_name, value) == expected
