"""The parts of a chart as SVG markup. Coordinates have one decimal; a reading is never red."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

import msgspec
from markupsafe import Markup

from saman.apps.ui.readings import Limit, Note, Point, Series, outside


class Size(msgspec.Struct, frozen=True):
    """Picture size and margins in user units (about pixels at the width it is shown in)."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    ticks: int
    point: float
    text: str
    label_limit: bool


NARROW: Final = Size(330, 260, 34, 10, 14, 26, 7, 3.6, "t13", label_limit=True)
SMALL: Final = Size(300, 132, 30, 8, 8, 22, 4, 3, "t12", label_limit=False)


DIGIT, AWAY = 7, 6
"""Width of a digit in the picture, on the safe side, and how far a number stands from the plot."""


class Labels(msgspec.Struct, frozen=True):
    """Words in the picture, in the reader's language; `limit` is what stands at the limit line."""

    title: str
    description: str
    no_readings: str
    limit: str
    month: Callable[[date], str]
    number: Callable[[Decimal], str]


class Frame(msgspec.Struct, frozen=True):
    """Maps days and values to the picture."""

    size: Size
    first: date
    last: date
    low: Decimal
    high: Decimal

    def x(self, day: date) -> float:
        """Horizontal place of a day."""
        span = max(1, (self.last - self.first).days)
        inner = self.size.width - self.size.left - self.size.right
        return round(self.size.left + inner * (day - self.first).days / span, 1)

    def y(self, value: Decimal) -> float:
        """Vertical place of a value; beyond the scale it stays at the edge."""
        share = float((value - self.low) / (self.high - self.low))
        return round(self.floor - (self.floor - self.size.top) * min(1.0, max(0.0, share)), 1)

    @property
    def floor(self) -> int:
        """Where the horizontal axis lies."""
        return self.size.height - self.size.bottom

    @property
    def right(self) -> int:
        """Where the plot ends."""
        return self.size.width - self.size.right


def scale(series: Sequence[Series], size: Size) -> list[Decimal]:
    """Round numbers that hold every reading and limit: the axis, lowest first."""
    values = [point.value for one in series for point in one.points]
    values += [edge for one in series for limit in one.limits for edge in (limit.low, limit.high) if edge is not None]
    low, high = (min(values), max(values)) if values else (Decimal(0), Decimal(1))
    step = _step((high - low) / (size.ticks - 1) if high > low else Decimal(1))
    bottom = (low / step).to_integral_value(ROUND_FLOOR) * step
    top = (high / step).to_integral_value(ROUND_CEILING) * step
    if low - bottom < step / 4:
        bottom -= step
    if top - high < step / 4 or top == bottom:
        top += step
    return [bottom + step * number for number in range(int((top - bottom) / step) + 1)]


def _step(least: Decimal) -> Decimal:
    """The smallest of 1, 2, 5 times a power of ten that is at least `least`."""
    power = Decimal(1).scaleb(least.adjusted())
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)


def with_room(size: Size, numbers: Iterable[str]) -> Size:
    """The size with a left margin in which the longest of the axis' numbers has room."""
    longest = max(map(len, numbers), default=0)
    return msgspec.structs.replace(size, left=max(size.left, longest * DIGIT + AWAY + 2))


_HEADING: Final = Markup(
    '<title id="{n}-t">{}</title><desc id="{n}-d">{}</desc>'
    '<defs><pattern id="hatch-{n}" width="6" height="6" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="6" stroke-width="1"/></pattern></defs>'
)
_TICK: Final = Markup(
    '<line class="grid" x1="{}" x2="{}" y1="{y}" y2="{y}"/><text x="{}" y="{}" text-anchor="end" class="{}">{}</text>'
)
_NOTE: Final = Markup(
    '<circle class="note" cx="{x}" cy="{}" r="9"/><text class="notet" x="{x}" y="{}" text-anchor="middle">{}</text>'
)


def heading(name: str, labels: Labels) -> Markup:
    """Title, description and the hatch pattern."""
    return _HEADING.format(labels.title, labels.description, n=name)


def _stretches(frame: Frame, limits: Iterable[Limit]) -> list[tuple[Limit, float, float]]:
    """Limits that hold somewhere in the picture, with their horizontal extent."""
    found = []
    for limit in limits:
        begin, end = max(limit.since or frame.first, frame.first), min(limit.until or frame.last, frame.last)
        if begin < end:
            found.append((limit, frame.x(begin), frame.x(end)))
    return found


def band(frame: Frame, series: Series) -> Markup:
    """The person's own range, for as long as it held."""
    parts = []
    for limit, x1, x2 in _stretches(frame, series.limits):
        if limit.low is None and limit.high is None:
            continue
        top = frame.y(limit.high) if limit.high is not None else float(frame.size.top)
        foot = frame.y(limit.low) if limit.low is not None else float(frame.floor)
        parts.append(
            Markup('<rect class="band" x="{}" y="{}" width="{}" height="{}"/>').format(
                x1, top, round(x2 - x1, 1), round(foot - top, 1)
            )
        )
    return Markup("").join(parts)


def grid(frame: Frame, scale: Sequence[Decimal], labels: Labels) -> Markup:
    """Horizontal lines with their numbers."""
    size = frame.size
    every = 1 if len(scale) <= size.ticks + 1 else 2
    places = [(value, frame.y(value)) for value in scale[::every]]
    return Markup("").join(
        _TICK.format(size.left, frame.right, size.left - AWAY, round(y + 4.5, 1), size.text, labels.number(value), y=y)
        for value, y in places
    )


def gaps(frame: Frame, name: str, gaps: Sequence[tuple[date, date]], labels: Labels) -> Markup:
    """Stretches without readings, hatched, with words where there is room."""
    parts = []
    for begin, end in gaps:
        x1, x2 = frame.x(max(frame.first, begin - timedelta(1))), frame.x(min(frame.last, end + timedelta(1)))
        parts.append(
            Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="url(#hatch-{})"/>').format(
                x1, frame.size.top, round(x2 - x1, 1), frame.floor - frame.size.top, name
            )
        )
        if frame.size.label_limit and x2 - x1 >= 60:
            words = labels.no_readings.split(" ", 1)
            parts += [
                Markup('<text x="{}" y="{}" text-anchor="middle" class="t12 halo">{}</text>').format(
                    min(frame.right - 28.0, max(frame.size.left + 28.0, round((x1 + x2) / 2, 1))), 26 + 13 * row, word
                )
                for row, word in enumerate(words)
            ]
    return Markup("").join(parts)


def months(frame: Frame, labels: Labels) -> Markup:
    """The time axis."""
    floor = frame.floor
    parts = [
        Markup('<line class="axis" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(frame.size.left, frame.right, y=floor)
    ]
    day = frame.first
    while day <= frame.last:
        if day.day == 1 and frame.right - frame.x(day) > 20:
            parts.append(
                Markup(
                    '<line class="axis" x1="{x}" x2="{x}" y1="{}" y2="{}"/><text x="{}" y="{}" class="{}">{}</text>'
                ).format(
                    floor,
                    floor + 5,
                    round(frame.x(day) + 3, 1),
                    floor + 17,
                    frame.size.text,
                    labels.month(day),
                    x=frame.x(day),
                )
            )
        day += timedelta(1)
    return Markup("").join(parts)


def limits(frame: Frame, series: Series, labels: Labels | None) -> Markup:
    """Own limits as broken lines; the latest carries its words when `labels` is given."""
    parts = []
    stretches = _stretches(frame, series.limits)
    for limit, x1, x2 in stretches:
        for edge in (limit.low, limit.high):
            if edge is not None:
                parts.append(
                    Markup('<line class="lim" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(x1, x2, y=frame.y(edge))
                )
    if stretches and labels is not None and labels.limit and frame.size.label_limit:
        limit = stretches[-1][0]
        edge = limit.low if limit.low is not None else limit.high
        if edge is not None:
            beside = frame.y(edge) + (15 if limit.low is not None else -7)
            parts.append(
                Markup('<text class="limt halo {}" x="{}" y="{}">{}</text>').format(
                    frame.size.text, frame.size.left + 4, round(beside, 1), labels.limit
                )
            )
    return Markup("").join(parts)


def line(frame: Frame, series: Series, break_days: int) -> Markup:
    """The readings; the line breaks where more than `break_days` lie between two."""
    path: list[str] = []
    before: date | None = None
    for point in series.points:
        day = point.when.date()
        joined = before is not None and (day - before).days <= break_days
        path.append(("" if joined else "M") + f"{frame.x(day)},{frame.y(point.value)}")
        before = day
    if not path:
        return Markup("")
    marks = [_mark("out", frame, point) for point in series.points if outside(point, series.limits)]
    last = Markup('<circle class="pt" cx="{}" cy="{}" r="{}"/>').format(
        frame.x(series.points[-1].when.date()), frame.y(series.points[-1].value), 4.5
    )
    text = " ".join(path).replace(" M", "M")
    return Markup('<path class="line" d="{}"/>').format(text) + Markup("").join(marks) + last


def _mark(kind: str, frame: Frame, point: Point) -> Markup:
    return Markup('<circle class="{}" cx="{}" cy="{}" r="{}"/>').format(
        kind, frame.x(point.when.date()), frame.y(point.value), frame.size.point
    )


def notes(frame: Frame, comments: Sequence[Note]) -> Markup:
    """Numbered marks at the days of the person's comments."""
    if not frame.size.label_limit:
        return Markup("")
    left, right, y = frame.size.left + 9.0, frame.right - 9.0, frame.floor - 12
    places = [min(right, max(left, frame.x(note.day))) for note in comments]
    return Markup("").join(_NOTE.format(y, y + 4, number, x=x) for number, x in enumerate(places, 1))
