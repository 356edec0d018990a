"""Facts as pages show them: in the reader's language where there is one, each with its ground beside it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

import msgspec
from markupsafe import Markup

from saman.apps.ui.locales import Words, together
from saman.model.care.basis import Grounded, Source, said
from saman.model.care.caremodel import CareModel
from saman.model.care.walk import walk

ENGLISH = "en"


class Said(msgspec.Struct, frozen=True):
    """A text, and its language when that is not the page's."""

    text: str
    lang: str = ""


class Cited(msgspec.Struct, frozen=True):
    """A source as a fact points to it: its number in the list, its mark, who published it."""

    id: str
    number: int
    mark: str
    publisher: str


class Ground(msgspec.Struct, frozen=True):
    """What a fact stands on: sources, or that it is a sample, or that it is not known."""

    cited: tuple[Cited, ...] = ()
    sample: bool = False

    @property
    def known(self) -> bool:
        """Whether there is a source or it is at least a sample."""
        return bool(self.cited) or self.sample


NOT_KNOWN = Ground()


class Fact(msgspec.Struct, frozen=True):
    """One statement with its ground."""

    said: Said
    ground: Ground


class Teller:
    """Says what a care model holds in the reader's language, with marks."""

    def __init__(self, model: CareModel, words: Words) -> None:
        self.model = model
        self.words = words
        self._cited = {
            source.id: Cited(source.id, number, source.mark.value, source.publisher)
            for number, source in enumerate(ordered_sources(model.region.sources), 1)
        }

    def said(self, text: Mapping[str, str]) -> Said:
        """`text` in the reader's language, else in English and marked as that, with the numbers to call put in."""
        own = text.get(self.words.language)
        if own:
            return Said(self._called(own))
        found = said(dict(text), ENGLISH)
        return Said(self._called(found), next((language for language, one in text.items() if one == found), ""))

    def _called(self, text: str) -> str:
        """`text` with the country's numbers where it says `{emergency}` or `{out-of-hours}`."""
        if "{" in text:
            for number in self.model.numbers.values():
                text = text.replace(f"{{{number.id}}}", together(number.shown))
        return text

    def gettext(self, message: str, **values: object) -> str:
        """`message` in the reader's language as a plain value, for what is escaped where it is shown."""
        return self.words.plain(message, **values)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The form for `count` as a plain value."""
        return self.words.ngettext(one, many, count).unescape()

    def english(self, text: str) -> Said:
        """A text that exists in English only."""
        return Said(text, "" if self.words.language == ENGLISH else ENGLISH)

    def ruled(self, text: str) -> Said:
        """What a row of access says in words."""
        found = self.words.ruled(text)
        return Said(str(found), "" if found.language == self.words.language else found.language)

    def ground(self, *facts: Grounded) -> Ground:
        """The ground of one fact, or of several that are shown as one: every source, and whether any is a sample."""
        if any(fact.not_known for fact in facts):
            return NOT_KNOWN
        names = dict.fromkeys(name for fact in facts for name in fact.source if name in self._cited)
        return Ground(
            tuple(sorted((self._cited[name] for name in names), key=lambda cited: cited.number)),
            any(fact.sample for fact in facts),
        )

    def facts(self, about: str) -> tuple[Fact, ...]:
        """What the sources say about one thing."""
        return tuple(
            Fact(self.said(fact.text), self.ground(fact)) for fact in self.model.region.facts if fact.about == about
        )


def grounded(value: msgspec.Struct) -> tuple[Grounded, ...]:
    """Every statement within a part of a care model, or the whole, that says what it stands on."""
    return tuple(visit.value for visit in walk(value) if isinstance(visit.value, Grounded))


def ordered_sources(sources: Iterable[Source]) -> list[Source]:
    """Sources in the order of their marks, then as in the file."""
    return sorted(sources, key=lambda source: source.mark.value)


def lines(text: str, width: int, most: int = 4) -> list[str]:
    """`text` in at most `most` lines of about `width` letters for a drawing; the rest is cut with an ellipsis."""
    said = text.unescape() if isinstance(text, Markup) else text
    return textwrap.wrap(said, width, max_lines=most, placeholder=" …", break_on_hyphens=False) or [""]
