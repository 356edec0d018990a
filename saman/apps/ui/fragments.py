"""Pieces of pages that were made of the same values a moment ago, such as the rows of a list that is opened again.

A piece is found by everything it is made of, so only somebody who was just given the same values gets it. The secret
that goes with forms is put in afterwards; the time counts to the minute, as it is shown.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from markupsafe import Markup

MOST = 4096
"""Pieces kept in one process, some 2 kB each; beyond that all are made anew."""

_SECRET = secrets.token_hex(16)
"""Stands in a kept piece where the secret of the session comes."""


class Macro(Protocol):
    """A Jinja macro that takes a value and, by name, `csrf` and `now`."""

    name: str

    def __call__(self, value: object, *, csrf: str, now: datetime) -> Markup:
        """The piece."""
        ...


class Rendering(Protocol):
    """What the page that is being made has of its own."""

    icons: set[str]

    @property
    def language(self) -> str:
        """What it is written in."""
        ...


Kept = dict[tuple[str, str, datetime, object], tuple[Markup, frozenset[str]]]


def keeper(rendering: Callable[[], Rendering]) -> Callable[[Macro, object, str, datetime], Markup]:
    """A template function `kept(macro, value, csrf, now)` that gives what `macro(value, csrf=…, now=…)` gives."""
    kept: Kept = {}

    def give(macro: Macro, value: object, csrf: str, now: datetime) -> Markup:
        page, minute = rendering(), now.replace(second=0, microsecond=0)
        key = (macro.name, page.language, minute, value)
        found = kept.get(key)
        if found is None:
            if len(kept) >= MOST:
                kept.clear()
            found = kept[key] = _made(page, macro, value, minute)
        piece, icons = found
        page.icons |= icons
        return piece.replace(_SECRET, csrf)

    return give


def _made(page: Rendering, macro: Macro, value: object, now: datetime) -> tuple[Markup, frozenset[str]]:
    before, page.icons = page.icons, set()
    try:
        piece = macro(value, csrf=_SECRET, now=now)
        return piece, frozenset(page.icons)
    finally:
        page.icons = before
