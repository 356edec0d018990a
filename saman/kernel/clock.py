"""Points in time as FHIR writes them. Whoever needs the present takes a `Clock`; nothing here asks for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present as an aware datetime. Demo mode may give a fixed or shifted one (`SAMAN_NOW`)."""


def instant(moment: datetime) -> str:
    """A FHIR instant in UTC with milliseconds: `2026-11-20T14:40:00.000Z`."""
    universal = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return universal.isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"
