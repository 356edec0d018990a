"""Rows as NDJSON, JSON and CSV, in whatever pieces they come."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from saman.record.views import Output
from saman.record.views.writing import FORMATS

COLUMNS = [Output("a", "string"), Output("b", "decimal"), Output("c", "HumanName", collection=True)]
ROWS = [("x", Decimal("1.50"), [{"family": "Å"}]), (None, None, []), ('say "so",\r\n', Decimal("1E+2"), [])]


def written(name: str, pieces: list[list[Any]]) -> str:
    writer = FORMATS[name](COLUMNS)
    return (writer.begin() + b"".join(writer.rows(piece) for piece in pieces) + writer.end()).decode()


@pytest.mark.parametrize("pieces", [[ROWS], [ROWS[:1], [], ROWS[1:]], [[one] for one in ROWS]])
def test_formats(pieces: list[list[Any]]) -> None:
    lines = '{"a":"x","b":1.50,"c":[{"family":"Å"}]}', '{"a":null,"b":null,"c":[]}'
    last = '{"a":"say \\"so\\",\\r\\n","b":1E+2,"c":[]}'
    assert written("ndjson", pieces) == f"{lines[0]}\n{lines[1]}\n{last}\n"
    assert written("json", pieces) == f"[{lines[0]},\n{lines[1]},\n{last}]\n"
    assert written("csv", pieces) == ('a,b,c\r\nx,1.50,"[{""family"":""Å""}]"\r\n,,[]\r\n"say ""so"",\r\n",100,[]\r\n')


def test_no_rows() -> None:
    assert [written(name, []) for name in ("ndjson", "json", "csv")] == ["", "[]\n", "a,b,c\r\n"]


def test_an_empty_text_is_not_nothing() -> None:
    assert written("csv", [[("", None, None)]]).splitlines()[1] == '"",,'


texts = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(rows=some.lists(some.tuples(texts, some.decimals(allow_nan=False, allow_infinity=False), some.just([]))))
def test_what_is_written_can_be_read(rows: list[Any]) -> None:
    read = list(csv.reader(io.StringIO(written("csv", [rows]), newline="")))
    assert [one[0].removeprefix("'") for one in read[1:]] == [one[0].removeprefix("'") for one in rows]
    assert not any(re.match(r"[=+@\-\t\r](?![0-9.,]*$)", one[0]) for one in read[1:])
    assert [Decimal(one[1]) for one in read[1:]] == [one[1] for one in rows]
    again = [json.loads(line)["a"] for line in written("ndjson", [rows]).split("\n")[:-1]]
    assert again == [one[0] for one in rows]
