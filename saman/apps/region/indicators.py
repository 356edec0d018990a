"""Defined figures as pages show them."""

from __future__ import annotations

import msgspec

from saman.apps.region import names
from saman.apps.region.facts import Ground, Said, Teller
from saman.apps.region.units import measured
from saman.model.care.governance import Indicator


class IndicatorLine(msgspec.Struct, frozen=True):
    """A defined figure."""

    id: str
    name: Said
    numerator: Said
    denominator: Said
    drawn_from: Said
    period: Said
    unit: Said
    arrow: str
    direction: str
    baseline: Said | None
    target: Said | None
    ground: Ground


def indicator_line(tell: Teller, one: Indicator) -> IndicatorLine:
    """One figure in the reader's language."""
    arrow, words = names.DIRECTIONS[one.direction]
    return IndicatorLine(
        id=one.id,
        name=tell.said(one.name),
        numerator=tell.said(one.numerator),
        denominator=tell.said(one.denominator),
        drawn_from=tell.said(one.drawn_from),
        period=measured(tell, one.period),
        unit=measured(tell, one.unit),
        arrow=arrow,
        direction=tell.words.gettext(words),
        baseline=tell.said(one.baseline) if one.baseline else None,
        target=tell.said(one.target) if one.target else None,
        ground=tell.ground(one),
    )
