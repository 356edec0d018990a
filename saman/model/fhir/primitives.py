"""What a value of each primitive type looks like in JSON (https://hl7.org/fhir/R4/datatypes.html#primitive).

Stricter than the published patterns where those let nonsense through: a date must exist in the calendar.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from saman.kernel.json import MAX_DIGITS, MAX_EXPONENT
from saman.kernel.remembering import remembered
from saman.model.fhir.narrative import is_narrative

Valid = Callable[[Any], bool]

REMEMBERED = 1024
"""Values of a pattern that a process has looked at last: the same systems and codes come again and again."""


class Primitive(NamedTuple):
    """A primitive type: whether a JSON value is of it, which JSON types it can have, and what to expect, in words."""

    valid: Valid
    json_types: tuple[type, ...]
    expected: str


_YEAR = r"(?!0000)([0-9]{4})"
_MONTH = r"(0[1-9]|1[0-2])"
_DAY = r"(0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_UNWANTED = r"\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff"

_TOO_LARGE: int = 10**MAX_DIGITS

_has_unwanted = re.compile(f"[{_UNWANTED}]").search


def _text(value: Any) -> bool:
    return type(value) is str and value != "" and (value.isprintable() or not _has_unwanted(value))


def _pattern(pattern: str) -> Valid:
    matches = remembered(REMEMBERED)(re.compile(pattern).fullmatch)
    return lambda value: type(value) is str and matches(value) is not None


def _calendar(pattern: str) -> Valid:
    """Values that match `pattern` (groups: year, month, day) and whose day exists."""
    matches = re.compile(pattern).fullmatch

    def valid(value: Any) -> bool:
        found = matches(value) if type(value) is str else None
        return found is not None and (found[3] is None or found[3] <= "28" or _is_day(found))

    return valid


def _is_day(found: re.Match[str]) -> bool:
    return int(found[3]) <= monthrange(int(found[1]), int(found[2]))[1]


def _whole(low: int, high: int) -> Valid:
    return lambda value: type(value) is int and low <= value <= high


def _decimal(value: Any) -> bool:
    if type(value) is int:
        return -_TOO_LARGE < value < _TOO_LARGE
    if type(value) is not Decimal:
        return False
    _, digits, exponent = value.as_tuple()
    return len(digits) <= MAX_DIGITS and isinstance(exponent, int) and abs(exponent) <= MAX_EXPONENT


def _boolean(value: Any) -> bool:
    return type(value) is bool


_base64_text = re.compile(r"[0-9a-zA-Z+/\s]*(?:=\s*){0,2}").fullmatch
_white = re.compile(r"\s+")


def _base64(value: Any) -> bool:
    return type(value) is str and value != "" and bool(_base64_text(value)) and len(_white.sub("", value)) % 4 == 0


_STRING, _NUMBER, _BOOLEAN = (str,), (int, Decimal), (bool,)
_URI = rf"[^\s{_UNWANTED}]+"
_text_type = Primitive(_text, _STRING, "a text that is not empty and has no control characters")
_id_type = Primitive(_pattern(r"[A-Za-z0-9\-.]{1,64}"), _STRING, "an id of 1 to 64 letters, digits, hyphens or points")
_uri_type = Primitive(_pattern(_URI), _STRING, "an address (URI) without spaces")

primitives: dict[str, Primitive] = {
    "string": _text_type,
    "markdown": _text_type,
    "system-string": _text_type,
    "uri": _uri_type,
    "url": _uri_type,
    "canonical": _uri_type,
    "system-uri": _uri_type,
    "code": Primitive(
        _pattern(rf"[^\s{_UNWANTED}]+(?: [^\s{_UNWANTED}]+)*"), _STRING, "a code without spaces at its ends"
    ),
    "id": _id_type,
    "system-id": _id_type,
    "oid": Primitive(_pattern(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+"), _STRING, "an OID such as urn:oid:1.2.3"),
    "uuid": Primitive(
        _pattern(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
        _STRING,
        "a UUID such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
    ),
    "boolean": Primitive(_boolean, _BOOLEAN, "true or false"),
    "integer": Primitive(_whole(-(2**31), 2**31 - 1), _NUMBER, "a whole number of at most 32 bits"),
    "unsignedInt": Primitive(_whole(0, 2**31 - 1), _NUMBER, "a whole number, 0 or more"),
    "positiveInt": Primitive(_whole(1, 2**31 - 1), _NUMBER, "a whole number, 1 or more"),
    "decimal": Primitive(_decimal, _NUMBER, "a number of at most 18 digits"),
    "date": Primitive(
        _calendar(f"{_YEAR}(?:-{_MONTH}(?:-{_DAY})?)?"), _STRING, "a date such as 2026, 2026-05 or 2026-05-31"
    ),
    "dateTime": Primitive(
        _calendar(f"{_YEAR}(?:-{_MONTH}(?:-{_DAY}(?:T{_TIME}{_ZONE})?)?)?"),
        _STRING,
        "a date, or a date and time with zone such as 2026-05-31T14:30:00+02:00",
    ),
    "instant": Primitive(
        _calendar(f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}"),
        _STRING,
        "a date and time with seconds and zone such as 2026-05-31T14:30:00+02:00",
    ),
    "time": Primitive(_pattern(_TIME), _STRING, "a time of day such as 14:30:00"),
    "base64Binary": Primitive(_base64, _STRING, "data in base64"),
    "xhtml": Primitive(is_narrative, _STRING, "well-formed XHTML in one div, with formatting, links and images only"),
}
"""The primitive types by name."""
