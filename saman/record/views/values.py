"""What a path comes to in SQL: one value, or the rows of several; every text and number of a definition is bound.

A value that is not there is NULL. Texts, dates and times are `text`, numbers `numeric` with their digits, everything
that has elements is `jsonb`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from saman.kernel.outcome import Issue
from saman.model.fhir.definitions import PRIMITIVES
from saman.model.fhir.fhirpath import FhirPathError

CHOICE = "[x]"
"""The type of an element whose type a path has not said yet, as in `value` before `ofType(Quantity)`."""

MAX_SQL = 400_000
"""Characters that the expressions of one view may have."""

_FAMILIES = {
    "": "nothing",
    CHOICE: "choice",
    "boolean": "boolean",
    "decimal": "number",
    "integer": "number",
    "positiveInt": "number",
    "unsignedInt": "number",
    "date": "moment",
    "dateTime": "moment",
    "instant": "moment",
    "time": "time",
}
_SQL_TYPES = {"boolean": "boolean", "number": "numeric", "json": "jsonb", "choice": "jsonb"}


def family(type_name: str) -> str:
    """How values of a type are compared: boolean, number, moment, time, text, json, choice or nothing."""
    return _FAMILIES.get(type_name) or ("text" if type_name in PRIMITIVES else "json")


def sql_type(type_name: str) -> str:
    """The type in PostgreSQL of values of a FHIR type."""
    return _SQL_TYPES.get(family(type_name), "text")


class Item(msgspec.Struct, frozen=True):
    """One value. `carrier` is the value itself or, with `name` or `choices`, the object that holds it by that name.

    The object is what goes from one scope to the next, so that extensions of a primitive and the types of a choice
    stay within reach. `choices` are pairs of a name in JSON and its type.
    """

    type: str = ""
    carrier: str = "NULL::text"
    name: str = ""
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def family(self) -> str:
        """How it is compared."""
        return family(self.type)

    @property
    def sql(self) -> str:
        """The value as an expression; whatever it may be of a choice as jsonb."""
        if self.choices:
            found = ", ".join(f"c.v -> '{name}'" for name, _ in self.choices)
            return f"(SELECT coalesce({found}) FROM (SELECT {self.carrier} AS v OFFSET 0) AS c)"
        return element_sql(self.carrier, self.name, self.type) if self.name else self.carrier

    def carried(self, carrier: str) -> Item:
        """The same value from another place."""
        return msgspec.structs.replace(self, carrier=carrier)


NOTHING = Item()


def element_sql(holder: str, name: str, type_name: str) -> str:
    """The value that `holder` (jsonb) has under a name of the definitions."""
    kind = sql_type(type_name)
    if kind == "text":
        return f"({holder} ->> '{name}')"
    return f"({holder} -> '{name}')" if kind == "jsonb" else f"(({holder} -> '{name}')::{kind})"


class Path(msgspec.Struct, frozen=True):
    """Values in their order: `item` for each row of the sources `froms`, which there are none of for a single value."""

    item: Item = NOTHING
    froms: tuple[str, ...] = ()
    wheres: tuple[str, ...] = ()
    order: tuple[str, ...] = ()

    @property
    def is_many(self) -> bool:
        """Whether there may be several values."""
        return bool(self.froms)

    def of(self, item: Item) -> Path:
        """The same rows with another value each; what is nothing for each is nothing."""
        return msgspec.structs.replace(self, item=item) if item.type else Path()

    def rows(self, columns: str) -> str:
        """SELECT of `columns` for each value that is there, without an order."""
        there = " AND ".join((f"{self.item.sql} IS NOT NULL", *self.wheres))
        sources = f"FROM {' CROSS JOIN LATERAL '.join(self.froms)} " if self.froms else ""
        return f"SELECT {columns} {sources}WHERE {there}"

    @property
    def ordered(self) -> str:
        """ORDER BY of the rows, empty for a single value."""
        return f"ORDER BY {', '.join(self.order)}" if self.order else ""

    def where(self, condition: str) -> Path:
        """Those values for which the condition is true."""
        if self.is_many:
            return msgspec.structs.replace(self, wheres=(*self.wheres, condition))
        return self.of(self.item.carried(f"(CASE WHEN {condition} THEN {self.item.carrier} END)"))

    def at(self, number: str) -> Path:
        """The value at a place, counted from 0."""
        if not self.is_many:
            return self.where(f"{number} = 0")
        return Path(self.item.carried(f"({self.rows(self.item.carrier)} {self.ordered} LIMIT 1 OFFSET {number})"))

    @property
    def exists(self) -> str:
        """Whether there is any value, as a condition that is never NULL."""
        if not self.item.type:
            return "false"
        return f"EXISTS ({self.rows('')})" if self.is_many else f"({self.item.sql} IS NOT NULL)"

    @property
    def array(self) -> str:
        """All values as an array, NULL when there is none."""
        if self.is_many:
            return f"({self.rows(f'array_agg({self.item.sql} {self.ordered})')})"
        value = f"SELECT {self.item.sql} AS v OFFSET 0"
        return f"(SELECT CASE WHEN s.v IS NOT NULL THEN ARRAY[s.v] END FROM ({value}) AS s)"

    @property
    def listed(self) -> str:
        """All values as an array, empty when there is none; of what has elements as one JSON array."""
        if self.item.family != "json":
            return f"coalesce({self.array}, '{{}}')"
        return f"coalesce(to_jsonb({self.array}), '[]')"


class Draft:
    """What comes together while a definition is compiled: bound values, places that a run may name, and warnings.

    Values take the parameters from `first`. `places` are those where a single value has to be, in the order in which
    the statement numbers them.
    """

    def __init__(self, first: int) -> None:
        self.values: list[Any] = []
        self.places: list[str] = []
        self.warnings: list[Issue] = []
        self._first = first
        self._aliases = 0
        self._room = MAX_SQL

    def has_room(self, characters: int) -> bool:
        """Whether the statement may grow by so many characters."""
        self._room -= characters
        return self._room >= 0

    def bind(self, value: Any, kind: str) -> str:
        """A parameter for a value of this SQL type; ValueError for a text that no database keeps."""
        if isinstance(value, str) and ("\0" in value or _is_broken(value)):
            raise ValueError("A text may not hold the character NUL or half of a character.")
        self.values.append(Decimal(value) if kind == "numeric" else value)
        return f"${len(self.values) + self._first - 1}::{kind}"

    def alias(self) -> str:
        """A name that no other source of the statement has."""
        self._aliases += 1
        return f"e{self._aliases}"

    def one(self, path: Path, place: str) -> str:
        """The value of a path that must have at most one; a run fails with the number of `place` when it has more."""
        if not path.is_many:
            return path.item.sql
        several = self.fails("count(*)", 1, place)
        return f"({path.rows(f'(array_agg({path.item.sql}))[1 + {several}]')})"

    def fails(self, count: str, most: int, place: str) -> str:
        """0 while `count` is at most so much; else the run fails with the number of `place`, whatever the value.

        The text is put together from the count, so that the planner cannot work out the failure beforehand.
        """
        if place not in self.places:
            self.places.append(place)
        text = f"'more than {most} at {self.places.index(place)}: ' || {count}"
        return f"(CASE WHEN {count} > {most} THEN ({text})::integer ELSE 0 END)"


def _is_broken(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text)


class Scope(msgspec.Struct, frozen=True):
    """Where an expression stands: the value it starts from, the resource, the row's number, and what `%name` means.

    `place` is where the expression stands in the definition.
    """

    draft: Draft
    focus: Item
    resource: Item
    index: str
    constants: Mapping[str, tuple[str, Any]]
    place: str = ""

    def at(self, focus: Item, index: str = "") -> Scope:
        """The same before another value."""
        return msgspec.structs.replace(self, focus=focus, index=index or self.index)

    def bound(self, type_name: str, value: Any, position: int) -> Item:
        """A constant as a value; FhirPathError for one that the database cannot take."""
        try:
            return Item(type_name, self.draft.bind(value, sql_type(type_name)))
        except ValueError as error:
            raise FhirPathError(str(error), position) from error
