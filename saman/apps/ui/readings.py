"""Readings, own limits, gaps and comments as charts and tables need them. Times are on the reader's clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Literal

import msgspec

Outside = Literal["", "under", "over"]


class Point(msgspec.Struct, frozen=True):
    """One reading: when, and its value in the unit of the measure."""

    when: datetime
    value: Decimal


class Limit(msgspec.Struct, frozen=True):
    """A person's own limit and the days it holds for; `since` and `until` (the day it ended) may be open."""

    low: Decimal | None = None
    high: Decimal | None = None
    since: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the limit was in force on `day`."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)

    def outside(self, value: Decimal) -> Outside:
        """On which side of the limit a value is, if any."""
        if self.low is not None and value < self.low:
            return "under"
        return "over" if self.high is not None and value > self.high else ""


class Series(msgspec.Struct, frozen=True):
    """Readings of one kind, oldest first, with the limits they are held against. Blood pressure has two series."""

    points: tuple[Point, ...]
    limits: tuple[Limit, ...] = ()


class Note(msgspec.Struct, frozen=True):
    """A comment in the person's own words, at a day."""

    day: date
    text: str


def outside(point: Point, limits: Iterable[Limit]) -> Outside:
    """On which side of the limit in force on its day a reading is."""
    day = point.when.date()
    for limit in limits:
        if limit.holds(day) and (side := limit.outside(point.value)):
            return side
    return ""


def gaps_between(days: Sequence[date], first: date, last: date, least: int) -> tuple[tuple[date, date], ...]:
    """Stretches without a reading of at least `least` whole days, as first and last day without."""
    edges = [first - timedelta(1), *days, last + timedelta(1)]
    return tuple((a + timedelta(1), b - timedelta(1)) for a, b in pairwise(edges) if (b - a).days - 1 >= least)
