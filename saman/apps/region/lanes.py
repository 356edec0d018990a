"""A pathway as lanes: one for each who takes a step, boxes in the order of the steps, one group for each occasion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from markupsafe import Markup

from saman.apps.region.drawing import arrow, arrow_head, block, box, svg, text
from saman.apps.region.facts import lines

LEFT, TOP = 172, 30
LANE, BETWEEN = 100, 10
COLUMN, BOX, TALL = 172, 150, 84


class Stop(msgspec.Struct, frozen=True):
    """One box: in which lane, what happens, and a quiet line below it."""

    lane: str
    what: str
    detail: str = ""


class Part(msgspec.Struct, frozen=True):
    """What happens on one occasion, in order."""

    occasion: str
    stops: tuple[Stop, ...]


def draw(name: str, title: str, about: str, lanes: Sequence[tuple[str, str]], parts: Sequence[Part]) -> Markup:
    """The drawing; `lanes` are pairs of id and words from top to bottom, `about` says it all for readers."""
    columns = sum(len(part.stops) for part in parts)
    width = LEFT + columns * COLUMN + 8
    height = TOP + len(lanes) * (LANE + BETWEEN)
    rows = {lane: TOP + row * (LANE + BETWEEN) for row, (lane, _) in enumerate(lanes)}
    drawn = [arrow_head(name), *_lanes(lanes, width, rows), *_parts(name, parts, rows)]
    return svg(name, width, height, title, about, drawn)


def _lanes(lanes: Sequence[tuple[str, str]], width: int, rows: dict[str, int]) -> Iterator[Markup]:
    for lane, words in lanes:
        yield box(LEFT, rows[lane], width - LEFT - 4, LANE, "lane")
        yield block(LEFT - 12, rows[lane] + LANE / 2, [(line, "ink") for line in lines(words, 21)], "end")


def _parts(name: str, parts: Sequence[Part], rows: dict[str, int]) -> Iterator[Markup]:
    x = LEFT + 12
    for index, part in enumerate(parts):
        if index:
            yield Markup('<path class="grid" d="M{} 6V{}"/>').format(x - 12, max(rows.values()) + LANE)
        yield text(x, 18, part.occasion, css="ink")
        before: tuple[int, int] | None = None
        for stop in part.stops:
            at = (x, rows[stop.lane] + (LANE - TALL) // 2)
            yield _stop(at, stop)
            if before is not None:
                yield arrow(name, _way(before, at))
            before = at
            x += COLUMN


def _stop(at: tuple[int, int], stop: Stop) -> Markup:
    said = [(line, "ink") for line in lines(stop.what, 21, 3 if stop.detail else 4)]
    if stop.detail:
        said.append((stop.detail, "t12"))
    return box(*at, BOX, TALL, "box") + block(at[0] + BOX / 2, at[1] + TALL / 2, said, "middle")


def _way(before: tuple[int, int], after: tuple[int, int]) -> str:
    start, end = before[0] + BOX, after[0] - 2
    from_y, to_y = before[1] + TALL // 2, after[1] + TALL // 2
    if from_y == to_y:
        return f"M{start} {from_y}H{end}"
    return f"M{start} {from_y}H{(start + end) // 2}V{to_y}H{end}"
