"""Points in time as FHIR writes them. Whoever needs the present takes a `Clock`; nothing here asks for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

Clock = Callable[[], datetime]
"""Gives the present as an aware datetime. Demo mode may give a fixed or shifted one (`SAMAN_NOW`)."""

_encode = msgspec.json.Encoder().encode
_WITH_FRACTION = len('"2026-11-20T14:40:00.000001Z"')


def instant(moment: datetime) -> str:
    """A FHIR instant in UTC with milliseconds: `2026-11-20T14:40:00.000Z`."""
    written = _encode(moment if moment.tzinfo is UTC else moment.astimezone(UTC))
    return f"{written[1:24].decode()}Z" if len(written) == _WITH_FRACTION else f"{written[1:20].decode()}.000Z"
