"""Parquet as it is written is read back by a reader of its own; polars and DuckDB were tried by hand on the same."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.record.views.columns import Output
from saman.record.views.parquet import Parquet, Unfit

COLUMNS = (
    Output("id", "id"),
    Output("whole", "integer"),
    Output("number", "decimal"),
    Output("flag", "boolean"),
    Output("moment", "instant"),
    Output("texts", "string", collection=True),
    Output("numbers", "decimal", collection=True),
    Output("name", "HumanName"),
)
DECIMALS = st.decimals(-(10**15), 10**15, places=3)
MOMENTS = st.datetimes(timezones=st.just(timezone(timedelta(hours=1)))).map(datetime.isoformat)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)
ROWS = st.lists(
    st.tuples(
        TEXTS,
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | DECIMALS,
        st.none() | st.booleans(),
        st.none() | MOMENTS,
        st.none() | st.lists(st.none() | TEXTS, max_size=4),
        st.none() | st.lists(DECIMALS, max_size=3),
        st.none() | st.just({"family": "Ås"}),
    ),
    max_size=30,
)


class Bytes:
    """Thrift's compact protocol, read."""

    def __init__(self, text: bytes) -> None:
        self.text, self.at = text, 0

    def byte(self) -> int:
        self.at += 1
        return self.text[self.at - 1]

    def varint(self) -> int:
        number = shift = 0
        while True:
            one = self.byte()
            number |= (one & 0x7F) << shift
            if one < 0x80:
                return number
            shift += 7

    def value(self, kind: int) -> Any:
        if kind in (1, 2):
            return kind == 1
        if kind in (5, 6):
            number = self.varint()
            return number >> 1 ^ -(number & 1)
        if kind == 8:
            length = self.varint()
            self.at += length
            return self.text[self.at - length : self.at].decode()
        if kind == 9:
            head = self.byte()
            many = head >> 4 if head >> 4 < 15 else self.varint()
            return [self.value(head & 15) for _ in range(many)]
        fields, number = {}, 0
        while head := self.byte():
            number += head >> 4
            fields[number] = self.value(head & 15)
        return fields


def levels(text: bytes) -> tuple[list[int], bytes]:
    length = struct.unpack("<I", text[:4])[0]
    source, found = Bytes(text[4 : 4 + length]), []
    while source.at < length:
        many = source.varint() >> 1
        found += [source.byte()] * many
    return found, text[4 + length :]


def values(text: bytes, column: Output, many: int) -> list[Any]:
    if column.kind == "boolean":
        return [bool(text[place // 8] >> place % 8 & 1) for place in range(many)]
    if column.kind == "decimal":
        return [Decimal(int.from_bytes(text[n * 16 : n * 16 + 16], "big", signed=True)) / 10**12 for n in range(many)]
    if column.kind == "integer" or column.type == "instant":
        return list(struct.unpack(f"<{many}q", text))
    found, at = [], 0
    for _ in range(many):
        length = struct.unpack("<I", text[at : at + 4])[0]
        found.append(text[at + 4 : at + 4 + length].decode())
        at += 4 + length
    return found


def cells(chunk: dict[int, Any], file: bytes, column: Output) -> list[Any]:
    source = Bytes(file)
    source.at = chunk[3][9]
    head = source.value(12)
    text = zlib.decompress(file[source.at : source.at + head[3]], 31)
    assert len(text) == head[2]
    repeated, text = levels(text) if column.collection else ([0] * head[5][1], text)
    depths, text = levels(text)
    assert len(depths) == len(repeated) == head[5][1]
    deepest = 3 if column.collection else 1
    there = iter(values(text, column, depths.count(deepest)))
    found: list[Any] = []
    for again, depth in zip(repeated, depths, strict=True):
        one = next(there) if depth == deepest else None
        if not column.collection:
            found.append(one)
        elif again:
            found[-1].append(one)
        else:
            found.append(None if depth == 0 else [] if depth == 1 else [one])
    return found


def read(file: bytes) -> tuple[dict[int, Any], list[tuple[Any, ...]]]:
    assert file[:4] == file[-4:] == b"PAR1"
    length = struct.unpack("<I", file[-8:-4])[0]
    told = Bytes(file[-8 - length : -8]).value(12)
    rows: list[tuple[Any, ...]] = []
    for group in told[4]:
        columns = [cells(chunk, file, column) for chunk, column in zip(group[1], COLUMNS, strict=True)]
        assert {len(one) for one in columns} == {group[3]}
        rows += zip(*columns, strict=True)
    assert told[3] == len(rows)
    return told, rows


def written(*batches: list[tuple[Any, ...]]) -> bytes:
    writer = Parquet(COLUMNS)
    return b"".join([writer.begin(), *(writer.rows(one) for one in batches), writer.end()])


def expected(row: tuple[Any, ...]) -> tuple[Any, ...]:
    moment = row[4] and (datetime.fromisoformat(row[4]) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return (*row[:4], moment, *row[5:7], row[7] and '{"family":"Ås"}')


@given(ROWS)
def test_what_is_written_is_read(rows: list[tuple[Any, ...]]) -> None:
    assert read(written(rows))[1] == [expected(row) for row in rows]


def test_many_rows_become_groups_and_say_their_types() -> None:
    row = ("a", 1, Decimal("88.50"), True, "2026-11-20T10:00:00Z", ["x", None], [], None)
    told, rows = read(written(*[[row] * 1000] * 45))
    assert [one[3] for one in told[4]] == [20_000, 20_000, 5_000]
    assert len(rows) == 45_000
    by_name = {one[4]: one for one in told[2]}
    assert (by_name["number"][7], by_name["number"][8]) == (12, 38)
    assert by_name["moment"][10] == {8: {1: True, 2: {2: {}}}}
    assert [one[4] for one in told[2]][6:9] == ["texts", "list", "element"]


@pytest.mark.parametrize(
    ("place", "value"),
    [(1, 2**63), (2, Decimal("1E-13")), (2, Decimal("1E+30")), (4, "2026-11-20T10:00:60Z"), (4, "x")],
)
def test_what_does_not_fit_is_not_rounded(place: int, value: Any) -> None:
    row = ["a", 1, Decimal(1), True, "2026-11-20T10:00:00Z", [], [], None]
    row[place] = value
    with pytest.raises(Unfit):
        written([tuple(row)])
