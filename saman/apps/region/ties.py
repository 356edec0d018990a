"""How parties are tied: who has signed which agreement, as a drawing and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from markupsafe import Markup

from saman.apps.region import names
from saman.apps.region.drawing import block, box, svg
from saman.apps.region.facts import Teller, lines

WIDTH, BOX = 760, 264
KIND, PAPER, GAP = 36, 52, 8
"""Heights of the boxes of a kind of party and of an agreement, and what lies between two."""


class TieRow(msgspec.Struct, frozen=True):
    """A kind of party with how many there are, and how many of them have signed each agreement."""

    kind: str
    count: int
    signed: tuple[int, ...]


class Ties(msgspec.Struct, frozen=True):
    """The drawing and its table; the heads are the agreements."""

    svg: Markup
    heads: tuple[str, ...]
    rows: tuple[TieRow, ...]


def ties(tell: Teller) -> Ties | None:
    """Who has signed what; None when there is no agreement."""
    model = tell.model
    signed = [{party.kind: 0 for party in model.parties} for _ in model.agreements]
    for counts, agreement in zip(signed, model.agreements, strict=True):
        for party in (found for name in agreement.parties if (found := model.party(name))):
            counts[party.kind] += 1
    rows = tuple(
        TieRow(
            tell.gettext(words),
            sum(party.kind is kind for party in model.parties),
            tuple(counts.get(kind, 0) for counts in signed),
        )
        for kind, words in names.PARTIES.items()
        if any(counts.get(kind) for counts in signed)
    )
    heads = tuple(one.name for one in model.agreements)
    if not rows:
        return None
    title = tell.gettext("Who has signed which agreement")
    return Ties(draw("ties", title, _about(heads, rows), heads, rows), heads, rows)


def _about(heads: Sequence[str], rows: Sequence[TieRow]) -> str:
    return " ".join(
        f"{head}: {', '.join(f'{row.kind} {row.signed[index]}' for row in rows if row.signed[index])}."
        for index, head in enumerate(heads)
    )


def draw(name: str, title: str, about: str, heads: Sequence[str], rows: Sequence[TieRow]) -> Markup:
    """The drawing: kinds of parties on the left, agreements on the right, a line for each that has signed."""
    height = max(len(rows) * (KIND + GAP), len(heads) * (PAPER + GAP)) + GAP
    left = _column(len(rows), KIND, height)
    right = _column(len(heads), PAPER, height)
    parts = [*_lines(left, right, rows)]
    for y, row in zip(left, rows, strict=True):
        parts.append(box(4, y, BOX, KIND, "n-m"))
        parts.append(block(4 + BOX / 2, y + KIND / 2, [(f"{row.kind} ({row.count})", "ink")], "middle"))
    for y, head in zip(right, heads, strict=True):
        parts.append(box(WIDTH - 4 - BOX, y, BOX, PAPER, "box"))
        said = [(line, "ink") for line in lines(head, 36, 2)]
        parts.append(block(WIDTH - 4 - BOX / 2, y + PAPER / 2, said, "middle"))
    return svg(name, WIDTH, height, title, about, parts)


def _column(count: int, tall: int, height: int) -> list[float]:
    """The upper edges of so many boxes, spread over the height."""
    pitch = height / count
    return [pitch * index + (pitch - tall) / 2 for index in range(count)]


def _lines(left: Sequence[float], right: Sequence[float], rows: Sequence[TieRow]) -> Iterator[Markup]:
    start, end = 4 + BOX, WIDTH - 4 - BOX
    middle = (start + end) / 2
    for y, row in zip(left, rows, strict=True):
        for other, count in zip(right, row.signed, strict=True):
            if count:
                from_y, to_y = round(y + KIND / 2, 1), round(other + PAPER / 2, 1)
                way = f"M{start} {from_y}C{middle} {from_y} {middle} {to_y} {end} {to_y}"
                yield Markup('<path class="tie" d="{}"/>').format(way)
