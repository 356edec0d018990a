"""Instants are written as FHIR has them, whatever moment and zone they are of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.kernel.clock import instant

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(timezones=st.just(UTC) | ZONES).filter(lambda moment: 1 < moment.year < 9999)


@given(MOMENTS)
def test_it_is_what_iso_8601_says_in_utc_cut_to_milliseconds(moment: datetime) -> None:
    iso = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    assert instant(moment) == iso.replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("microsecond", "written"),
    [(0, "00.000Z"), (1, "00.000Z"), (999, "00.000Z"), (1000, "00.001Z"), (500000, "00.500Z")],
)
def test_the_fraction_is_cut_and_always_there(microsecond: int, written: str) -> None:
    moment = datetime(2026, 11, 20, 14, 40, 0, microsecond, UTC)
    assert instant(moment) == f"2026-11-20T14:40:{written}"
