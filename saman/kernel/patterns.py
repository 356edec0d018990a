r"""Regular expressions from outside, by RE2: the time they take grows with the text alone, whatever the pattern.

RE2 never goes back, so it has no references back and no looking around; `\d`, `\w` and `\b` know ASCII alone.
Source: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]

from saman.kernel.bounds import bounds

_MEMORY = 1 << 20
"""Bytes that a pattern may become, its repetitions written out."""


class Unfitting(ValueError):
    """A pattern that cannot be used; says so without quoting it."""


class Pattern:
    """A pattern that was understood; `.` stands for every character, new lines too."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled

    def is_in(self, text: str) -> bool:
        """Whether it is found in a text."""
        return self._compiled.search(text) is not None

    def is_whole(self, text: str) -> bool:
        """Whether it is the whole of a text."""
        return self._compiled.fullmatch(text) is not None

    def found(self, text: str) -> list[Found]:
        """What it finds in a text, one after the other."""
        return [Found(one) for one in self._compiled.finditer(text)]


class Found:
    """One place at which a pattern was found."""

    def __init__(self, match: Any) -> None:
        self._match = match

    @property
    def span(self) -> tuple[int, int]:
        """Where it begins and ends."""
        begins, ends = self._match.span()
        return begins, ends

    def group(self, of: int | str) -> str:
        """What a group found, by number or name; empty where it found nothing or there is none."""
        try:
            return self._match.group(of) or ""
        except (IndexError, KeyError):
            return ""


@lru_cache(1024)
def pattern(text: str) -> Pattern:
    """The pattern that is written so; raises Unfitting for what is none, or too large."""
    if len(text) > bounds().pattern:
        raise Unfitting(f"A pattern has at most {bounds().pattern} characters")
    options = re2.Options()
    options.max_mem, options.log_errors, options.dot_nl = _MEMORY, False, True
    try:
        return Pattern(re2.compile(text, options))
    except re2.error:
        raise Unfitting("This is no pattern, or one that refers back, looks around or is too large") from None
