"""Dates, times and durations: comparison, arithmetic, boundaries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.model.fhir.fhirpath import times
from tests.unit.model.fhir.fhirpath.asking import shown
from tests.unit.model.fhir.samples import PATIENT


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("@2026 = @2026", ["true"]),
        ("@2026 = @2026-05", []),
        ("@2026 ~ @2026-05", ["false"]),
        ("@2025 < @2026-05", ["true"]),
        ("@2026-05-31T10:00Z = @2026-05-31T12:00+02:00", ["true"]),
        ("@2026-05-31T10:00:00Z = @2026-05-31T10:00:00.000Z", ["true"]),
        ("@2026-05-31T10:00Z < @2026-05-31T11:00", []),
        ("@2026-05-31T10:00Z < @2026-06-02T11:00", ["true"]),
        ("@2026-06-02T11:00 > @2026-05-31T10:00Z", ["true"]),
        ("@2026-05-31 < @2026-06-02T00:00Z", ["true"]),
        ("@2026-05-31 < @2026-06-01T00:00Z", []),
        ("@9999-12-31 <= @9999-12-31T23:59+14:00", []),
        ("@0001-01-01T00:00+14:00 = @0001-01-01T00:00+14:00", ["true"]),
        ("@T10 < @T11:30", ["true"]),
        ("@T10 < @T10:30", []),
        ("@T10 = @2026", ["false"]),
        ("@2026-05-31 = '2026-05-31'", ["false"]),
        ("birthDate = @1938-11", ["true"]),
        ("birthDate = '1938-11'", ["false"]),
        ("birthDate < @1938-12-01", ["true"]),
        ("birthDate < @1938-11-15", []),
        ("@2024-01-31 + 1 month", ["2024-02-29"]),
        ("@2024-02-29 + 1 year", ["2025-02-28"]),
        ("@2024-02-29 - 1 year", ["2023-02-28"]),
        ("@2026-01-01 - 1 day", ["2025-12-31"]),
        ("@2026 + 23 months", ["2027"]),
        ("@2026 - 23 months", ["2025"]),
        ("@2026 + 364 days", ["2026"]),
        ("@2026-05 + 61 days", ["2026-07"]),
        ("@2026-05-31 + 47 hours", ["2026-06-01"]),
        ("@2026-05-31T23:30Z + 90 minutes", ["2026-06-01T01:00Z"]),
        ("@2026-05-31T23:59:59.900Z + 0.2 seconds", ["2026-06-01T00:00:00.100Z"]),
        ("@2026-05-31T23:59:59Z + 100 milliseconds", ["2026-05-31T23:59:59Z"]),
        ("@T23:30 + 1 hour", ["00:30"]),
        ("@T00:10 - 20 minutes", ["23:50"]),
        ("@T10 + 90 minutes", ["11"]),
        ("@T10:30 + 1 year", ["10:30"]),
        ("@9999-12-31 + 1 day", []),
        ("@9999 + 1 year", []),
        ("@0001-01 - 1 month", []),
        ("@2026-05-31 + 2147483647 years", []),
        ("@2026-05-31 + 9000000000000000000000.0 days", []),
        ("@2026.lowBoundary()", ["2026-01-01"]),
        ("@2024-02.highBoundary()", ["2024-02-29"]),
        ("@2026-05-31T.highBoundary()", ["2026-05-31T23:59:59.999-12:00"]),
        ("@2026-05-31T10:30:15.5Z.highBoundary()", ["2026-05-31T10:30:15.599Z"]),
        ("@2026-05-31.lowBoundary(7)", []),
        ("@T10.highBoundary()", ["10:59:59.999"]),
        ("@2026-05-31T10:30:00.0.precision()", ["17"]),
        ("7 days = 1 week", ["true"]),
        ("12 months = 1 year", ["true"]),
        ("1 year = 365 days", []),
        ("1 year ~ 1 'a'", ["true"]),
        ("60 seconds = 1 'min'", ["true"]),
        ("1 month > 3 weeks", []),
    ],
)
def test_times(expression: str, expected: list[str]) -> None:
    assert shown(expression, PATIENT) == expected


@given(st.dates(), st.integers(-4_000_000, 4_000_000))
def test_days_are_those_of_the_calendar(start: date, days: int) -> None:
    try:
        expected = [(start + timedelta(days=days)).isoformat()]
    except OverflowError:
        expected = []
    sign = "-" if days < 0 else "+"
    assert shown(f"@{start.isoformat()} {sign} {abs(days)} days", PATIENT) == expected


_moments = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1))  # noqa: DTZ001
_zones = st.integers(-12 * 60, 14 * 60)


@given(_moments, _zones, _moments, _zones)
def test_moments_are_in_the_order_in_which_they_happen(one: datetime, zone: int, other: datetime, east: int) -> None:
    first, second = _with_zone(one, zone), _with_zone(other, east)
    expected = (_at(one, zone) > _at(other, east)) - (_at(one, zone) < _at(other, east))
    assert times.order(first, second) == expected
    local = second._replace(zone=None)
    assert times.order(first, local) in (None, expected, times.order(first, _with_zone(other, zone)))


def _with_zone(moment: datetime, zone: int) -> times.PartialTime:
    return times.moment(moment.replace(tzinfo=UTC))._replace(zone=zone)


def _at(moment: datetime, zone: int) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000) - timedelta(minutes=zone)


@given(_moments, _zones)
def test_what_is_written_is_read_again(moment: datetime, zone: int) -> None:
    value = _with_zone(moment, zone)
    assert times.date_time(times.text(value)) == value


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_none(text: str) -> None:
    for read in (times.date, times.date_time, times.time):
        found = read(text)
        assert found is None or times.text(found) == text.removesuffix("T").replace("+00:00", "Z").replace(
            "-00:00", "Z"
        )
