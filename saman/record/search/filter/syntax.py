"""The text of a `_filter` taken apart, as https://hl7.org/fhir/R4/search_filter.html says it is written.

`and` and `or` are read from left to right, neither before the other.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import msgspec

MAX_TEXT, MAX_DEPTH, MAX_TESTS = 4000, 12, 50
"""Characters of a filter, parentheses and brackets in each other, and comparisons."""

_SPACE = re.compile(r"[ \t\r\n]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_:-]*")
_WORD = re.compile(r"[A-Za-z]+(?=[\s(]|$)")
_TOKEN = re.compile(r"[^\s)\]]+")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


class Step(msgspec.Struct, frozen=True):
    """One name of a path, perhaps with what must hold of what it leads to."""

    name: str
    within: Syntax | None = None


class Test(msgspec.Struct, frozen=True):
    """A path compared with a value; `at` is where it begins, counted from 1."""

    path: tuple[Step, ...]
    operator: str
    value: str
    at: int


class Group(msgspec.Struct, frozen=True):
    """Filters put together."""

    how: Literal["and", "or", "not"]
    of: tuple[Syntax, ...]


Syntax: TypeAlias = Test | Group


class Wrong(Exception):
    """Why a filter cannot be read or answered, and where in its text; never leaves this package."""

    def __init__(self, text: str, at: int, code: str = "value") -> None:
        super().__init__(text)
        self.text = text
        self.at = at
        self.code = code


def parse(text: str) -> Syntax:
    """The filter that `text` writes; raises Wrong."""
    if len(text) > MAX_TEXT:
        raise Wrong(f"A filter has at most {MAX_TEXT} characters.", MAX_TEXT, "too-costly")
    reader = _Reader(text)
    found = reader.filter(MAX_DEPTH)
    if reader.at < len(text):
        raise reader.wrong("Expected 'and', 'or' or the end.")
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.tests = 0

    def wrong(self, text: str) -> Wrong:
        return Wrong(text, self.at + 1)

    def skip(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def taken(self, pattern: re.Pattern[str]) -> str:
        """What matches here, and is left behind; empty when nothing does."""
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return found[0] if found else ""

    def is_next(self, mark: str) -> bool:
        """Whether a mark stands here, which is left behind then."""
        there = self.text.startswith(mark, self.at)
        self.at += len(mark) if there else 0
        return there

    def word(self, *wanted: str) -> str:
        """One of these words, which is left behind; empty when none stands here."""
        found = _WORD.match(self.text, self.at)
        if found is None or found[0] not in wanted:
            return ""
        self.at = found.end()
        return found[0]

    def filter(self, depth: int) -> Syntax:
        if depth == 0:
            raise Wrong(f"A filter goes at most {MAX_DEPTH} parentheses deep.", self.at + 1, "too-costly")
        found = self.term(depth)
        while (how := self.word("and", "or")) != "":
            found = _joined("and" if how == "and" else "or", found, self.term(depth))
        return found

    def term(self, depth: int) -> Syntax:
        self.skip()
        begin = self.at
        if self.word("not"):
            self.skip()
            if not self.text.startswith("(", self.at):
                raise self.wrong("Expected '(' after 'not'.")
            return Group("not", (self.term(depth),))
        self.at = begin
        if not self.is_next("("):
            return self.test(depth)
        found = self.filter(depth - 1)
        self.end(")")
        return found

    def end(self, mark: str) -> None:
        self.skip()
        if not self.is_next(mark):
            raise self.wrong(f"Expected '{mark}'.")
        self.skip()

    def test(self, depth: int) -> Test:
        begin, path = self.at, self.path(depth)
        self.tests += 1
        if self.tests > MAX_TESTS:
            raise Wrong(f"A filter has at most {MAX_TESTS} comparisons.", begin + 1, "too-costly")
        self.skip()
        operator = self.taken(_WORD)
        if not operator:
            raise self.wrong("Expected an operator such as 'eq'.")
        self.skip()
        value = self.value()
        self.skip()
        return Test(path, operator, value, begin + 1)

    def path(self, depth: int) -> tuple[Step, ...]:
        steps = [self.step(depth)]
        while self.is_next("."):
            steps.append(self.step(depth))
        if steps[-1].within is not None:
            raise self.wrong("Expected '.' and a parameter after ']'.")
        return tuple(steps)

    def step(self, depth: int) -> Step:
        name = self.taken(_NAME)
        if not name:
            raise self.wrong("Expected the name of a search parameter.")
        if not self.is_next("["):
            return Step(name)
        within = self.filter(depth - 1)
        self.skip()
        if not self.is_next("]"):
            raise self.wrong("Expected ']'.")
        return Step(name, within)

    def value(self) -> str:
        begin = self.at
        if not self.text.startswith('"', begin):
            found = self.taken(_TOKEN)
            if not found:
                raise self.wrong("Expected a value.")
            return found
        try:
            text = msgspec.json.decode(self.taken(_STRING), type=str)
        except msgspec.DecodeError:
            raise Wrong("Expected a text as JSON writes it.", begin + 1) from None
        if not text or "\0" in text:
            raise Wrong("A text holds at least one character, and not NUL.", begin + 1)
        return text


def _joined(how: Literal["and", "or"], first: Syntax, second: Syntax) -> Group:
    before = first.of if isinstance(first, Group) and first.how == how else (first,)
    return Group(how, (*before, second))
