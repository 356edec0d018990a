"""A pathway as a drawing: a lane for each who takes part, a box for each step, and where what it sends goes.

Steps stand in columns, each after those that it waits for; a line leads from each of these. What is sent to another
lane is a dashed line that ends in an open box there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from markupsafe import Markup

from saman.apps.region.drawing import arrow, arrow_head, block, box, svg, text
from saman.apps.region.facts import lines

LEFT, TOP = 172, 12
LANE, BETWEEN = 108, 8
COLUMN, BOX, TALL = 178, 152, 84
NOTE, NOTE_TALL = 116, 40


class Box(msgspec.Struct, frozen=True):
    """One step: its id, lane and column, what happens, a quiet line below, and what goes to which lane."""

    id: str
    lane: str
    column: int
    what: str
    detail: str
    after: tuple[str, ...] = ()
    to: str = ""
    sent: str = ""


def columns(order: Sequence[tuple[str, Sequence[str]]]) -> dict[str, int]:
    """The column of each step, from pairs of a step and those it waits for: a column for each, after all of those."""
    placed: dict[str, int] = {}
    left = list(order)
    while left:
        ready = [(id, after) for id, after in left if all(one in placed for one in after)] or left[:1]
        id, _ = ready[0]
        placed[id] = len(placed)
        left = [one for one in left if one[0] != id]
    return placed


def draw(name: str, title: str, about: str, lanes: Sequence[tuple[str, str]], boxes: Sequence[Box]) -> Markup:
    """The drawing; `lanes` are pairs of id and words from top to bottom, `about` says it all for readers."""
    width = LEFT + len(boxes) * COLUMN + 12
    height = TOP + len(lanes) * (LANE + BETWEEN)
    rows = {lane: TOP + row * (LANE + BETWEEN) for row, (lane, _) in enumerate(lanes)}
    places = {one.id: (LEFT + 12 + one.column * COLUMN, rows[one.lane] + (LANE - TALL) // 2) for one in boxes}
    drawn = [arrow_head(name), *_lanes(lanes, width, rows)]
    for one in boxes:
        drawn += _ways(name, one, places)
        drawn += _sent(name, one, places[one.id], rows)
    drawn += [part for one in boxes for part in _step(places[one.id], one)]
    return svg(name, width, height, title, about, drawn)


def _lanes(lanes: Sequence[tuple[str, str]], width: int, rows: dict[str, int]) -> Iterator[Markup]:
    for lane, words in lanes:
        yield box(LEFT, rows[lane], width - LEFT - 4, LANE, "lane")
        yield block(LEFT - 12, rows[lane] + LANE / 2, [(line, "ink") for line in lines(words, 21)], "end")


def _step(at: tuple[int, int], one: Box) -> Iterator[Markup]:
    said = [(line, "ink") for line in lines(one.what, 21, 3 if one.detail else 4)]
    if one.detail:
        said.append((one.detail, "t12"))
    yield box(*at, BOX, TALL, "box")
    yield block(at[0] + BOX / 2, at[1] + TALL / 2, said, "middle")


def _ways(name: str, one: Box, places: dict[str, tuple[int, int]]) -> Iterator[Markup]:
    x, y = places[one.id]
    for before in one.after:
        from_x, from_y = places[before]
        start, start_y, end_y = from_x + BOX, from_y + TALL // 2, y + TALL // 2
        if start_y == end_y:
            yield arrow(name, f"M{start} {start_y}H{x - 2}")
        else:
            yield arrow(name, f"M{start} {start_y}H{x - (COLUMN - BOX) // 2}V{end_y}H{x - 2}")


def _sent(name: str, one: Box, at: tuple[int, int], rows: dict[str, int]) -> Iterator[Markup]:
    if not one.to:
        return
    middle = at[0] + BOX // 2
    down = rows[one.to] > at[1]
    note = rows[one.to] + 6 if down else rows[one.to] + LANE - NOTE_TALL - 6
    start, end = (at[1] + TALL, note - 2) if down else (at[1], note + NOTE_TALL + 2)
    line = Markup('<path class="arrow dashed" d="M{} {}V{}" marker-end="url(#{}-head)"/>')
    yield line.format(middle, start, end, name)
    yield box(middle - NOTE / 2, note, NOTE, NOTE_TALL, "note", 4)
    said = lines(one.sent, 19, 2)
    for row, words in enumerate(said):
        yield text(middle, note + NOTE_TALL / 2 + 4 - (len(said) - 1) * 7 + row * 14, words, "middle", "t12")
