"""The heat picture of one group: three components across, six context factors down, and the success factors below.

Every field has its figure written in it; the darker, the more they agree. The table on the page says the same.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec
from markupsafe import Markup

from saman.apps.region.drawing import LINE, svg, text
from saman.apps.workspace.assessment_texts import DARKER
from saman.apps.workspace.desk import Desk
from saman.model.care.assessment import STEPS

WIDTH = 330
FIELD = 30
GAP = 5
DARKEST = Decimal("0.6")
"""How strong the colour is at the top of the scale; words on it can still be read."""
LETTERS = 46
"""Letters of a line over the whole width."""

Fields = Sequence[tuple[str, Decimal | None]]


class Picture(msgspec.Struct, frozen=True):
    """The picture of a group, with its name."""

    name: str
    svg: Markup


def picture(desk: Desk, number: int, name: str, titles: Sequence[str], grid: Sequence[Fields]) -> Picture:
    """The picture of the group `name`: `grid` has the fields of each component in turn, then the success factors."""
    parts: list[Markup] = []
    y = _heads(parts, titles)
    for row in zip(*grid[:-1], strict=False):
        y = _line(desk, parts, y, row[0][0], [mean for _, mean in row])
    y += GAP * 2
    for label, mean in grid[-1]:
        y = _line(desk, parts, y, label, [mean])
    about = desk.t(DARKER)
    return Picture(name, svg(f"heat-{number}", WIDTH, y, name, about, parts))


def _heads(parts: list[Markup], titles: Sequence[str]) -> int:
    """The components over their columns, and where the fields begin."""
    step = WIDTH / len(titles)
    wrapped = [textwrap.wrap(title, 15) for title in titles]
    for column, lines in enumerate(wrapped):
        parts += [text(column * step, 12 + row * 14, line, css="ink t12") for row, line in enumerate(lines)]
    return max(map(len, wrapped)) * 14 + GAP


def _line(desk: Desk, parts: list[Markup], y: int, label: str, means: Sequence[Decimal | None]) -> int:
    """A label and its fields below; where the next begins."""
    lines = textwrap.wrap(label, LETTERS)
    parts += [text(0, y + 14 + row * LINE, line) for row, line in enumerate(lines)]
    top = y + len(lines) * LINE + 4
    width = (WIDTH - GAP * (len(means) - 1)) / len(means)
    for column, mean in enumerate(means):
        parts += _field(desk, column * (width + GAP), top, width, mean)
    return top + FIELD + GAP


def _field(desk: Desk, x: float, y: float, width: float, mean: Decimal | None) -> Iterator[Markup]:
    words = desk.words.number(mean, 1) if mean is not None else "–"
    strength = (mean - 1) / (STEPS - 1) if mean is not None else Decimal(0)
    yield Markup('<rect class="heat" x="{}" y="{}" width="{}" height="{}" rx="6" fill-opacity="{}"/>').format(
        round(x, 1), y, round(width, 1), FIELD, round(strength**2 * DARKEST, 2)
    )
    yield text(x + width / 2, y + 20, words, "middle", "ink")
