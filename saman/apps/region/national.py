"""What the country has for all its regions: messages, lists, logs, wills, rights to a language, instruments."""

from __future__ import annotations

from typing import Final

import msgspec

from saman.apps.region import names
from saman.apps.region.facts import Said, Teller
from saman.apps.ui.locales import mark
from saman.model.care.country import CountrySource, National, NationalKind

KINDS: Final = {
    NationalKind.MESSAGE: mark("Messages"),
    NationalKind.MEDICINE_LIST: mark("List of medicines"),
    NationalKind.SUMMARY: mark("Summary of the record"),
    NationalKind.LOG: mark("Log of who has looked"),
    NationalKind.WILL: mark("What a person has decided"),
    NationalKind.LANGUAGE: mark("Right to a language"),
    NationalKind.INSTRUMENT: mark("Assessment whose results can be received"),
}


class NationalSource(msgspec.Struct, frozen=True):
    """Where a row comes from, and on which day it was read there; `read` is empty when it was not."""

    title: Said
    url: str
    read: str


class NationalLine(msgspec.Struct, frozen=True):
    """One thing of the country: what it is, what it is called there, what holds, and how far that was checked."""

    kind: str
    name: Said
    text: Said
    law: str
    shape: str
    status: str
    holds: str
    sources: tuple[NationalSource, ...]


def national(tell: Teller) -> tuple[NationalLine, ...]:
    """What holds in the whole country, in the order of its file."""
    known = {source.id: source for source in tell.model.country.sources}
    return tuple(_line(tell, one, known) for one in tell.model.country.national)


def _line(tell: Teller, one: National, known: dict[str, CountrySource]) -> NationalLine:
    shape, words = next(pair for status, pair in names.STATUSES.items() if status.value == one.status.value)
    own = tell.model.country.language
    return NationalLine(
        kind=tell.gettext(KINDS[one.kind]),
        name=Said(one.name, "" if own == tell.words.language else own),
        text=tell.said(one.text),
        law=one.law,
        shape=shape,
        status=tell.gettext(words),
        holds=_holds(tell, one),
        sources=tuple(_source(tell, known[id]) for id in one.source if id in known),
    )


def _holds(tell: Teller, one: National) -> str:
    first, last = (tell.words.full_date(day) if day else "" for day in (one.valid_from, one.valid_to))
    if first and last:
        return f"{first} – {last}"
    if last:
        return tell.gettext("until %(day)s", day=last)
    return tell.gettext("from %(day)s", day=first) if first else ""


def _source(tell: Teller, one: CountrySource) -> NationalSource:
    read = tell.words.full_date(one.checked_on) if one.checked_on else ""
    return NationalSource(tell.english(one.title), one.url, read)
