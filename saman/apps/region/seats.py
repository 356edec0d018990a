"""A body drawn as seats of one size round a table; observers stand apart, dashed. Nobody's seat is larger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, cos, floor, pi, sin

import msgspec
from markupsafe import Markup

from saman.apps.region.drawing import LINE, block, box, disc, svg, text
from saman.apps.region.facts import lines

MIDDLE = (360.0, 192.0)
ROUND = 128
SEAT = 44
TABLE = 88
BESIDE = 20
"""Letters in a line of a label beside a seat."""

MARGIN = 8
STRAIGHT = 0.3
"""Seats whose direction has a smaller cosine than this have their label above or below."""

UPRIGHT, LEAN = 0.05, 14
"""A label above or below stands in the middle of its seat when that is right over the table; else it leans outwards."""

LETTER = 8.0
"""Width of a letter of ordinary text in a drawing, on the safe side."""


class Chair(msgspec.Struct, frozen=True):
    """One line of a body: who sits there, in how many seats, whether for a hospital, whether that is known."""

    name: str
    count: int = 1
    hospital: bool = False
    known: bool = True


class Label(msgspec.Struct, frozen=True):
    """The name of a seat in lines, from `x` on, up to it or around it, centred at the height `y`."""

    x: float
    y: float
    anchor: str
    said: Sequence[str]

    def edges(self) -> tuple[float, float]:
        """Where its longest line begins and ends."""
        wide = max(map(len, self.said)) * LETTER
        before = {"start": 0.0, "middle": wide / 2, "end": wide}[self.anchor]
        return self.x - before, self.x - before + wide


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn: the words on the table, members and observers, and words for readers."""

    title: str
    about: str
    on_table: Sequence[str]
    members: Sequence[Chair]
    observers: Sequence[Chair]
    observers_title: str


def draw(name: str, table: Table) -> Markup:
    """The drawing of one body; `name` makes its ids unique on the page."""
    x, y = MIDDLE
    said = [(words, "ink t16" if row == 0 else "") for row, words in enumerate(table.on_table)]
    labels = list(_labels(table.members))
    left, right = _edges(labels, table.observers)
    shapes = [disc(x, y, TABLE, "lane"), block(x, y, said, "middle"), *_seats(table.members)]
    shapes += [block(one.x, one.y, [(words, "ink") for words in one.said], one.anchor) for one in labels]
    below = _lowest(table.members, labels) + 28
    pills, bottom = _pills(table, below, left, right)
    height = round(bottom if table.observers else below - 24)
    return svg(name, right - left, height, table.title, table.about, [*shapes, *pills], left)


def _angles(members: Sequence[Chair]) -> Iterator[tuple[Chair, list[float]]]:
    """Whoever sits there, and the directions of their seats, clockwise from the top."""
    total = sum(chair.count for chair in members)
    taken = 0
    for chair in members:
        yield chair, [-pi / 2 + 2 * pi * (taken + seat) / total for seat in range(chair.count)]
        taken += chair.count


def _seats(members: Sequence[Chair]) -> Iterator[Markup]:
    return (_seat(angle, chair) for chair, angles in _angles(members) for angle in angles)


def _labels(members: Sequence[Chair]) -> Iterator[Label]:
    return (_label(sum(angles) / len(angles), chair) for chair, angles in _angles(members) if angles)


def _edges(labels: Sequence[Label], observers: Sequence[Chair]) -> tuple[int, int]:
    """How far a drawing with these labels reaches to the left and to the right; every observer fits in."""
    across = [edge for one in labels for edge in one.edges()]
    least = ROUND + SEAT / 2
    left = floor(min([MIDDLE[0] - least, *across])) - MARGIN
    widest = max(map(_wide, observers), default=0)
    return left, ceil(max([MIDDLE[0] + least, left + MARGIN + widest, *across])) + MARGIN


def _lowest(members: Sequence[Chair], labels: Sequence[Label]) -> float:
    """Where the table, the seats and their names end below."""
    chairs = [MIDDLE[1] + ROUND * sin(angle) + SEAT / 2 for _, angles in _angles(members) for angle in angles]
    return max([MIDDLE[1] + TABLE, *chairs, *(one.y + len(one.said) * LINE / 2 for one in labels)])


def _wide(observer: Chair) -> float:
    return len(observer.name) * LETTER + 32


def _seat(angle: float, chair: Chair) -> Markup:
    x, y = MIDDLE[0] + ROUND * cos(angle), MIDDLE[1] + ROUND * sin(angle)
    if not chair.known:
        return disc(x, y, SEAT // 2, "n-o seat") + text(x, y + 5, "?", "middle", "ink")
    if chair.hospital:
        return box(x - SEAT / 2, y - SEAT / 2, SEAT, SEAT, "n-h seat", 9)
    return disc(x, y, SEAT // 2, "n-m seat")


def _label(angle: float, chair: Chair) -> Label:
    across, down = cos(angle), sin(angle)
    name = f"{chair.name} ({chair.count})" if chair.count > 1 else chair.name
    x, y = MIDDLE[0] + ROUND * across, MIDDLE[1] + ROUND * down
    if abs(across) > STRAIGHT:
        away = SEAT / 2 + 9
        beside = x + away if across > 0 else x - away
        return Label(beside, y, "start" if across > 0 else "end", lines(name, BESIDE))
    said = lines(name, 34, 2)
    away = SEAT / 2 + 6 + len(said) * LINE / 2
    height = y + away if down > 0 else y - away
    if abs(across) < UPRIGHT:
        return Label(x, height, "middle", said)
    return Label(x - LEAN if across > 0 else x + LEAN, height, "start" if across > 0 else "end", said)


def _pills(table: Table, top: float, left: int, right: int) -> tuple[list[Markup], float]:
    """The observers in as many rows as they need between `left` and `right`, and where the last row ends."""
    if not table.observers:
        return [], top
    first = left + float(MARGIN)
    parts = [text(first, top, table.observers_title, css="ink")]
    x, y = first, top + 12
    for chair in table.observers:
        width = _wide(chair)
        if x > first and x + width > right - MARGIN:
            x, y = first, y + 42
        parts += [box(x, y, width, 34, "n-o", 17), text(x + width / 2, y + 21, chair.name, "middle")]
        x += width + 12
    return parts, y + 38
