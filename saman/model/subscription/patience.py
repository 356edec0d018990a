"""How long to wait before the next attempt: longer each time, and never at the same moment as everybody else."""

from __future__ import annotations

from datetime import timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(hours=1)
MOST_FAILURES = 8
"""Attempts that fail in a row before what was to be told is laid aside."""


def wait_after(failures: int, drawn: float) -> timedelta:
    """How long to wait after so many failures in a row; `drawn` is a random number from 0 to 1.

    Between half and the whole of five seconds doubled with each failure, an hour at most.
    """
    doublings = min(max(failures, 1) - 1, 20)
    return min(FIRST * (1 << doublings), LONGEST) * (0.5 + 0.5 * drawn)
