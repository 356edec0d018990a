"""A body drawn as seats of one size round a table; observers stand apart, dashed. Nobody's seat is larger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import cos, pi, sin

import msgspec
from markupsafe import Markup

from saman.apps.region.drawing import LINE, block, box, disc, svg, text
from saman.apps.region.facts import lines

WIDTH = 720
MIDDLE = (WIDTH / 2, 192)
ROUND = 128
SEAT = 44
TABLE = 88
STRAIGHT = 0.3
"""Seats whose direction has a smaller cosine than this have their label above or below."""

LETTER = 7.2
"""Width of a letter of ordinary text in a drawing, on the safe side."""


class Chair(msgspec.Struct, frozen=True):
    """One line of a body: who sits there, in how many seats, whether for a hospital, whether that is known."""

    name: str
    count: int = 1
    hospital: bool = False
    known: bool = True


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
    parts = [disc(x, y, TABLE, "lane"), block(x, y, said, "middle"), *_seats(table.members)]
    floor = y + ROUND + 88
    pills, bottom = _pills(table, floor)
    return svg(
        name, WIDTH, round(bottom if table.observers else floor - 24), table.title, table.about, [*parts, *pills]
    )


def _seats(members: Sequence[Chair]) -> Iterator[Markup]:
    total = sum(chair.count for chair in members)
    taken = 0
    for chair in members:
        for seat in range(chair.count):
            angle = -pi / 2 + 2 * pi * (taken + seat) / total
            yield _seat(angle, chair)
        yield _label(-pi / 2 + 2 * pi * (taken + (chair.count - 1) / 2) / total, chair)
        taken += chair.count


def _seat(angle: float, chair: Chair) -> Markup:
    x, y = MIDDLE[0] + ROUND * cos(angle), MIDDLE[1] + ROUND * sin(angle)
    if not chair.known:
        return disc(x, y, SEAT // 2, "n-o seat") + text(x, y + 5, "?", "middle", "ink")
    if chair.hospital:
        return box(x - SEAT / 2, y - SEAT / 2, SEAT, SEAT, "n-h seat", 9)
    return disc(x, y, SEAT // 2, "n-m seat")


def _label(angle: float, chair: Chair) -> Markup:
    across, down = cos(angle), sin(angle)
    name = f"{chair.name} ({chair.count})" if chair.count > 1 else chair.name
    x, y = MIDDLE[0] + ROUND * across, MIDDLE[1] + ROUND * down
    if abs(across) > STRAIGHT:
        away = SEAT / 2 + 9
        said = [(words, "ink") for words in lines(name, 25)]
        return block(x + away if across > 0 else x - away, y, said, "start" if across > 0 else "end")
    said = [(words, "ink") for words in lines(name, 34, 2)]
    away = SEAT / 2 + 6 + len(said) * LINE / 2
    return block(x, y + away if down > 0 else y - away, said, "middle")


def _pills(table: Table, top: float) -> tuple[list[Markup], float]:
    """The observers in as many rows as they need, and where the last row ends."""
    if not table.observers:
        return [], top
    parts = [text(4, top, table.observers_title, css="ink")]
    x, y = 4.0, top + 12
    for chair in table.observers:
        width = len(chair.name) * LETTER + 32
        if x > 4 and x + width > WIDTH - 4:
            x, y = 4.0, y + 42
        parts += [box(x, y, width, 34, "n-o", 17), text(x + width / 2, y + 21, chair.name, "middle")]
        x += width + 12
    return parts, y + 38
