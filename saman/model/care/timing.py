"""Lengths of time that parties promise each other."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from saman.model.care.basis import Grounded


class Span(Grounded, frozen=True, kw_only=True):
    """A length of time in hours, counted while the receiving unit is open or on the clock."""

    hours: Decimal
    counted: Counted


class Counted(Enum):
    """Which hours count."""

    OPENING = "opening"
    CLOCK = "clock"
