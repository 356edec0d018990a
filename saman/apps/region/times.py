"""How long each step may take, as bars on one scale from a minute to weeks: each mark is several times the one before.

A filled bar counts every hour, an open one the opening hours only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log

import msgspec
from markupsafe import Markup

from saman.apps.region.drawing import block, box, svg, text
from saman.apps.region.facts import lines

LEFT, PLOT, RIGHT = 310, 560, 180
TOP, HEAD, ROW, BAR = 30, 30, 46, 16
TICKS = ((15, 15, "minutes"), (60, 1, "hours"), (240, 4, "hours"), (1440, 24, "hours"), (10080, 7, "days"))
"""The marks of the scale: minutes, and how they are written."""


class Bar(msgspec.Struct, frozen=True):
    """One step: what is done, within how many minutes (0: no time set), the same in words, and what counts."""

    what: str
    minutes: int
    words: str
    while_open: bool = False


class Group(msgspec.Struct, frozen=True):
    """The steps of one occasion."""

    title: str
    bars: tuple[Bar, ...]


def draw(name: str, title: str, about: str, marks: Sequence[tuple[int, str]], groups: Sequence[Group]) -> Markup:
    """The drawing; `marks` are those of the scale, in minutes and in words."""
    longest = max([marks[-1][0], *(bar.minutes for group in groups for bar in group.bars)])
    height = TOP + sum(HEAD + len(group.bars) * ROW for group in groups)
    parts = [*_scale(marks, longest, height)]
    top = TOP
    for group in groups:
        parts.append(text(4, top + 20, group.title, css="ink"))
        top += HEAD
        for bar in group.bars:
            parts += _row(top, bar, longest)
            top += ROW
    return svg(name, LEFT + PLOT + RIGHT, height, title, about, parts)


def _at(minutes: int, longest: int) -> float:
    return LEFT + PLOT * log(minutes + 1) / log(longest + 1)


def _scale(marks: Sequence[tuple[int, str]], longest: int, height: int) -> Iterator[Markup]:
    for minutes, words in marks:
        x = _at(minutes, longest)
        yield Markup('<path class="grid" d="M{} {}V{}"/>').format(round(x, 1), TOP, height)
        yield text(x, 16, words, "middle", "t12")


def _row(top: int, bar: Bar, longest: int) -> Iterator[Markup]:
    middle = top + ROW / 2
    yield block(LEFT - 12, middle, [(line, "") for line in lines(bar.what, 44, 2)], "end")
    end = _at(bar.minutes, longest) if bar.minutes else LEFT
    if bar.minutes:
        yield box(LEFT, middle - BAR / 2, end - LEFT, BAR, "ack" if bar.while_open else "hold", 3)
    yield text(end + 8, middle + 5, bar.words, css="ink halo")
