"""A paper of a way as a form, as it is read and printed, and as two writers left it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from saman.apps.workspace.desk import Desk
from saman.apps.workspace.way_views import Pairs, party_choices
from saman.flows.governance.mandate import Matter
from saman.flows.governance.ways import papers
from saman.kernel.outcome import Refusal
from saman.model.care.basis import Source, said
from saman.model.care.way import Column, Field, FieldKind, OptionsFrom, Template, WayFile
from saman.model.care.way_papers import MOST_CELLS, MOST_ROWS, Options, Paper, Row, day_of, differing

EMPTY_ROWS = 3


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """One field to write into."""

    name: str
    label: str
    kind: str
    value: str
    hint: str = ""
    options: Pairs = ()


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a paper: one input, or a table of them."""

    id: str
    label: str
    hint: str
    input: Input | None
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[Input, ...], ...] = ()


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A field as it is read: a text, or a table; empty when nothing was written."""

    label: str
    text: str
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class Both(msgspec.Struct, frozen=True, kw_only=True):
    """A field that two people wrote differently at the same time."""

    label: str
    theirs: Shown
    mine: Shown


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier or the present version of a paper."""

    number: int
    party: str
    at: object
    reason: str


class PaperView(msgspec.Struct, frozen=True, kw_only=True):
    """A paper of a way."""

    way: str
    title: str
    template: str
    name: str
    seen: int
    may: bool
    is_closed: bool
    blocks: tuple[Block, ...]
    shown: tuple[Shown, ...]
    steps: tuple[tuple[str, str], ...]
    versions: tuple[Version, ...]
    sources: tuple[Source, ...]
    both: tuple[Both, ...] = ()
    refusal: Refusal | None = None


def offered(desk: Desk, way: WayFile) -> Mapping[str, Options]:
    """What choices are between that take the region's own names."""
    language, model = desk.words.language, desk.model
    return {
        OptionsFrom.VOICES.value: {one.id: said(one.name, language) for one in way.voices},
        OptionsFrom.ROLES.value: {one.id: said(one.name, language) for one in model.roles},
        OptionsFrom.PARTIES.value: dict(party_choices(desk)),
        OptionsFrom.INDICATORS.value: {one.id: said(one.name, language) for one in model.indicators},
    }


class Pen(msgspec.Struct, frozen=True):
    """Writes fields of papers in a language, with the region's names."""

    language: str
    offered: Mapping[str, Options]
    desk: Desk

    def blocks(self, template: Template, paper: Paper) -> tuple[Block, ...]:
        """The fields as a form, with some empty rows."""
        return tuple(self._block(field, paper) for field in template.fields)

    def shown(self, template: Template, paper: Paper) -> tuple[Shown, ...]:
        """The fields as they are read."""
        return tuple(self.read(field, paper) for field in template.fields)

    def read(self, field: Field, paper: Paper) -> Shown:
        """One field as it is read."""
        label = said(field.label, self.language)
        if field.kind is not FieldKind.ROWS:
            return Shown(label=label, text=self._words(field, paper.value(field.id)))
        rows = tuple(
            tuple(self._words(column, row.get(column.id, "")) for column in field.columns)
            for row in paper.rows.get(field.id, ())
        )
        return Shown(label=label, text="", headings=self._headings(field), rows=rows)

    def both(self, template: Template, theirs: Paper, mine: Paper) -> Iterator[Both]:
        """The fields in which two papers differ."""
        differ = differing(theirs, mine)
        for field in template.fields:
            if field.id in differ:
                label = said(field.label, self.language)
                yield Both(label=label, theirs=self.read(field, theirs), mine=self.read(field, mine))

    def _block(self, field: Field, paper: Paper) -> Block:
        label, hint = said(field.label, self.language), said(field.hint, self.language)
        if field.kind is not FieldKind.ROWS:
            one = self._input(field, field.id, paper.value(field.id), hint)
            return Block(id=field.id, label=label, hint=hint, input=one)
        rows = paper.rows.get(field.id, ())
        room = min(MOST_ROWS, MOST_CELLS // len(field.columns))
        lines = [*rows, *({} for _ in range(EMPTY_ROWS))][: max(room, len(rows))]
        return Block(
            id=field.id,
            label=label,
            hint=hint,
            input=None,
            headings=self._headings(field),
            rows=tuple(self._row(field, index, row) for index, row in enumerate(lines)),
        )

    def _headings(self, field: Field) -> tuple[str, ...]:
        return tuple(said(column.label, self.language) for column in field.columns)

    def _row(self, field: Field, index: int, row: Row) -> tuple[Input, ...]:
        return tuple(
            self._input(column, f"{field.id}.{index}.{column.id}", row.get(column.id, "")) for column in field.columns
        )

    def _input(self, column: Column, name: str, value: str, hint: str = "") -> Input:
        label = said(column.label, self.language)
        return Input(
            name=name, label=label, kind=column.kind.value, value=value, hint=hint, options=self._options(column)
        )

    def _options(self, column: Column) -> Pairs:
        if column.options_from is not None:
            return tuple(self.offered[column.options_from.value].items())
        return tuple((one.id, said(one.name, self.language)) for one in column.options)

    def _words(self, column: Column, value: str) -> str:
        if column.kind is FieldKind.CHOICE:
            return dict(self._options(column)).get(value, value)
        day = day_of(value) if column.kind is FieldKind.DATE else None
        return self.desk.words.full_date(day) if day else value


def pen(desk: Desk, way: WayFile) -> Pen:
    """A pen for one request."""
    return Pen(desk.words.language, offered(desk, way), desk)


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """A paper in the report of a whole way."""

    name: str
    version: int
    fields: tuple[Shown, ...]


async def printed(desk: Desk, way: WayFile, id: str) -> tuple[Printed, ...]:
    """Every paper in which something is written, in the order of the templates."""
    written, writer = await papers(desk.record, id), pen(desk, way)
    return tuple(
        Printed(
            name=said(one.name, desk.words.language),
            version=written[one.id].version,
            fields=tuple(x for x in writer.shown(one, written[one.id].body) if x.text or x.rows),
        )
        for one in way.templates
        if one.id in written and not written[one.id].body.is_empty
    )


def may_write(desk: Desk, is_closed: bool) -> bool:
    """Whether the reader may change the papers of a way."""
    return desk.may(Matter.WAYS) and not is_closed
