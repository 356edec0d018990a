"""The reader's language: which one, and dates, times and numbers as it writes them.

Formats come from Unicode CLDR by way of Babel (https://cldr.unicode.org); the few it lacks stand in `SHAPES`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from babel.units import format_unit
from markupsafe import Markup, escape

from saman.apps.ui import catalogue
from saman.apps.ui.advice import Advice, beside
from saman.apps.ui.catalogue import LANGUAGES, SOURCE_LANGUAGE, Catalogue
from saman.flows.reading import Said
from saman.kernel.outcome import Issue


class Shape(msgspec.Struct, frozen=True):
    """How one language writes a day: CLDR patterns, the word before a time, words for the nearest days."""

    locale: str
    own_name: str
    day: str
    day_month: str
    short: str
    at: str
    near: tuple[str, str, str]
    on_weekdays: tuple[str, ...] = ()


SHAPES: Final = {
    "sv": Shape(
        locale="sv",
        own_name="Svenska",
        day="cccc d MMMM",
        day_month="d MMMM",
        short="d MMM",
        at="{day} kl. {time}",
        near=("i går", "i dag", "i morgon"),
    ),
    "nb": Shape(
        locale="nb",
        own_name="Norsk",
        day="cccc d. MMMM",
        day_month="d. MMMM",
        short="d. MMM",
        at="{day} kl. {time}",
        near=("i går", "i dag", "i morgen"),
    ),
    "da": Shape(
        locale="da",
        own_name="Dansk",
        day="cccc 'den' d. MMMM",
        day_month="d. MMMM",
        short="d. MMM",
        at="{day} kl. {time}",
        near=("i går", "i dag", "i morgen"),
    ),
    "fi": Shape(
        locale="fi",
        own_name="Suomi",
        day="cccc d. MMMM",
        day_month="d. MMMM",
        short="d.M.",
        at="{day} klo {time}",
        near=("eilen", "tänään", "huomenna"),
    ),
    "is": Shape(
        locale="is",
        own_name="Íslenska",
        day="cccc d. MMMM",
        day_month="d. MMMM",
        short="d. MMM",
        at="{day} kl. {time}",
        near=("í gær", "í dag", "á morgun"),
        on_weekdays=(
            "mánudaginn",
            "þriðjudaginn",
            "miðvikudaginn",
            "fimmtudaginn",
            "föstudaginn",
            "laugardaginn",
            "sunnudaginn",
        ),
    ),
    "en": Shape(
        locale="en_GB",
        own_name="English",
        day="cccc d MMMM",
        day_month="d MMMM",
        short="d MMM",
        at="{day}, {time}",
        near=("yesterday", "today", "tomorrow"),
    ),
}


def mark(message: str) -> str:
    """Marks a source string that is translated later, when a page shows it."""
    return message


def mark_plural(one: str, many: str) -> tuple[str, str]:
    """Marks the forms of a source string for one and for many."""
    return one, many


def together(number: str) -> str:
    """A telephone number that no line is broken in."""
    return number.replace(" ", "\N{NO-BREAK SPACE}")


def negotiate(asked: str, kept: Iterable[str], accept_language: str, default: str = SOURCE_LANGUAGE) -> str:
    """The language of an answer: asked for in the address, kept from before, the browser's, else `default`."""
    for choice in (asked, *kept, *_accepted(accept_language)):
        if choice in LANGUAGES:
            return choice
    return default


@lru_cache(maxsize=256)
def _accepted(header: str) -> tuple[str, ...]:
    """Language codes of an Accept-Language header, best first (https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4)."""
    ranked = []
    for part in header[:500].split(","):
        tag, _, weight = part.strip().partition(";q=")
        code = tag.split("-")[0].lower()
        try:
            quality = float(weight or 1)
        except ValueError:
            quality = 0.0
        if quality > 0:
            ranked.append((quality, {"no": "nb", "nn": "nb"}.get(code, code)))
    return tuple(code for _, code in sorted(ranked, key=lambda item: -item[0]))


class Words:
    """All that a page says in one language, at one time, in one time zone."""

    def __init__(self, language: str, zone: ZoneInfo, now: datetime) -> None:
        self.language = language
        self.zone = zone
        self.now = now.astimezone(zone)
        self.shape = SHAPES[language]
        self.shown_unreviewed = False
        self._catalogue: Catalogue = catalogue.load(language)

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`, as HTML's `dir` wants it."""
        return Locale.parse(self.shape.locale).text_direction

    @property
    def decimal_point(self) -> str:
        """What stands before the decimals of a number: `,` or `.`."""
        return self.number(0, 1)[1]

    @property
    def today(self) -> date:
        """The day it is where the reader is."""
        return self.now.date()

    def gettext(self, message: str, /, **values: object) -> Markup:
        """`message` in this language with its values put in; values that are not Markup are escaped."""
        if not values and (said := self._catalogue.plain(message)) is not None:
            self.shown_unreviewed |= not said.reviewed
            return said.markup
        phrase = self._catalogue.phrase(message)
        if phrase is None:
            return _filled(message, values)
        self.shown_unreviewed |= not phrase.reviewed
        return _filled(phrase.forms[0], values)

    def plain(self, message: str, /, **values: object) -> str:
        """The same as a plain value, for what will be escaped where it is shown."""
        if not values and (said := self._catalogue.plain(message)) is not None:
            self.shown_unreviewed |= not said.reviewed
            return said.text
        phrase = self._catalogue.phrase(message)
        if phrase is None or any(isinstance(one, Markup) for one in values.values()):
            filled = self.gettext(message, **values)
            return filled.unescape() if values else _unescaped(filled)
        self.shown_unreviewed |= not phrase.reviewed
        return phrase.forms[0] % values

    def advice(self, message: str, /, **values: object) -> Advice:
        """What tells the reader what to do, with the source string beside it where nobody has read the translation."""
        phrase = self._catalogue.phrase(message)
        read = phrase is None or phrase.reviewed or self.language == SOURCE_LANGUAGE
        source = None if read else Said(_unescaped(_filled(message, values)), SOURCE_LANGUAGE)
        return Advice(self.plain(message, **values), self.language, source)

    def beside(self, told: Iterable[str]) -> tuple[tuple[str, Said], ...]:
        """What stands beside some advice: the own name of a language, and the words in it."""
        found = beside(told)
        self.shown_unreviewed |= bool(found)
        return tuple((SHAPES[one.language].own_name if one.language in SHAPES else one.language, one) for one in found)

    def ruled(self, text: str) -> Said:
        """What a row of access says in words, in this language where the catalogue has it, else in English as it is."""
        phrase = self._catalogue.phrase(text)
        if phrase is None:
            return Said(text, SOURCE_LANGUAGE)
        self.shown_unreviewed |= not phrase.reviewed
        return Said(phrase.forms[0], self.language)

    def ngettext(self, one: str, many: str, count: int, /, **values: object) -> Markup:
        """The form for `count` (put in as `%(count)s`)."""
        phrase = self._catalogue.phrase(one)
        values = {"count": self.number(count), **values}
        if phrase is None:
            return _filled(one if count == 1 else many, values)
        self.shown_unreviewed |= not phrase.reviewed
        return _filled(self._catalogue.form(phrase, count), values)

    def issue(self, issue: Issue) -> Markup:
        """What an issue says to the reader: its own key when the catalogue has it, else its English text."""
        if issue.key:
            return self.gettext(issue.key, **dict(issue.args))
        return (
            Markup('<span lang="en">{}</span>').format(issue.text)
            if self.language != SOURCE_LANGUAGE
            else escape(issue.text)
        )

    def spoken(self, text: str) -> str:
        """`text` marked with its language where that is not the page's, for those who hear the page (WCAG 3.1.2)."""
        language = text.language if isinstance(text, Said) else ""
        if not language or language.partition("-")[0] == self.language:
            return text if isinstance(text, Markup) else escape(text)
        return Markup('<span lang="{}">{}</span>').format(language, str(text))

    def number(self, value: Decimal | int, digits: int | None = None) -> str:
        """A number with the digits it came with (or `digits`), by locale: `71,8`."""
        places = digits if digits is not None else max(0, -int(Decimal(value).as_tuple().exponent))
        return _numeral(Decimal(value), places, self.shape.locale)

    def local(self, moment: datetime) -> datetime:
        """`moment` on the reader's clock."""
        return moment.astimezone(self.zone)

    def day(self, moment: date) -> str:
        """`Monday 23 November`, with the year when it is another year."""
        return self._date(self.shape.day, moment)

    def on(self, moment: date) -> str:
        """The day as an answer to *when*: fi `maanantaina 23. marraskuuta`, is `mánudaginn 23. nóvember`."""
        weekdays = self.shape.on_weekdays
        if weekdays:
            return f"{weekdays[self._day(moment).weekday()]} {self._date(self.shape.day_month, moment)}"
        return self._date(self.shape.day.replace("cccc", "EEEE"), moment)

    def day_month(self, moment: date) -> str:
        """`23 November`, with the year when it is another year."""
        return self._date(self.shape.day_month, moment)

    def short_date(self, moment: date) -> str:
        """`23 Nov`, with the year when it is another year."""
        return self._date(self.shape.short, moment)

    def full_date(self, moment: date) -> str:
        """`14 March 1948`, always with the year."""
        return _written(self.shape.day_month + " y", self._day(moment), self.shape.locale)

    def weekday(self, moment: date, short: bool = False) -> str:
        """`Monday` or `Mon`."""
        return _written("ccc" if short else "cccc", self._day(moment), self.shape.locale)

    def month(self, moment: date) -> str:
        """`Nov`."""
        return _written("LLL", self._day(moment), self.shape.locale).rstrip(".")

    def time(self, moment: datetime) -> str:
        """`08:05`, fi and da `8.05`."""
        local = self.local(moment)
        return _clock(local.hour, local.minute, self.shape.locale)

    def near(self, moment: date) -> str:
        """`today`, `yesterday`, `tomorrow`, else the day as an answer to *when*."""
        distance = (self._day(moment) - self.today).days
        return self.shape.near[distance + 1] if abs(distance) <= 1 else self.on(moment)

    def at(self, moment: datetime) -> str:
        """Near day and time: `today, 15:40`."""
        return self.shape.at.format(day=self.near(moment), time=self.time(moment))

    def moment(self, moment: datetime) -> str:
        """Day and time, never relative: `Friday 20 November, 15:40`."""
        return self.shape.at.format(day=self.on(moment), time=self.time(moment))

    def short_moment(self, moment: datetime) -> str:
        """For narrow columns: `Fri 16:14` within a week, else `12 Nov 16:14`."""
        day = self._day(moment)
        head = self.weekday(day, short=True) if abs((day - self.today).days) < 7 else self.short_date(day)
        return f"{head} {self.time(moment)}"

    def duration(self, span: timedelta) -> str:
        """`46 min`, `1 h 34 min`, `45 h`, from three days on `4 days`; its sign is left out."""
        minutes = abs(int(span.total_seconds())) // 60
        if minutes >= 72 * 60:
            return self._unit(minutes // 1440, "day", "long")
        hours, rest = divmod(minutes, 60)
        if hours >= 10:
            return self._unit(hours, "hour")
        return " ".join(([self._unit(hours, "hour")] if hours else []) + [self._unit(rest, "minute")])

    def _unit(self, count: int, unit: str, length: str = "short") -> str:
        return _measured(count, unit, length, self.shape.locale)

    def _date(self, pattern: str, moment: date) -> str:
        day = self._day(moment)
        return _written(pattern if day.year == self.today.year else _with_year(pattern), day, self.shape.locale)

    def _day(self, moment: date) -> date:
        return self.local(moment).date() if isinstance(moment, datetime) else moment


def _with_year(pattern: str) -> str:
    return pattern + ("yyyy" if pattern.endswith("M.") else " y")


@lru_cache(maxsize=8192)
def _written(pattern: str, day: date, locale: str) -> str:
    return format_date(day, pattern, locale=locale)


@lru_cache(maxsize=2048)
def _clock(hour: int, minute: int, locale: str) -> str:
    return format_time(time(hour, minute), "short", locale=locale)


@lru_cache(maxsize=4096)
def _measured(count: int, unit: str, length: str, locale: str) -> str:
    return format_unit(count, f"duration-{unit}", "long" if length == "long" else "short", locale=locale)


@lru_cache(maxsize=8192)
def _numeral(value: Decimal, places: int, locale: str) -> str:
    return format_decimal(value, "#,##0" + ("." + "0" * places if places else ""), locale=locale)


def _filled(text: str, values: dict[str, object]) -> Markup:
    return _safe(text) % values if values else _plain(text)


@lru_cache(maxsize=8192)
def _safe(text: str) -> Markup:
    return escape(text)


@lru_cache(maxsize=8192)
def _plain(text: str) -> Markup:
    return escape(text.replace("%%", "%"))


@lru_cache(maxsize=8192)
def _unescaped(text: Markup) -> str:
    return text.unescape()


def languages() -> tuple[tuple[str, str], ...]:
    """Code and own name of every language, for the switch."""
    return tuple((code, SHAPES[code].own_name) for code in LANGUAGES)
