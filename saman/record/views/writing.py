"""Rows of a view as text: NDJSON, a JSON array, and CSV. Numbers keep their digits. Parquet has a module of its own.

Source: https://sql-on-fhir.org/ig/latest/OperationDefinition-ViewDefinitionRun.html, https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from saman.kernel import json
from saman.record.views.columns import Output
from saman.record.views.parquet import Parquet
from saman.record.views.run import Row

_QUOTED = re.compile(r'[",\r\n]|^\s|\s$')
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


class Ndjson:
    """An object on each line, with null for what is not there."""

    media_type = "application/x-ndjson"

    def __init__(self, columns: Sequence[Output]) -> None:
        self._names = [one.name for one in columns]

    def begin(self) -> bytes:
        """What comes before the first row."""
        return b""

    def rows(self, rows: Sequence[Row]) -> bytes:
        """Some rows, in order."""
        return b"".join(self._object(row) + b"\n" for row in rows)

    def end(self) -> bytes:
        """What comes after the last row."""
        return b""

    def _object(self, row: Row) -> bytes:
        return json.encode(dict(zip(self._names, row, strict=True)))


class JsonArray(Ndjson):
    """All objects in one array."""

    media_type = "application/json"

    def __init__(self, columns: Sequence[Output]) -> None:
        super().__init__(columns)
        self._before = b"["

    def rows(self, rows: Sequence[Row]) -> bytes:
        """Some rows, in order."""
        parts: list[bytes] = []
        for row in rows:
            parts += (self._before, self._object(row))
            self._before = b",\n"
        return b"".join(parts)

    def end(self) -> bytes:
        """The end of the array."""
        return b"]\n" if self._before != b"[" else b"[]\n"


class Csv(Ndjson):
    """RFC 4180 in UTF-8 with a header; a list or an element is JSON in its cell.

    What is not there is an empty cell, an empty text is `""`, a text that looks like a formula begins with `'`.
    """

    media_type = "text/csv; charset=utf-8; header=present"

    def begin(self) -> bytes:
        """The names of the columns."""
        return _line(self._names)

    def rows(self, rows: Sequence[Row]) -> bytes:
        """Some rows, in order."""
        return b"".join(_line(map(_cell, row)) for row in rows)


def _line(cells: Any) -> bytes:
    return (",".join(cells) + "\r\n").encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = json.encode(value).decode() if isinstance(value, (list, dict)) else _harmless(str(value))
    return '"' + text.replace('"', '""') + '"' if not text or _QUOTED.search(text) else text


def _harmless(text: str) -> str:
    """A text that a spreadsheet would take for a formula begins with an apostrophe.

    Source: https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


FORMATS: Mapping[str, type[Ndjson | Parquet]] = MappingProxyType(
    {"ndjson": Ndjson, "csv": Csv, "json": JsonArray, "parquet": Parquet}
)
"""The formats by the names that `_format` takes."""
