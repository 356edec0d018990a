"""Primitive formats: what R4 allows passes, what it does not is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from saman.model.fhir.definitions import PRIMITIVES
from saman.model.fhir.primitives import primitives

GOOD: dict[str, list[Any]] = {
    "base64Binary": ["AAAA", "QUI=", "QQ==", "QUJD\nREVG"],
    "boolean": [True, False],
    "canonical": ["http://example.org/ValueSet/x|1.0", "#contained"],
    "code": ["final", "a b", "kg/m2"],
    "date": ["2026", "2026-05", "2026-05-31", "2024-02-29", "0001", "9999-12-31"],
    "dateTime": ["2026", "2026-05-31", "2026-05-31T23:59:60Z", "2026-05-31T14:30:00.123456789+14:00"],
    "decimal": [0, -1, Decimal("1.50"), Decimal("-0.000000000000000001"), 10**18 - 1, Decimal("1E+3")],
    "id": ["a", "A-1.b", "x" * 64],
    "instant": ["2026-05-31T14:30:00Z", "2026-05-31T14:30:00.1-03:30"],
    "integer": [0, -(2**31), 2**31 - 1],
    "markdown": ["# Plan\n\n* rest\t", "ÆØÅ 🙂"],
    "oid": ["urn:oid:1.2.3", "urn:oid:2.16.578.1.12.4.1.4.1"],
    "positiveInt": [1, 2**31 - 1],
    "string": ["a", " a ", "nb\u00a0sp", "line\nline"],
    "time": ["00:00:00", "23:59:60", "14:30:00.5"],
    "unsignedInt": [0, 2**31 - 1],
    "uri": ["http://example.org", "urn:uuid:x", "mailto:a@example.org", "relative/x"],
    "url": ["https://example.org/?x=1#y"],
    "uuid": ["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
    "xhtml": ['<div xmlns="http://www.w3.org/1999/xhtml"><p>Tall &amp; ord</p></div>'],
}
BAD: dict[str, list[Any]] = {
    "base64Binary": ["AAA", "A===", "æøå=", "", 1],
    "boolean": ["true", 1, 0],
    "canonical": ["a b", ""],
    "code": ["", " a", "a ", "a  b", "a\tb\x00", 1],
    "date": ["26", "2026-13", "2026-02-30", "2025-02-29", "2026-00", "2026-05-31T14:30:00Z", "0000", "20260531"],
    "dateTime": ["2026-05-31T14:30:00", "2026-05-31T14:30Z", "2026-05-31T24:00:00Z", "2026-05-31 14:30:00Z",
                 "2026-04-31T10:00:00Z", "2026-05-31T10:00:00+15:00", "2026-05-31T10:00:00z"],
    "decimal": ["1.5", True, None, 10**18, Decimal("1234567890123456789"), Decimal("1E+31"), Decimal("1E-31"),
                Decimal("NaN"), Decimal("Infinity"), 1.5],
    "id": ["", "x" * 65, "a_b", "a/b", "æ", "a\n"],
    "instant": ["2026-05-31", "2026-05-31T14:30Z", "2026-02-30T14:30:00Z"],
    "integer": [2**31, Decimal("1"), True, "1"],
    "markdown": ["", "\x07"],
    "oid": ["1.2.3", "urn:oid:3.1", "urn:oid:1.02"],
    "positiveInt": [0, -1],
    "string": ["", "\x00", "a\x1fb", "\ud800", 1],
    "time": ["24:00:00", "14:30", "14:30:00Z"],
    "unsignedInt": [-1],
    "uri": ["", "a b", "http://example.org/\n"],
    "url": [""],
    "uuid": ["urn:uuid:C757873D-EC9A-4326-A141-556F43239520", "c757873d-ec9a-4326-a141-556f43239520"],
    "xhtml": ["", "<p>x</p>", "<div>", "<div>a</div><div>b</div>", "<div>&nbsp;</div>"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in GOOD.items() for value in values])
def test_good(name: str, value: Any) -> None:
    assert primitives[name].valid(value)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_bad(name: str, value: Any) -> None:
    assert not primitives[name].valid(value)


def test_every_primitive_type_has_a_format() -> None:
    assert primitives.keys() == PRIMITIVES
    assert {*GOOD, "system-id", "system-string", "system-uri"} == PRIMITIVES
    assert GOOD.keys() == BAD.keys()
