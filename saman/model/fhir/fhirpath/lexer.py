"""Tokens of FHIRPath (http://hl7.org/fhirpath/N1/#tokens)."""

from __future__ import annotations

import re
from typing import NamedTuple

from saman.model.fhir.fhirpath.syntax import SyntaxFault

MAX_TOKENS = 4000
MAX_LENGTH = 50_000
MAX_NUMBER = 40


class Token(NamedTuple):
    """A token: `kind` is name, quoted, text, number, moment, symbol or end."""

    kind: str
    text: str
    position: int


_TIME = r"[0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
_ZONE = r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
_TOKEN = re.compile(
    rf"""
      (?P<space>   \s+ | //[^\n\r]* | /\*.*?\*/ )
    | (?P<moment>  @(?:T{_TIME}{_ZONE}? | [0-9]{{4}}(?:-[0-9]{{2}}(?:-[0-9]{{2}})?)?(?:T(?:{_TIME})?{_ZONE}?)?) )
    | (?P<number>  [0-9]+(?:\.[0-9]+)? )
    | (?P<name>    [A-Za-z_][A-Za-z0-9_]* )
    | (?P<quoted>  `(?:[^`\\]|\\.)*` )
    | (?P<text>    '(?:[^'\\]|\\.)*' )
    | (?P<symbol>  <= | >= | != | !~ | \$this | \$index | \$total | [.,()\[\]{{}}+\-*/&|<>=~%] )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_PLAIN = {"f": "\f", "n": "\n", "r": "\r", "t": "\t", "'": "'", '"': '"', "`": "`", "\\": "\\", "/": "/"}


def tokens(expression: str) -> list[Token]:
    """The tokens of `expression`, with one of kind `end` last."""
    if len(expression) > MAX_LENGTH:
        raise SyntaxFault("The expression is too long", MAX_LENGTH)
    found: list[Token] = []
    position = 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None:
            raise SyntaxFault("This character has no meaning in FHIRPath", position)
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(Token(kind, _content(kind, match.group(), position), position))
        if len(found) > MAX_TOKENS:
            raise SyntaxFault("The expression is too long", position)
        position = match.end()
    return [*found, Token("end", "", position)]


def _content(kind: str, text: str, position: int) -> str:
    if kind == "number" and len(text) > MAX_NUMBER:
        raise SyntaxFault(f"A number has at most {MAX_NUMBER} digits", position)
    return _unescaped(text[1:-1], position) if kind in ("quoted", "text") else text


def _unescaped(text: str, position: int) -> str:
    def plain(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        if match[2] not in _PLAIN:
            raise SyntaxFault("A backslash stands before a character that needs none", position + match.start() + 1)
        return _PLAIN[match[2]]

    return _whole(_ESCAPE.sub(plain, text), position)


def _whole(text: str, position: int) -> str:
    r"""`text` with the halves of characters that were written as two `\u` put together."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise SyntaxFault("This text holds half a character", position) from None
