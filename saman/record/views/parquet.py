"""Rows of a view as Parquet, with the types of their columns.

Source: https://parquet.apache.org/docs/file-format/. A row group at a time is in memory; within it each column is one
page of plain values, packed with gzip. Numbers are DECIMAL(38, 12), whole numbers INT64, instants timestamps in UTC;
what may be less precise than a day or a second (date, dateTime) stays the text that it is, as does JSON.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from itertools import groupby
from typing import Any

from saman.kernel import json
from saman.record.views.columns import Output
from saman.record.views.thrift import Long, Value, packed, varint

MAGIC = b"PAR1"
GROUP = 20_000
"""Rows of a group."""
PRECISION, SCALE = 38, 12

_BOOLEAN, _INT64, _BYTES, _FIXED = 0, 2, 6, 7
_OPTIONAL, _REPEATED = 1, 2
_UTF8, _LIST, _DECIMAL, _MICROSECONDS = 0, 3, 5, 10
_PLAIN, _RLE, _GZIP = 0, 3, 2
_WIDTH = 16
_IN_UTC: Value = {8: {1: True, 2: {2: {}}}}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Cells = list[Any]
Stored = tuple[int, dict[int, Value], Callable[[Cells], bytes]]
"""How the values of a column are kept: the physical type, what else the schema says, and the bytes of some of them."""


class Unfit(ValueError):
    """A value has no place in the type of its column."""


class Parquet:
    """A file that is written from its beginning to its end."""

    media_type = "application/vnd.apache.parquet"

    def __init__(self, columns: Sequence[Output]) -> None:
        self._columns = [_Column(one) for one in columns]
        self._waiting: list[Sequence[Any]] = []
        self._groups: list[Value] = []
        self._at = 0
        self._count = 0

    def begin(self) -> bytes:
        """What a file begins with."""
        return self._put(MAGIC)

    def rows(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """Whole groups of the rows that have come so far; raises Unfit."""
        self._waiting += rows
        return self._group() if len(self._waiting) >= GROUP else b""

    def end(self) -> bytes:
        """The last group, and what the file says of itself; raises Unfit."""
        last = self._group() if self._waiting else b""
        schema: list[Value] = [{4: "view", 5: len(self._columns)}]
        for one in self._columns:
            schema += one.schema()
        told = packed({1: 1, 2: schema, 3: Long(self._count), 4: self._groups, 6: "saman"})
        return last + told + struct.pack("<I", len(told)) + MAGIC

    def _group(self) -> bytes:
        rows, self._waiting = self._waiting, []
        parts: list[bytes] = []
        chunks: list[Value] = []
        for one, cells in zip(self._columns, zip(*rows, strict=True), strict=True):
            begun = self._at
            page, plain, count = one.page(cells)
            parts.append(self._put(page))
            chunks.append({2: Long(begun), 3: one.told(begun, len(page), plain, count)})
        size = sum(map(len, parts))
        self._groups.append({1: chunks, 2: Long(size), 3: Long(len(rows))})
        self._count += len(rows)
        return b"".join(parts)

    def _put(self, text: bytes) -> bytes:
        self._at += len(text)
        return text


class _Column:
    """One column: a value or nothing in each row, or a list of values that may be nothing."""

    def __init__(self, output: Output) -> None:
        self._name = output.name
        self._listed = output.collection
        self._type, self._more, self._plain = _stored(output)

    def schema(self) -> list[Value]:
        """Its elements in the schema; a list has three (https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists)."""
        leaf: dict[int, Value] = {1: self._type, 3: _OPTIONAL, 4: "element" if self._listed else self._name}
        leaf |= self._more
        ordered: Value = {number: leaf[number] for number in sorted(leaf)}
        if not self._listed:
            return [ordered]
        return [{3: _OPTIONAL, 4: self._name, 5: 1, 6: _LIST}, {3: _REPEATED, 4: "list", 5: 1}, ordered]

    def told(self, begun: int, size: int, plain: int, count: int) -> Value:
        """What the footer says of its part of a group."""
        path = [self._name, *(("list", "element") if self._listed else ())]
        return {
            1: self._type, 2: [_PLAIN, _RLE], 3: path, 4: _GZIP, 5: Long(count), 6: Long(plain), 7: Long(size),
            9: Long(begun),
        }  # fmt: skip

    def page(self, cells: Sequence[Any]) -> tuple[bytes, int, int]:
        """Some rows of it as a page with its header, the size without packing, and how many values there are."""
        if self._listed:
            repeated, depths, there = _unnested(cells)
            text = _levels(repeated, 1) + _levels(depths, 1) + self._plain(there)
        else:
            depths, there = [one is not None for one in cells], [one for one in cells if one is not None]
            text = _levels(depths, 1) + self._plain(there)
        packer = zlib.compressobj(1, wbits=31)
        body = packer.compress(text) + packer.flush()
        told: Value = {1: len(depths), 2: _PLAIN, 3: _RLE, 4: _RLE}
        head = packed({1: 0, 2: len(text), 3: len(body), 5: told})
        return head + body, len(head) + len(text), len(depths)


def _unnested(cells: Sequence[Any]) -> tuple[list[int], list[int], Cells]:
    """Of lists: whether each value goes on with a list, how much of the way to it is there, and what there is."""
    repeated: list[int] = []
    depths: list[int] = []
    there: Cells = []
    for cell in cells:
        if not cell:
            repeated.append(0)
            depths.append(0 if cell is None else 1)
            continue
        for number, one in enumerate(cell):
            repeated.append(int(number > 0))
            depths.append(2 if one is None else 3)
            if one is not None:
                there.append(one)
    return repeated, depths, there


def _levels(levels: Iterable[int], width: int) -> bytes:
    """Levels as runs of equal ones, each in `width` bytes, behind their length."""
    runs = (varint(len(list(many)) << 1) + int(level).to_bytes(width, "little") for level, many in groupby(levels))
    text = b"".join(runs)
    return struct.pack("<I", len(text)) + text


def _stored(output: Output) -> Stored:
    if output.kind == "boolean":
        return _BOOLEAN, {}, _bits
    if output.kind == "integer":
        return _INT64, {}, _longs
    if output.kind == "decimal":
        return _FIXED, {2: _WIDTH, 6: _DECIMAL, 7: SCALE, 8: PRECISION}, _decimals
    if output.type == "instant":
        return _INT64, {6: _MICROSECONDS, 10: _IN_UTC}, _moments
    return _BYTES, {6: _UTF8}, _jsons if output.kind == "json" else _texts


def _bits(values: Cells) -> bytes:
    number = sum(1 << place for place, one in enumerate(values) if one)
    return number.to_bytes((len(values) + 7) // 8, "little")


def _longs(values: Cells) -> bytes:
    try:
        return struct.pack(f"<{len(values)}q", *values)
    except struct.error as error:
        raise Unfit from error


def _texts(values: Cells) -> bytes:
    texts = [one.encode() for one in values]
    return b"".join(struct.pack("<I", len(one)) + one for one in texts)


def _jsons(values: Cells) -> bytes:
    return _texts([json.encode(one).decode() for one in values])


def _moments(values: Cells) -> bytes:
    try:
        return _longs([(datetime.fromisoformat(one) - _EPOCH) // timedelta(microseconds=1) for one in values])
    except (ValueError, TypeError) as error:
        raise Unfit from error


def _decimals(values: Cells) -> bytes:
    with localcontext(prec=100):
        return b"".join(map(_decimal, values))


def _decimal(value: Decimal) -> bytes:
    number = value.scaleb(SCALE)
    whole = int(number)
    if whole != number or abs(whole) >= 10**PRECISION:
        raise Unfit
    return whole.to_bytes(_WIDTH, "big", signed=True)
