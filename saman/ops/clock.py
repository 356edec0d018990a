"""The clock of an installation: the real one, or in demo mode one that was set to another day and goes on."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from saman.kernel.clock import Clock
from saman.ops.settings import Settings


def clock_of(settings: Settings) -> Clock:
    """The clock that `settings` ask for."""
    if settings.now is None:
        return _real
    start, begun = settings.now.astimezone(UTC), time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - begun)


def _real() -> datetime:
    return datetime.now(UTC)
