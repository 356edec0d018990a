"""JSON whose numbers keep their digits from first text to answer.

A decimal such as `1.50` is read as `Decimal("1.50")` and written as `1.50`. Numbers that no care needs and
that would hang arithmetic (`1e9999999`) are refused on reading. Source: https://hl7.org/fhir/R4/datatypes.html#decimal
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal

MAX_DIGITS = 18
MAX_EXPONENT = 30

type_name = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    Decimal: "a number",
}


class NumberTooLarge(ValueError):
    """A number has more than 18 digits or an exponent beyond ±30."""


def exact_decimal(text: str) -> Decimal:
    """`text` as a Decimal with all its digits; raises NumberTooLarge beyond 18 digits or exponent ±30."""
    number = Decimal(text)
    _, digits, exponent = number.as_tuple()
    if (
        len(digits) > MAX_DIGITS
        or not isinstance(exponent, int)
        or abs(number.adjusted()) > MAX_EXPONENT
        or abs(exponent) > MAX_EXPONENT
    ):
        raise NumberTooLarge("a number may have at most 18 digits and an exponent of at most 30")
    return number


_decoder = msgspec.json.Decoder(float_hook=exact_decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def decode(body: bytes | str) -> Any | Refusal:
    """Any JSON value as dict, list, str, bool, int, Decimal or None; a Refusal says where the text breaks off."""
    try:
        return _decoder.decode(body)
    except NumberTooLarge as error:
        return Refusal(Kind.INVALID, (Issue("value", str(error)),))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Refusal(Kind.INVALID, (Issue("structure", f"This is not well-formed JSON: {_place(error)}"),))


def encode(value: Any) -> bytes:
    """`value` as compact JSON, decimals with the digits they came with."""
    return _encoder.encode(value)


def _place(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8"
    return str(error).removeprefix("JSON is malformed: ")
