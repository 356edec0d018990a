"""Pieces of pages that were made of the same values a moment ago, such as the rows of a list that is opened again.

A piece is found by everything it is made of, so only somebody who was just given the same values gets it. The secret
that goes with forms is put in afterwards; the time counts to the minute, as it is shown.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple, Protocol

from markupsafe import Markup, escape

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


class Said(Protocol):
    """The words of a page, which know whether it says what no native speaker has read."""

    shown_unreviewed: bool


class Rendering(Protocol):
    """What the page that is being made has of its own."""

    icons: set[str]

    @property
    def words(self) -> Said:
        """What it is written with."""
        ...

    @property
    def language(self) -> str:
        """What it is written in."""
        ...


class Piece(NamedTuple):
    """A piece with the icons it uses, and whether all that it says has been read by a native speaker."""

    text: Markup
    icons: frozenset[str]
    reviewed: bool


class Keeper:
    """The pieces of one process."""

    def __init__(self, rendering: Callable[[], Rendering]) -> None:
        self._rendering = rendering
        self._kept: dict[tuple[str, str, datetime, object], Piece] = {}

    def one(self, macro: Macro, value: object, csrf: str, now: datetime) -> Markup:
        """What `macro(value, csrf=…, now=…)` gives."""
        return self.each(macro, (value,), csrf, now)

    def each(self, macro: Macro, values: Iterable[object], csrf: str, now: datetime) -> Markup:
        """The same for each of several values, one behind the other."""
        page, minute = self._rendering(), now.replace(second=0, microsecond=0)
        pieces = [self._piece(page, macro, value, minute) for value in values]
        page.icons.update(*(one.icons for one in pieces))
        page.words.shown_unreviewed |= any(not one.reviewed for one in pieces)
        return Markup("".join([one.text for one in pieces]).replace(_SECRET, escape(csrf)))  # noqa: S704 - of markup

    def _piece(self, page: Rendering, macro: Macro, value: object, minute: datetime) -> Piece:
        key = (macro.name, page.language, minute, value)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= MOST:
                self._kept.clear()
            found = self._kept[key] = _made(page, macro, value, minute)
        return found


def _made(page: Rendering, macro: Macro, value: object, now: datetime) -> Piece:
    before, page.icons = page.icons, set()
    unreviewed, page.words.shown_unreviewed = page.words.shown_unreviewed, False
    try:
        text = macro(value, csrf=_SECRET, now=now)
        return Piece(text, frozenset(page.icons), not page.words.shown_unreviewed)
    finally:
        page.icons = before
        page.words.shown_unreviewed |= unreviewed
