"""JSON whose numbers keep their digits from first text to answer.

A decimal such as `1.50` is read as `Decimal("1.50")` and written as `1.50`. Numbers that no care needs and
that would hang arithmetic (`1e9999999`) are refused on reading. Source: https://hl7.org/fhir/R4/datatypes.html#decimal
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal

MAX_DIGITS = 18
MAX_EXPONENT = 30
TOO_LARGE = f"A number may have at most {MAX_DIGITS} digits and an exponent of at most {MAX_EXPONENT}."

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
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise NumberTooLarge(TOO_LARGE) from error
    _, digits, exponent = number.as_tuple()
    if (
        len(digits) > MAX_DIGITS
        or not isinstance(exponent, int)
        or abs(number.adjusted()) > MAX_EXPONENT
        or abs(exponent) > MAX_EXPONENT
    ):
        raise NumberTooLarge(TOO_LARGE)
    return number


_decoder = msgspec.json.Decoder(float_hook=exact_decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
_SUSPECT = re.compile(r"[0-9]{19}|\\u0000")
_DIGITS = bytes(ord("0") if chr(one) in "0123456789" else ord(" ") for one in range(256))
_BEYOND = 10**MAX_DIGITS


def decode(body: bytes | str) -> Any | Refusal:
    """Any JSON value as dict, list, str, bool, int, Decimal or None; a Refusal says where the text breaks off."""
    try:
        value = _decoder.decode(body)
    except msgspec.ValidationError:
        return _refusal("value", TOO_LARGE)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _refusal("structure", f"This is not well-formed JSON: {_place(error)}")
    fault = _fault(value) if _is_suspect(body) else ""
    return _refusal("value", fault) if fault else value


def decode_kept(text: bytes | str) -> Any:
    """The value of a text that `decode` has accepted before and the record has kept."""
    return _decoder.decode(text)


def encode(value: Any) -> bytes:
    """`value` as compact JSON, decimals with the digits they came with."""
    return _encoder.encode(value)


def _is_suspect(body: bytes | str) -> bool:
    """Whether there may be a number too long or a NUL in it; through a table, which costs a tenth of a pattern."""
    if isinstance(body, str):
        return _SUSPECT.search(body) is not None
    return b"0" * (MAX_DIGITS + 1) in body.translate(_DIGITS) or b"\\u0000" in body


def _refusal(code: str, text: str) -> Refusal:
    return Refusal(Kind.INVALID, (Issue(code, text),))


def _fault(value: Any) -> str:
    """Whether a whole number has more than 18 digits, or a text the character NUL, which no database keeps."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, int) and abs(one) >= _BEYOND:
            return TOO_LARGE
        elif isinstance(one, str) and "\0" in one:
            return "A text may not hold the character NUL."
    return ""


def _place(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8"
    return str(error).removeprefix("JSON is malformed: ")
