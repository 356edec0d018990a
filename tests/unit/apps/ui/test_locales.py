from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from saman.apps.ui.catalogue import LANGUAGES
from saman.apps.ui.locales import Words, negotiate
from saman.flows.reading import Said
from saman.kernel.outcome import Issue

NOW = datetime(2026, 11, 20, 14, 40, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 7, 5, tzinfo=UTC)


def words(language: str, now: datetime = NOW) -> Words:
    return Words(language, ZoneInfo("Europe/Oslo"), now)


@pytest.mark.parametrize(
    ("asked", "kept", "header", "expected"),
    [
        ("fi", ("nb", ""), "sv", "fi"),
        ("xx", ("nb", ""), "sv", "nb"),
        ("", ("", "da"), "sv", "da"),
        ("", ("", ""), "de;q=0.9, is;q=0.5, sv;q=0.8", "sv"),
        ("", ("", ""), "no, en;q=0.5", "nb"),
        ("", ("", ""), "nn-NO", "nb"),
        ("", ("", ""), "sv;q=0, fi;q=0.1", "fi"),
        ("", ("", ""), "de", "en"),
        ("", ("", ""), "", "en"),
    ],
)
def test_the_language_is_asked_for_then_kept_then_the_browsers(
    asked: str, kept: tuple[str, str], header: str, expected: str
) -> None:
    assert negotiate(asked, kept, header) == expected


@given(st.text(max_size=600))
def test_no_header_breaks_negotiation(header: str) -> None:
    assert negotiate("", (), header) in LANGUAGES


@pytest.mark.parametrize(
    ("language", "moment", "day", "short"),
    [
        ("en", "Monday 23 November, 08:05", "Monday 23 November", "Mon 08:05"),
        ("nb", "mandag 23. november kl. 08:05", "mandag 23. november", "man. 08:05"),
        ("sv", "måndag 23 november kl. 08:05", "måndag 23 november", "mån 08:05"),
        ("da", "mandag den 23. november kl. 08.05", "mandag den 23. november", "man. 08.05"),
        ("fi", "maanantaina 23. marraskuuta klo 8.05", "maanantai 23. marraskuuta", "ma 8.05"),
        ("is", "mánudaginn 23. nóvember kl. 08:05", "mánudagur 23. nóvember", "mán. 08:05"),
    ],
)
def test_days_and_times_are_written_as_the_language_does(language: str, moment: str, day: str, short: str) -> None:
    said = words(language)
    assert said.moment(MONDAY) == moment
    assert said.day(MONDAY) == day
    assert said.short_moment(MONDAY) == short


def test_the_day_is_the_readers_not_the_servers() -> None:
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    assert words("en").near(late) == "tomorrow"
    assert Words("en", ZoneInfo("Atlantic/Reykjavik"), NOW).near(late) == "today"


def test_near_days_have_words_and_other_years_their_year() -> None:
    said = words("nb")
    assert [said.near(date(2026, 11, day)) for day in (19, 20, 21, 22)] == [
        "i går",
        "i dag",
        "i morgen",
        "søndag 22. november",
    ]
    assert said.short_date(date(2025, 3, 1)) == "1. mars 2025"
    assert words("fi").short_date(date(2025, 3, 1)) == "1.3.2025"
    assert said.full_date(date(1948, 3, 14)) == "14. mars 1948"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(46, "46 min"), (94, "1 t 34 min"), (46 * 60 + 59, "46 t"), (-46, "46 min"), (4 * 1440, "4 døgn")],
)
def test_a_time_span_is_short(minutes: int, said: str) -> None:
    assert words("nb").duration(timedelta(minutes=minutes)).replace("\N{NO-BREAK SPACE}", " ") == said


def test_numbers_keep_their_digits() -> None:
    assert words("nb").number(Decimal("71.80")) == "71,80"
    assert words("en").number(Decimal("71.80")) == "71.80"
    assert words("en").number(12345) == "12,345"
    assert words("en").number(Decimal("1E+2")) == "100"
    assert (words("fi").decimal_point, words("en").decimal_point) == (",", ".")


def test_values_are_escaped_and_markup_is_kept() -> None:
    said = words("en")
    assert said.gettext("Write to: %(name)s", name="<b>") == "Write to: &lt;b&gt;"
    assert said.gettext("Write to: %(name)s", name=Markup("<b>x</b>")) == "Write to: <b>x</b>"
    assert "%%" not in said.gettext("The number marked SpO₂ or %%. Sit still for five minutes first.")


def test_plurals_follow_the_language() -> None:
    one, many = "%(count)s reading, from %(lowest)s to %(highest)s %(unit)s.", ""
    values = {"lowest": "1", "highest": "2", "unit": "%"}
    icelandic = words("is")
    assert icelandic.ngettext(one, many, 21, **values).startswith("21 mæling,")
    assert icelandic.ngettext(one, many, 11, **values).startswith("11 mælingar,")
    assert words("en").ngettext("%(count)s bird", "%(count)s birds", 2) == "2 birds"


def test_words_know_when_they_said_something_unreviewed() -> None:
    said = words("nb")
    assert not said.shown_unreviewed
    said.gettext("Today")
    assert said.shown_unreviewed
    english = words("en")
    english.gettext("Today")
    assert not english.shown_unreviewed


def test_an_issue_speaks_the_readers_language_or_says_that_it_does_not() -> None:
    known = Issue("value", "Write something first", "text", key="Write something first")
    unknown = Issue("value", "Broken <thing>", "text")
    assert words("nb").issue(known) == "Skriv noe først"
    assert words("nb").issue(unknown) == '<span lang="en">Broken &lt;thing&gt;</span>'
    assert words("en").issue(unknown) == "Broken &lt;thing&gt;"


def test_a_text_in_another_language_says_so_and_one_in_the_pages_own_does_not() -> None:
    assert words("fi").spoken(Said("Slept <badly>", "en")) == '<span lang="en">Slept &lt;badly&gt;</span>'
    assert words("en").spoken(Said("Slept <badly>", "en-GB")) == "Slept &lt;badly&gt;"
    assert words("fi").spoken(Said("<b>", "")) == "&lt;b&gt;"
    assert words("fi").spoken("<b>") == "&lt;b&gt;"
    assert words("fi").spoken(Markup("<b>")) == "<b>"
