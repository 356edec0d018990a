"""What is written into the papers of a way: read from form fields, and two writers' texts brought together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import TypeVar

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.care.way import Column, Field, FieldKind, Template
from saman.model.care.way_going import MOST_TEXT

MOST_ROWS = 25
"""Rows of one field; a form carries at most 200 fields."""
MOST_CELLS = 150
"""Cells of all rows of one paper together, for the same reason."""
LINE = 500
"""Characters of one line."""
MOST_DIGITS = 20

T = TypeVar("T")
Row = dict[str, str]
Options = Mapping[str, str]
"""Words by id."""


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A filled template of a way: texts by field, and rows by field, each with texts by column.

    `language` is that of the page it was written on, so that drafts do not pass it for another.
    """

    way: str
    template: str
    language: str = ""
    values: dict[str, str] = {}
    rows: dict[str, tuple[Row, ...]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written in it."""
        return not any(self.values.values()) and not any(self.rows.values())

    def value(self, field: str) -> str:
        """The text of a field."""
        return self.values.get(field, "")


NO_OPTIONS: Mapping[str, Options] = MappingProxyType({})


def read_paper(
    way: str, template: Template, fields: Mapping[str, str], offered: Mapping[str, Options] = NO_OPTIONS
) -> Paper | Refusal:
    """A paper from the fields of a form: `field`, or `field.row.column`; empty rows are left out.

    `offered`: what a choice is between when the template does not list it, by the name of the list.
    """
    issues: list[Issue] = []
    values: dict[str, str] = {}
    rows: dict[str, tuple[Row, ...]] = {}
    for field in template.fields:
        if field.kind is FieldKind.ROWS:
            rows[field.id] = tuple(_rows(field, fields, offered, issues))
        else:
            values[field.id] = _text(field, field.id, fields, offered, issues)
    if sum(len(row) for found in rows.values() for row in found) > MOST_CELLS:
        issues.append(Issue("too-long", "There is no room for more rows here.", "", key="way.full"))
    if issues:
        return Refusal(Kind.UNPROCESSABLE, tuple(issues))
    return Paper(way=way, template=template.id, values=values, rows=rows)


def _rows(
    field: Field, fields: Mapping[str, str], offered: Mapping[str, Options], issues: list[Issue]
) -> Iterator[Row]:
    for index in range(MOST_ROWS):
        row = {
            column.id: _text(column, f"{field.id}.{index}.{column.id}", fields, offered, issues)
            for column in field.columns
        }
        if any(row.values()):
            yield row


def _text(
    column: Column, name: str, fields: Mapping[str, str], offered: Mapping[str, Options], issues: list[Issue]
) -> str:
    text = fields.get(name, "").replace("\r\n", "\n").replace("\x00", "").strip()
    if text and (issue := _wrong(column, name, text, offered)):
        issues.append(issue)
    return text


def _wrong(column: Column, name: str, text: str, offered: Mapping[str, Options]) -> Issue | None:
    if column.kind is FieldKind.CHOICE and text not in options_of(column, offered):
        return Issue("code-invalid", "Choose one of the list.", name, key="way.choose")
    if column.kind is FieldKind.DATE and day_of(text) is None:
        return Issue("value", "Write the day as year, month and day.", name, key="way.day")
    if column.kind is FieldKind.NUMBER and number_of(text) is None:
        return Issue("value", "Write a number.", name, key="way.number")
    if len(text) > (MOST_TEXT if column.kind is FieldKind.LONG_TEXT else LINE):
        return Issue("too-long", "This is too long. Write less.", name, key="This is too long. Write less.")
    return None


def options_of(column: Column, offered: Mapping[str, Options]) -> frozenset[str]:
    """The ids that a choice is between."""
    if column.options_from is not None:
        return frozenset(offered.get(column.options_from.value, {}))
    return frozenset(one.id for one in column.options)


def day_of(text: str) -> date | None:
    """A day written as `2026-11-20`, or None."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def number_of(text: str) -> Decimal | None:
    """A number with a point or a comma, or None; never an infinite or monstrous one."""
    try:
        number = Decimal(text.replace(",", ".")) if len(text) <= MOST_DIGITS else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() and "e" not in text.lower() else None


def together(before: Paper, theirs: Paper, mine: Paper) -> Paper:
    """Both writers' changes to `before`; where both changed the same field it is `mine`, and the reader decides."""
    values = {name: _side(before.value(name), theirs.value(name), text) for name, text in mine.values.items()}
    rows = {
        name: _side(before.rows.get(name, ()), theirs.rows.get(name, ()), found) for name, found in mine.rows.items()
    }
    return msgspec.structs.replace(mine, values=values, rows=rows)


def _side(before: T, theirs: T, mine: T) -> T:
    return theirs if mine == before else mine


def differing(theirs: Paper, mine: Paper) -> tuple[str, ...]:
    """The fields in which two papers differ."""
    values = [name for name in mine.values if mine.value(name) != theirs.value(name)]
    return (*values, *(name for name in mine.rows if mine.rows[name] != theirs.rows.get(name, ())))
