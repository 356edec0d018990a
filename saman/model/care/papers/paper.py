"""What a paper is made of: sections of entries, each entry with sentences, each sentence with its origin.

A message is English text with places for values (`%(name)s`), translated where papers are written out.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

from saman.model.care.timing import Span


class Standing(Enum):
    """What a sentence stands on."""

    SOURCE = "source"
    """A public source."""
    SEEN = "seen"
    """A text of law that was read at its source."""
    STATED = "stated"
    """What the region says of itself, in a row that carries no ground."""
    SAMPLE = "sample"
    """Made up for the demonstration."""
    SECONDARY = "secondary"
    """A rule that was read in a bill or a secondary text only: a local setting, never what the law says."""
    UNCHECKED = "unchecked"
    """A rule that nobody has checked: a local setting, never what the law says."""
    NOT_KNOWN = "not-known"
    """Nothing: the files do not say it, and the sentence is a blank."""


class Origin(msgspec.Struct, frozen=True):
    """The row that a sentence comes from, as `file:line` below the folder of regions, and what it stands on.

    `sources`: ids in the region's file or the country's. `named`: what a row of law names itself, such as an address.
    """

    place: str
    standing: Standing
    sources: tuple[str, ...] = ()
    named: str = ""


class Ruled(msgspec.Struct, frozen=True):
    """What a row of access says in English; catalogues have it in other languages."""

    text: str


class DataWord(msgspec.Struct, frozen=True):
    """A kind of person data by the word of the files: `readings`."""

    word: str


class Question(msgspec.Struct, frozen=True):
    """A row of access by the question that it answers: `R20`."""

    row: str


Value = str | int | Decimal | date | Span | dict[str, str] | Enum | Ruled | DataWord | Question | tuple[Any, ...]
"""What is put into a message: a name, number or day, a text in several languages, a word of the schema, or several."""


class Phrase(msgspec.Struct, frozen=True):
    """A message with its values; without a message its one value alone."""

    message: str
    values: tuple[tuple[str, Value], ...] = ()


def phrase(message: str, /, **values: Value) -> Phrase:
    """A message with values; the catalogues are made from calls of this function."""
    return Phrase(message, tuple(values.items()))


def alone(value: Value) -> Phrase:
    """A value with nothing around it."""
    return Phrase("", (("value", value),))


class Sentence(msgspec.Struct, frozen=True):
    """One statement with its origin; a blank says in `phrase` who fills it in."""

    phrase: Phrase
    origin: Origin

    @property
    def blank(self) -> bool:
        """Whether it is a line to fill in."""
        return self.origin.standing is Standing.NOT_KNOWN


class Entry(msgspec.Struct, frozen=True):
    """A question of the paper, and all that is said to it."""

    label: Phrase
    sentences: tuple[Sentence, ...]


class Section(msgspec.Struct, frozen=True):
    """A part with a heading."""

    heading: Phrase
    entries: tuple[Entry, ...]


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """One draft: its id, which is the name of its files, what it is called and what it is drafted for.

    `rule` says which rule asks for it, with its origin where a country's file names it.
    """

    id: str
    title: Phrase
    rule: Phrase
    ruled_by: Origin | None = None
    sections: tuple[Section, ...]

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """Every sentence, in order."""
        return tuple(one for section in self.sections for entry in section.entries for one in entry.sentences)


CONTROLLER = phrase("To be filled in by the controller")
PARTIES = phrase("To be agreed by the parties")
OFFICER = phrase("To be filled in by the data protection officer")
PROFESSIONALS = phrase("To be filled in by those who do the work")
"""Who fills in a blank."""
