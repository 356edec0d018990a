"""One measure over time as a server-made picture with its table twin: own limits, gaps, points outside, comments.

Pure: points, limits and size in, markup out. Coordinates have one decimal. A reading is never red.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
from markupsafe import Markup

from saman.apps.ui import plot
from saman.apps.ui.plot import NARROW, SMALL, Frame, Labels, Size
from saman.apps.ui.readings import Limit, Note, Outside, Point, Series, gaps_between, outside

__all__ = ("NARROW", "SMALL", "Chart", "Labels", "Limit", "Note", "Point", "Series", "Size", "Week", "trend", "weeks")


class Week(msgspec.Struct, frozen=True):
    """One row of the table twin: seven days with their lowest and highest reading, written out."""

    first: date
    last: date
    lowest: str
    highest: str
    count: int
    outside: Outside
    notes: tuple[str, ...]


class Chart(msgspec.Struct, frozen=True):
    """A picture, its table twin (newest week first), and what its key has to explain."""

    svg: Markup
    weeks: tuple[Week, ...]
    has_limit: bool
    gaps: tuple[tuple[date, date], ...]
    notes: tuple[Note, ...]


def trend(
    name: str,
    series: Sequence[Series],
    days: tuple[date, date],
    labels: Labels,
    size: Size = NARROW,
    notes: Sequence[Note] = (),
    rhythm: int = 1,
) -> Chart:
    """The chart of `series` from the first to the last of `days`.

    `name` makes ids unique on the page; `rhythm` is how many days usually lie between two readings: twice that breaks
    the line, four times that (at least four days) is hatched and listed as a gap.
    """
    first, last = days
    shown = [Series(tuple(p for p in one.points if first <= p.when.date() <= last), one.limits) for one in series]
    scale = plot.scale(shown, size)
    size = plot.with_room(size, [labels.number(value) for value in scale])
    frame = Frame(size, first, last, scale[0], scale[-1])
    gaps = gaps_between(sorted({p.when.date() for one in shown for p in one.points}), first, last, max(4, 4 * rhythm))
    kept_notes = tuple(note for note in notes if first <= note.day <= last)
    parts = [
        plot.heading(name, labels),
        *(plot.band(frame, one) for one in shown[:1]),
        plot.grid(frame, scale, labels),
        plot.gaps(frame, name, gaps, labels),
        plot.months(frame, labels),
        *(plot.limits(frame, one, labels if index == 0 else None) for index, one in enumerate(shown)),
        *(plot.line(frame, one, 2 * rhythm) for one in shown),
        plot.notes(frame, kept_notes),
    ]
    svg = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{n}-t {n}-d">{}</svg>').format(
        size.width, size.height, Markup("").join(parts), n=name
    )
    has_limit = any(limit.low is not None or limit.high is not None for one in shown for limit in one.limits)
    return Chart(svg, weeks(shown, first, last, labels, kept_notes), has_limit, gaps, kept_notes)


def weeks(
    series: Sequence[Series], first: date, last: date, labels: Labels, notes: Sequence[Note] = ()
) -> tuple[Week, ...]:
    """The table twin: weeks ending on the last day, newest first."""
    rows = []
    end = last
    while end >= first:
        begin = max(first, end - timedelta(6))
        rows.append(_week(series, begin, end, labels, notes))
        end = begin - timedelta(1)
    return tuple(rows)


def _week(series: Sequence[Series], begin: date, end: date, labels: Labels, notes: Sequence[Note]) -> Week:
    inside = [[point for point in one.points if begin <= point.when.date() <= end] for one in series]
    sides = {outside(point, one.limits) for one, points in zip(series, inside, strict=True) for point in points} - {""}
    return Week(
        begin, end,
        "/".join(labels.number(min(point.value for point in points)) for points in inside if points),
        "/".join(labels.number(max(point.value for point in points)) for points in inside if points),
        max((len(points) for points in inside), default=0),
        "under" if "under" in sides else "over" if sides else "",
        tuple(note.text for note in notes if begin <= note.day <= end),
    )  # fmt: skip
