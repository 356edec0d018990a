"""Columns of a view: their types as they were said or follow from the path, and how they leave the database."""

from __future__ import annotations

import msgspec

from saman.model.fhir.fhirpath import FhirPathError
from saman.record.views.definition import Column
from saman.record.views.values import CHOICE, Path, Scope, family, sql_type

_FITS = {"decimal": ("integer", "positiveInt", "unsignedInt"), "dateTime": ("date", "instant")}
"""Types that a column of another type takes as they are."""

_NAMED_AS_TEXT = frozenset({"boolean", "number", "moment", "time"})


class Output(msgspec.Struct, frozen=True):
    """A column of the rows. `type` is a FHIR type; with `collection` a value is a list.

    `kind` says what a value is: boolean, integer, decimal, text, or json for what has elements of its own.
    """

    name: str
    type: str
    collection: bool = False

    @property
    def kind(self) -> str:
        """What a single value is."""
        found = family(self.type)
        if found == "number":
            return "decimal" if self.type == "decimal" else "integer"
        return found if found in ("boolean", "json") else "text"


def output(column: Column, path: Path, scope: Scope) -> tuple[Output, str]:
    """The column and its expression; FhirPathError when the path is of another type than was said."""
    found = path.item.type
    if found == CHOICE:
        raise FhirPathError("Say with ofType() which type is meant", column.path.position)
    if family(found) == "json" and not column.type:
        raise FhirPathError(f"Say the type of the column, which is {found}", column.path.position)
    if found and column.type and not _fits(column.type, found):
        raise FhirPathError(f"The column is {column.type[:40]}, and the path gives {found}", column.path.position)
    made = Output(column.name, column.type or found or "string", column.collection)
    wanted = sql_type(made.type)
    if not found:
        empty = "'[]'::jsonb" if wanted == "jsonb" else f"'{{}}'::{wanted}[]"
        return made, empty if column.collection else f"NULL::{wanted}"
    value = path.listed if column.collection else scope.draft.one(path, scope.place)
    kind = f"{wanted}[]" if column.collection else wanted
    return made, value if wanted == sql_type(found) else f"({value})::{kind}"


def _fits(wanted: str, found: str) -> bool:
    if wanted == found or found in _FITS.get(wanted, ()):
        return True
    kinds = family(wanted), family(found)
    if kinds == ("number", "number"):
        return found != "decimal"
    if kinds == ("text", "text"):
        return True
    return wanted == "string" and kinds[1] in _NAMED_AS_TEXT
