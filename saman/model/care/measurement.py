"""What is measured at home: codes, units, bounds that make us ask again, and when it is due."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Annotated

import msgspec
from msgspec import Meta

from saman.model.care.basis import END, Grounded, Node, Slug, Text
from saman.model.care.country import Weekday


class Code(Node, frozen=True, kw_only=True):
    """A code in a code system."""

    system: str
    code: str
    display: str = ""


class Unit(Node, frozen=True, kw_only=True):
    """A UCUM code and how people write it (https://ucum.org)."""

    code: str
    text: str


class Bounds(Grounded, frozen=True, kw_only=True):
    """Lowest and highest value, both included."""

    low: Decimal | None = None
    high: Decimal | None = None

    def holds(self, value: Decimal) -> bool:
        """Whether a value lies within."""
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)


class Quantity(Node, frozen=True, kw_only=True):
    """One number of a measurement: `usual` bounds it for most people, `possible` for anyone alive.

    A value outside either is asked about once more and kept as confirmed. `default_limit` is where a personal
    limit starts from until someone responsible sets one.
    """

    id: Slug
    name: Text
    codes: tuple[Code, ...]
    unit: Unit
    decimals: Annotated[int, Meta(ge=0, le=6)] = 0
    usual: Bounds
    possible: Bounds
    default_limit: Bounds


class Measurement(Node, frozen=True, kw_only=True):
    """One act of measuring, with one number or, as blood pressure, two."""

    id: Slug
    name: Text
    ask: Text
    hint: Text
    check_hint: Text
    codes: tuple[Code, ...]
    equipment: Slug | None = None
    quantities: tuple[Quantity, ...]


Clock = Annotated[str, Meta(pattern=f"^([01][0-9]|2[0-3]):[0-5][0-9]{END}")]
"""A time of day on the local clock: `06:00`."""


class Schedule(Grounded, frozen=True, kw_only=True):
    """The weekdays something is asked for, between which times, and how many hours later it counts as missed."""

    days: tuple[Weekday, ...]
    opens: Clock = "06:00"
    closes: Clock = "20:00"
    missed_after_hours: Annotated[int, Meta(ge=0, le=8760)] = 24


class Verdict(Enum):
    """What to do with a value as it comes in."""

    OK = "ok"
    UNUSUAL = "unusual"
    IMPOSSIBLE = "impossible"
    WRONG_UNIT = "wrong-unit"


class Plausibility(msgspec.Struct, frozen=True):
    """The verdict on one value: ask the person once more, or refuse it because the unit is another one."""

    verdict: Verdict
    expected_unit: Unit
    bounds: Bounds

    @property
    def asks(self) -> bool:
        """Whether the person is asked "is that what the meter shows?" and the answer is kept as confirmed."""
        return self.verdict in (Verdict.UNUSUAL, Verdict.IMPOSSIBLE)

    @property
    def refused(self) -> bool:
        """Whether the value is not taken at all."""
        return self.verdict is Verdict.WRONG_UNIT


def plausibility(quantity: Quantity, value: Decimal, unit: str) -> Plausibility:
    """Judge whether a value can be what the meter shows; `unit` is a UCUM code. Says nothing of health."""
    if unit != quantity.unit.code:
        return Plausibility(Verdict.WRONG_UNIT, quantity.unit, quantity.possible)
    if not quantity.possible.holds(value):
        return Plausibility(Verdict.IMPOSSIBLE, quantity.unit, quantity.possible)
    if not quantity.usual.holds(value):
        return Plausibility(Verdict.UNUSUAL, quantity.unit, quantity.usual)
    return Plausibility(Verdict.OK, quantity.unit, quantity.usual)
