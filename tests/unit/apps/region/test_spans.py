"""Lengths of time in words: minutes for parts of hours, days for whole ones, each with its plural."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from saman.apps.region.spans import at_most, minutes_of, within
from saman.apps.ui.locales import Words
from saman.model.care.timing import Counted, Span


@pytest.mark.parametrize(
    ("hours", "counted", "language", "said"),
    [
        ("1", Counted.CLOCK, "en", "within 1 hour"),
        ("2", Counted.CLOCK, "en", "within 2 hours"),
        ("0.05", Counted.CLOCK, "en", "within 3 minutes"),
        ("1.5", Counted.CLOCK, "en", "within 90 minutes"),
        ("24", Counted.CLOCK, "en", "within 24 hours"),
        ("48", Counted.CLOCK, "en", "within 2 days"),
        ("50", Counted.CLOCK, "en", "within 50 hours"),
        ("1", Counted.OPENING, "en", "within 1 opening hour"),
        ("80", Counted.OPENING, "en", "within 80 opening hours"),
        ("0.5", Counted.OPENING, "en", "within 30 minutes of opening time"),
        ("1", Counted.CLOCK, "fi", "1 tunnissa"),
        ("2.0", Counted.CLOCK, "nb", "innen 2 timer"),
    ],
)
def test_a_length_of_time_is_said_as_people_say_it(hours: str, counted: Counted, language: str, said: str) -> None:
    words = Words(language, ZoneInfo("Europe/Oslo"), datetime(2026, 11, 20, 9, tzinfo=UTC))
    assert within(words, Span(hours=Decimal(hours), counted=counted)) == said


def test_no_time_is_no_words() -> None:
    words = Words("en", ZoneInfo("Europe/Oslo"), datetime(2026, 11, 20, 9, tzinfo=UTC))
    assert within(words, None) == at_most(words, None) == ""


def test_minutes_are_never_none() -> None:
    assert minutes_of(Span(hours=Decimal("0.001"), counted=Counted.CLOCK)) == 1
