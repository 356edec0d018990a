"""A paper in one language: every sentence as runs of text that know their language, with the number of its row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

from saman.apps.papers.frame import SAYS, STANDS, Frame, Made, framed
from saman.apps.region import names
from saman.apps.region.facts import Teller
from saman.apps.ui.locales import Words, mark
from saman.model.care.caremodel import CareModel
from saman.model.care.papers.paper import (
    DataWord,
    Origin,
    Paper,
    Phrase,
    Question,
    Ruled,
    Sentence,
    Value,
)
from saman.model.care.service_model import ModeKind, Occasion
from saman.model.care.timing import Counted, Span


class Run(msgspec.Struct, frozen=True):
    """A piece of text, and its language when that is not the paper's."""

    text: str
    lang: str = ""


Runs = tuple[Run, ...]


class Line(msgspec.Struct, frozen=True):
    """A sentence: its text, the number of the row it comes from, what to mark it with, and whether it is a blank."""

    runs: Runs
    number: int
    tag: str
    blank: bool


class EntryLines(msgspec.Struct, frozen=True):
    """A question and its answers."""

    label: Runs
    lines: tuple[Line, ...]


class SectionLines(msgspec.Struct, frozen=True):
    """A part with its heading."""

    heading: Runs
    entries: tuple[EntryLines, ...]


class RowLine(msgspec.Struct, frozen=True):
    """A row at the end: its number, `file:line`, what it stands on, and where that can be read."""

    number: int
    place: str
    standing: str
    sources: tuple[str, ...]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A paper ready to be set."""

    id: str
    lang: str
    title: Runs
    rule: Runs
    rule_line: Line | None
    frame: Frame
    sections: tuple[SectionLines, ...]
    rows: tuple[RowLine, ...]


def told(paper: Paper, model: CareModel, words: Words, made: Made) -> Told:
    """A paper in the language of `words`."""
    return _Telling(model, words).paper(paper, made)


class _Telling:
    def __init__(self, model: CareModel, words: Words) -> None:
        self.words = words
        self.tell = Teller(model, words)
        self.numbers: dict[Origin, int] = {}
        self.sources = {one.id: f"{one.mark.value}: {one.publisher}, {one.title}, {one.url}" for one in _own(model)}
        self.sources |= {one.id: f"{one.title} {one.url}".strip() for one in model.country.sources}
        self.called = {f"{{{number.id}}}": number.shown for number in model.country.numbers}

    def paper(self, paper: Paper, made: Made) -> Told:
        rule = self.line(Sentence(paper.rule, paper.ruled_by)) if paper.ruled_by else None
        sections = tuple(
            SectionLines(
                self.runs(section.heading),
                tuple(
                    EntryLines(self.runs(entry.label), tuple(map(self.line, entry.sentences)))
                    for entry in section.entries
                ),
            )
            for section in paper.sections
        )
        return Told(
            id=paper.id,
            lang=self.words.language,
            title=self.runs(paper.title),
            rule=self.runs(paper.rule),
            rule_line=rule,
            sections=sections,
            rows=tuple(self.row(origin, number) for origin, number in self.numbers.items()),
            frame=framed(self.words, made, any(one.blank for one in paper.sentences)),
        )

    def line(self, sentence: Sentence) -> Line:
        number = self.numbers.setdefault(sentence.origin, len(self.numbers) + 1)
        tag = SAYS.get(sentence.origin.standing, "")
        said = self.words.plain(tag) if tag else ""
        return Line(self.runs(sentence.phrase), number, said, sentence.blank)

    def row(self, origin: Origin, number: int) -> RowLine:
        named = [self.sources[one] for one in origin.sources if one in self.sources]
        return RowLine(
            number=number,
            place=origin.place,
            standing=self.words.plain(STANDS[origin.standing]),
            sources=(*named, origin.named) if origin.named else tuple(named),
        )

    def runs(self, said: Phrase) -> Runs:
        values = dict(said.values)
        if not said.message:
            return _merged(self.value(values["value"]))
        return _merged(self.filled(said.message, values))

    def filled(self, message: str, values: dict[str, Value]) -> Iterator[Run]:
        """A message with its values, each in its own language."""
        spaced = self.words.plain(message, **{name: f"\x00{name}\x00" for name in values}) if values else ""
        for index, piece in enumerate((spaced or self.words.plain(message)).split("\x00")):
            yield from self.value(values[piece]) if index % 2 else (Run(piece),)

    def value(self, value: Value) -> Iterator[Run]:
        """A value in words."""
        if isinstance(value, tuple):
            for index, one in enumerate(value):
                yield from (*((Run(", "),) if index else ()), *self.value(one))
            return
        said = self._worded(value)
        text = said.text if isinstance(said, Run) else said
        for written, number in self.called.items():
            text = text.replace(written, number)
        yield Run(text, said.lang if isinstance(said, Run) else "")

    def _worded(self, value: Any) -> Run | str:
        for kind, worded in _WORDED:
            if isinstance(value, kind):
                return worded(self, value)
        return str(value)

    def text(self, text: dict[str, str]) -> Run:
        said = self.tell.said(text)
        return Run(said.text, said.lang)

    def ruled(self, ruled: Ruled) -> Run:
        said = self.tell.ruled(ruled.text)
        return Run(said.text, said.lang)

    def coded(self, value: Enum) -> str:
        if isinstance(value, ModeKind):
            return self.words.plain(names.MODES[value][1])
        return self.words.plain(names.OCCASIONS[value]) if isinstance(value, Occasion) else str(value.value)

    def span(self, span: Span) -> str:
        length = self.words.duration(timedelta(minutes=int(span.hours * 60)))
        return self.words.plain(_OPENING if span.counted is Counted.OPENING else _CLOCK, time=length)


_OPENING = mark("within %(time)s of opening hours")
_CLOCK = mark("within %(time)s")

_WORDED: tuple[tuple[type, Callable[[_Telling, Any], Run | str]], ...] = (
    (dict, _Telling.text),
    (Ruled, _Telling.ruled),
    (DataWord, lambda telling, value: telling.words.plain(names.DATA[value.word])),
    (Question, lambda telling, value: telling.words.plain(names.QUESTIONS[value.row])),
    (Enum, _Telling.coded),
    (Span, _Telling.span),
    (date, lambda telling, value: telling.words.full_date(value)),
    (Decimal, lambda telling, value: telling.words.number(value)),
    (int, lambda telling, value: telling.words.number(value)),
)


def _own(model: CareModel) -> Iterator[Any]:
    return iter(model.region.sources)


def _merged(runs: Iterator[Run]) -> Runs:
    """Runs of the same language as one; the first letter is a capital."""
    found: list[Run] = []
    for run in runs:
        if found and found[-1].lang == run.lang:
            found[-1] = Run(found[-1].text + run.text, run.lang)
        elif run.text:
            found.append(run)
    if found and found[0].text:
        found[0] = Run(found[0].text[0].upper() + found[0].text[1:], found[0].lang)
    return tuple(found)
