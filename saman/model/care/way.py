"""The way from a challenge to new practice, as data: phases, steps, who must be heard, papers, what time goes to."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from functools import cached_property
from typing import Annotated

import msgspec
from msgspec import Meta

from saman.model.care.basis import Grounded, Node, Slug, Source, Text


class FieldKind(Enum):
    """How a field of a paper is filled in."""

    TEXT = "text"
    LONG_TEXT = "long-text"
    CHOICE = "choice"
    NUMBER = "number"
    DATE = "date"
    ROWS = "rows"


class OptionsFrom(Enum):
    """Whose names a choice is between, when the file does not list them."""

    VOICES = "voices"
    ROLES = "roles"
    PARTIES = "parties"
    INDICATORS = "indicators"


class Option(Node, frozen=True, kw_only=True):
    """One answer of a choice."""

    id: Slug
    name: Text


class Column(Node, frozen=True, kw_only=True):
    """One part of each row; never rows itself."""

    id: Slug
    kind: FieldKind
    label: Text
    options: tuple[Option, ...] = ()
    options_from: OptionsFrom | None = None


class Field(Column, frozen=True, kw_only=True):
    """One thing that a paper asks for; `rows` have columns."""

    hint: Text = msgspec.field(default_factory=dict)
    columns: tuple[Column, ...] = ()


class Template(Grounded, frozen=True, kw_only=True):
    """A paper to fill in."""

    id: Slug
    name: Text
    fields: tuple[Field, ...]

    def field(self, id: str) -> Field | None:
        """A field by its id."""
        return next((one for one in self.fields if one.id == id), None)


class Question(Node, frozen=True, kw_only=True):
    """A question that helps to think; it asks for no answer."""

    id: Slug
    text: Text


class Step(Grounded, frozen=True, kw_only=True):
    """What is done on the way: `heard` are ids of the voices that belong into it, `templates` those of its papers."""

    id: Slug
    name: Text
    purpose: Text
    questions: tuple[Question, ...]
    heard: tuple[Slug, ...] = ()
    templates: tuple[Slug, ...] = ()
    optional: bool = False


class Phase(Grounded, frozen=True, kw_only=True):
    """A part of the way; phases may overlap and come again."""

    id: Slug
    name: Text
    purpose: Text
    steps: tuple[Step, ...]


class Voice(Grounded, frozen=True, kw_only=True):
    """A group that must be heard before a way is finished, or it is said why it was not."""

    id: Slug
    name: Text


class Doing(Grounded, frozen=True, kw_only=True):
    """A kind of work that time goes to; `counts` towards the share that the claim speaks of."""

    id: Slug
    name: Text
    counts: bool


class Claim(Grounded, frozen=True, kw_only=True):
    """What a source says time should go to; shown as its claim, never as a target."""

    percent: Annotated[int, Meta(ge=1, le=100)]
    text: Text


class WayFile(Node, frozen=True, kw_only=True, dict=True):
    """`regions/way.yaml`: the guided way, the same in all regions."""

    schema: int
    sources: tuple[Source, ...]
    voices: tuple[Voice, ...]
    phases: tuple[Phase, ...]
    templates: tuple[Template, ...]
    doings: tuple[Doing, ...]
    claim: Claim

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps in the order of the file."""
        return tuple(step for phase in self.phases for step in phase.steps)

    def step(self, id: str) -> Step | None:
        """A step by its id."""
        return next((one for one in self.steps if one.id == id), None)

    def template(self, id: str) -> Template | None:
        """A paper by its id."""
        return next((one for one in self.templates if one.id == id), None)

    def sources_of(self, fact: Grounded) -> tuple[Source, ...]:
        """The sources that a fact of this file rests on."""
        return tuple(one for one in self.sources if one.id in fact.source)

    def columns(self) -> Iterator[tuple[tuple[str | int, ...], Column]]:
        """Every field and column of every paper, with its path in the file."""
        for at, template in enumerate(self.templates):
            for index, field in enumerate(template.fields):
                yield ("templates", at, "fields", index), field
                for inner, column in enumerate(field.columns):
                    yield ("templates", at, "fields", index, "columns", inner), column
