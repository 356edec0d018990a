"""Structures in Thrift's compact protocol, of which the headers of Parquet are made.

Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

_TRUE, _FALSE, _I32, _I64, _BINARY, _LIST, _STRUCT = 1, 2, 5, 6, 8, 9, 12


class Long(msgspec.Struct, frozen=True):
    """A whole number of 64 bits; a plain int is one of 32."""

    value: int


Value = bool | int | Long | str | Sequence["Value"] | dict[int, "Value"]
"""True or false, as a field alone; a number, a text, a list of values of one kind; a structure: fields by number."""


def packed(value: Value) -> bytes:
    """A value without its type."""
    if isinstance(value, bool):
        return b""
    if isinstance(value, (int, Long)):
        number = value.value if isinstance(value, Long) else value
        return varint((number << 1) ^ (number >> 63))
    if isinstance(value, str):
        text = value.encode()
        return varint(len(text)) + text
    if isinstance(value, dict):
        return b"".join(_fields(value.items())) + b"\0"
    kind = _kind(value[0]) if value else _STRUCT
    head = bytes([len(value) << 4 | kind]) if len(value) < 15 else bytes([0xF0 | kind]) + varint(len(value))
    return head + b"".join(map(packed, value))


def varint(number: int) -> bytes:
    """A number that is not negative, seven bits to a byte, the lowest first."""
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)


def _fields(fields: Iterable[tuple[int, Value]]) -> Iterable[bytes]:
    last = 0
    for number, value in fields:
        yield bytes([(number - last) << 4 | _kind(value)]) + packed(value)
        last = number


def _kind(value: Value) -> int:
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if isinstance(value, int):
        return _I32
    if isinstance(value, Long):
        return _I64
    if isinstance(value, str):
        return _BINARY
    return _STRUCT if isinstance(value, dict) else _LIST
