"""An ordinary week as a drawing: one row for each who takes part, bars at their hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta

import msgspec
from babel.dates import format_time
from markupsafe import Markup

from saman.apps.region.drawing import block, box, svg, text
from saman.apps.region.facts import lines
from saman.apps.ui.locales import Words
from saman.model.care.party import Hours

MONDAY = date(2024, 1, 1)
LEFT, TOP, DAY, ROW, BAR = 200, 26, 112, 56, 22
FULL_DAY = 24 * 60


class Bar(msgspec.Struct, frozen=True):
    """A part of a day, Monday being 0, in minutes since midnight; `css`: filled (`hold`), open (`ack`), dashed."""

    weekday: int
    begins: int
    ends: int
    css: str = "hold"


class Row(msgspec.Struct, frozen=True):
    """One row: its name, and its bars from the lowest to the topmost."""

    name: str
    bars: tuple[Bar, ...]


def bars(hours: Hours, css: str = "hold") -> tuple[Bar, ...]:
    """The bars of opening hours."""
    return tuple(
        Bar(day, minutes(interval.split("-")[0]), minutes(interval.split("-")[1]), css)
        for day in range(7)
        for interval in hours.of_weekday(day)
    )


def draw(name: str, title: str, about: str, days: Sequence[str], rows: Sequence[Row]) -> Markup:
    """The drawing; `days` are the seven names, `about` says the hours in words."""
    height = TOP + len(rows) * ROW + 6
    parts = [*_days(days, height)]
    for index, row in enumerate(rows):
        parts += _row(TOP + index * ROW, row)
    return svg(name, LEFT + 7 * DAY + 4, height, title, about, parts)


def _days(days: Sequence[str], height: int) -> Iterator[Markup]:
    for index, words in enumerate(days):
        x = LEFT + index * DAY
        yield text(x + DAY / 2, 16, words, "middle", "ink")
        yield Markup('<path class="grid" d="M{} {}V{}"/>').format(x, TOP, height - 6)


def _row(top: int, row: Row) -> Iterator[Markup]:
    yield box(LEFT, top + (ROW - BAR) / 2, 7 * DAY, BAR, "lane", 4)
    for bar in row.bars:
        x = LEFT + bar.weekday * DAY + bar.begins / FULL_DAY * DAY
        yield box(x, top + (ROW - BAR) / 2, (bar.ends - bar.begins) / FULL_DAY * DAY, BAR, bar.css, 2)
    yield block(LEFT - 12, top + ROW / 2, [(line, "ink") for line in lines(row.name, 25, 3)], "end")


def minutes(clock: str) -> int:
    """Minutes since midnight of `08:00` or `24:00`."""
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


def day_names(words: Words) -> list[str]:
    """The seven days from Monday, short."""
    return [words.weekday(MONDAY + timedelta(day), short=True) for day in range(7)]


def hours_words(hours: Hours, words: Words) -> str:
    """Opening hours as a sentence part: `Mon–Fri 08:00–15:30`; days that are alike are joined."""
    if hours.always:
        return words.gettext("day and night, every day")
    names = day_names(words)
    runs: list[tuple[int, int]] = []
    for day in range(7):
        if runs and hours.of_weekday(day) == hours.of_weekday(runs[-1][0]):
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    said = [
        f"{names[first] if first == last else f'{names[first]}–{names[last]}'} {_intervals(hours, first, words)}"
        for first, last in runs
        if hours.of_weekday(first)
    ]
    return ", ".join(said)


def _intervals(hours: Hours, day: int, words: Words) -> str:
    return ", ".join("–".join(clock_words(end, words) for end in one.split("-")) for one in hours.of_weekday(day))


def clock_words(clock: str, words: Words) -> str:
    """`08:00`, fi and da `8.00`; midnight at the end of a day is `24:00`."""
    if clock == "24:00":
        return clock_words("23:00", words).replace("23", "24")
    written: str = format_time(time.fromisoformat(clock), "short", locale=words.shape.locale)
    return written
