"""What a search by words asks: all of them, phrases in quotes, beginnings, `or`, what is left out, and parentheses.

R4 leaves the language open (https://hl7.org/fhir/R4/search.html#content). This one is that of
`websearch_to_tsquery` in PostgreSQL with the parentheses of R4's own example, `(bone OR liver) and metastases`, and
with beginnings (`blodtrykk*`), since Nordic languages put words together and nothing is taken off their ends.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import msgspec

from saman.model.fhir.words.spelling import spelled

MAX_TEXT, MAX_DEPTH, MAX_WORDS = 1000, 12, 50
"""Characters of a search by words, parentheses and negations in each other, and words or phrases."""

_TOKEN = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<mark>[()]|-(?=[^\s()]|\())|(?P<plain>[^\s()"]+)|(?P<wrong>\S))')


class Words(msgspec.Struct, frozen=True):
    """A word, phrase or beginning, spelled, that must stand in a text; or others, of which all, any or not one hold."""

    how: Literal["word", "and", "or", "not"]
    text: str = ""
    of: tuple[Words, ...] = ()

    def stand_in(self, told: str) -> bool:
        """Whether they hold for texts that are spelled."""
        if self.how == "word":
            return self.text in told
        if self.how == "not":
            return not self.of[0].stand_in(told)
        return (all if self.how == "and" else any)(one.stand_in(told) for one in self.of)


class Wrong(Exception):
    """Why words cannot be read, and at which character of their text."""

    def __init__(self, text: str, at: int, code: str = "value") -> None:
        super().__init__(text)
        self.text = text
        self.at = at
        self.code = code


class _Token(NamedTuple):
    """`word` with what is looked for, `and`, `or`, `not`, a parenthesis or the end."""

    kind: str
    text: str
    at: int


def read_words(text: str) -> Words:
    """The words that `text` asks for; raises Wrong."""
    if len(text) > MAX_TEXT:
        raise Wrong(f"A search by words has at most {MAX_TEXT} characters.", MAX_TEXT, "too-costly")
    tokens = _tokens(text)
    words = sum(one.kind == "word" for one in tokens)
    if not words:
        raise Wrong("Expected words, of letters or digits.", 1)
    if words > MAX_WORDS:
        raise Wrong(f"A search by words has at most {MAX_WORDS} of them.", 1, "too-costly")
    reader = _Reader(tokens)
    found = reader.any_of(MAX_DEPTH)
    if reader.next.kind != "end":
        raise Wrong("A parenthesis is closed that was not opened.", reader.next.at)
    return found


def _tokens(text: str) -> list[_Token]:
    """What stands in a text; marks without letters and digits say nothing."""
    tokens: list[_Token] = []
    for found in _TOKEN.finditer(text):
        at = found.start(found.lastgroup or 0) + 1
        if found["wrong"]:
            raise Wrong("A quotation mark is opened and not closed.", at)
        if found["mark"]:
            tokens.append(_Token("not" if found["mark"] == "-" else found["mark"], "", at))
        elif found["plain"] and (operator := _operator(found["plain"])):
            tokens.append(_Token(operator, "", at))
        elif words := spelled(found["quoted"] or found["plain"] or ""):
            is_beginning = (found["plain"] or "").endswith("*")
            tokens.append(_Token("word", words.rstrip() if is_beginning else words, at))
    return [*tokens, _Token("end", "", len(text) + 1)]


def _operator(plain: str) -> str:
    """`and` and `or` in any case; NOT in capitals only, because in some languages it is a word."""
    return plain.lower() if plain.lower() in ("and", "or") else "not" if plain == "NOT" else ""


class _Reader:
    """Reads tokens: `or` binds less than words beside each other, those less than what is left out."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def any_of(self, depth: int) -> Words:
        found = [self._all_of(depth)]
        while self.next.kind == "or":
            self._take()
            found.append(self._all_of(depth))
        return found[0] if len(found) == 1 else Words("or", of=tuple(found))

    def _all_of(self, depth: int) -> Words:
        found = [self._one(depth)]
        while self.next.kind in ("and", "word", "not", "("):
            if self.next.kind == "and":
                self._take()
            found.append(self._one(depth))
        return found[0] if len(found) == 1 else Words("and", of=tuple(found))

    def _one(self, depth: int) -> Words:
        token = self._take()
        if depth == 0:
            text = f"Parentheses and what is left out go at most {MAX_DEPTH} deep."
            raise Wrong(text, token.at, "too-costly")
        if token.kind == "word":
            return Words("word", token.text)
        if token.kind == "not":
            return Words("not", of=(self._one(depth - 1),))
        if token.kind != "(":
            raise Wrong("Expected a word, a phrase in quotes or a parenthesis.", token.at)
        found = self.any_of(depth - 1)
        if self._take().kind != ")":
            raise Wrong("A parenthesis is opened and not closed.", token.at)
        return found
