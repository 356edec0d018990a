"""Functions of texts (http://hl7.org/fhirpath/N1/#string-manipulation)."""

from __future__ import annotations

import base64
import binascii
import html
import re

from saman.model.fhir.fhirpath.invocation import Invocation
from saman.model.fhir.fhirpath.items import Context, Evaluate, Item, spend
from saman.model.fhir.fhirpath.syntax import EvaluationFault
from saman.model.fhir.fhirpath.values import MAX_TEXT, Unfit, expect, item, joined, plain, single


def index_of(text: str, part: str) -> int:
    """Where a part begins, from 0; -1 when it is not there."""
    return text.find(part)


def substring(text: str, start: int, length: int | None = None) -> str | None:
    """A part of the text; nothing when it would begin outside."""
    if not 0 <= start < len(text):
        return None
    return text[start:] if length is None else text[start : start + max(0, length)]


def starts_with(text: str, part: str) -> bool:
    """Whether the text begins with a part."""
    return text.startswith(part)


def ends_with(text: str, part: str) -> bool:
    """Whether the text ends with a part."""
    return text.endswith(part)


def contains(text: str, part: str) -> bool:
    """Whether a part is in the text."""
    return part in text


def replace(text: str, part: str, by: str) -> str:
    """The text with each occurrence of a part replaced; an empty part is before each character and at the end."""
    count = text.count(part)
    if len(text) + count * (len(by) - len(part)) > MAX_TEXT:
        raise Unfit("This text is too long")
    return text.replace(part, by)


def to_chars(text: str) -> list[str]:
    """The characters of the text."""
    return list(text)


def split(text: str, separator: str) -> list[str]:
    """The parts of the text between separators; its characters when the separator is empty."""
    return text.split(separator) if separator else list(text)


_BASE64 = {"base64": base64.b64encode, "urlbase64": base64.urlsafe_b64encode}
_ALPHABETS = {"base64": "+/", "urlbase64": "-_"}


def encode(text: str, way: str) -> str | None:
    """The text in base64, urlbase64 or hex; nothing for another way."""
    data = text.encode()
    if way == "hex":
        return data.hex()
    return _BASE64[way](data).decode() if way in _BASE64 else None


def decode(text: str, way: str) -> str | None:
    """The text that encode() made; nothing for a text that it could not have made."""
    try:
        if way == "hex":
            return bytes.fromhex(text).decode()
        if way not in _ALPHABETS:
            return None
        return base64.b64decode(text, altchars=_ALPHABETS[way].encode(), validate=True).decode()
    except (ValueError, binascii.Error):
        return None


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f", "\b": "\\b"}
_PLAIN = {shown[1]: plain for plain, shown in _ESCAPES.items()} | {"/": "/"}
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)


def escape(text: str, target: str) -> str | None:
    """The text as it may stand in html or in a json text; nothing for another target."""
    if target == "html":
        return html.escape(text, quote=True).replace("&#x27;", "&#39;")
    return "".join(_ESCAPES.get(one, one) for one in text) if target == "json" else None


def unescape(text: str, target: str) -> str | None:
    """The text that escape() made."""
    if target == "html":
        return html.unescape(text)
    return _ESCAPED.sub(_unescaped, text) if target == "json" else None


def _unescaped(found: re.Match[str]) -> str:
    if not found[1]:
        return _PLAIN.get(found[2], found[0])
    code = int(found[1], 16)
    return found[0] if 0xD800 <= code <= 0xDFFF else chr(code)


def join(call: Invocation) -> Evaluate:
    """All texts of the input in one, with a separator between them."""
    source, position = call.source, call.position
    separator = call.arguments[0] if call.arguments else None

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        found = [expect(plain(one), (str,), position) for one in source(this, context)]
        between = expect(single(separator(this, context), position), (str,), position) if separator else ""
        spend(context, len(found), position)
        texts = [text for text in found if text is not None]
        if between is None:
            return []
        try:
            return [item(joined(texts, between))]
        except Unfit as fault:
            raise EvaluationFault(str(fault), position) from None

    return evaluate
