"""What follows from a short text, remembered for the texts that came last."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

T = TypeVar("T")

SHORT = 256
"""Characters of a text that is remembered at most, so that nobody fills the memory with long ones."""


def remembered(most: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Ask the function once for each of the last `most` texts; for a long one each time."""

    def decorate(work: Callable[[str], T]) -> Callable[[str], T]:
        known = lru_cache(most)(work)

        @wraps(work)
        def found(text: str) -> T:
            return known(text) if len(text) <= SHORT else work(text)

        return found

    return decorate
