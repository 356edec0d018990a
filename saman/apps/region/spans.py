"""Lengths of time in words: minutes where hours are no whole ones, whole days from two on, else hours."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from saman.apps.region.names import UNITS
from saman.apps.ui.locales import Words, mark_plural
from saman.model.care.timing import Counted, Span

MINUTES_OF_HOUR, HOURS_OF_DAY = 60, 24

WITHIN: Final = {
    "minutes": mark_plural("within %(count)s minute", "within %(count)s minutes"),
    "hours": UNITS["hours"],
    "days": UNITS["days"],
    "open minutes": mark_plural("within %(count)s minute of opening time", "within %(count)s minutes of opening time"),
    "open hours": mark_plural("within %(count)s opening hour", "within %(count)s opening hours"),
}
AT_MOST: Final = {
    "minutes": mark_plural("≤ %(count)s minute", "≤ %(count)s minutes"),
    "hours": mark_plural("≤ %(count)s hour", "≤ %(count)s hours"),
    "days": mark_plural("≤ %(count)s day", "≤ %(count)s days"),
    "open minutes": mark_plural("≤ %(count)s open minute", "≤ %(count)s open minutes"),
    "open hours": mark_plural("≤ %(count)s opening hour", "≤ %(count)s opening hours"),
}
"""The same as short as a drawing needs it."""


def within(words: Words, span: Span | None) -> str:
    """`within 2 opening hours`; nothing when there is no time set."""
    return _said(words, span, WITHIN)


def at_most(words: Words, span: Span | None) -> str:
    """`≤ 2 opening hours`, for a drawing."""
    return _said(words, span, AT_MOST)


def minutes_of(span: Span) -> int:
    """A length of time in whole minutes, at least one."""
    return max(1, round(span.hours * MINUTES_OF_HOUR))


def _said(words: Words, span: Span | None, forms: dict[str, tuple[str, str]]) -> str:
    if span is None:
        return ""
    unit, count = _counted(span)
    one, many = forms[unit]
    return str(words.ngettext(one, many, count))


def _counted(span: Span) -> tuple[str, int]:
    opening = "open " if span.counted is Counted.OPENING else ""
    if span.hours != span.hours.to_integral_value():
        return f"{opening}minutes", minutes_of(span)
    if not opening and span.hours >= 2 * HOURS_OF_DAY and span.hours % Decimal(HOURS_OF_DAY) == 0:
        return "days", int(span.hours) // HOURS_OF_DAY
    return f"{opening}hours", int(span.hours)
