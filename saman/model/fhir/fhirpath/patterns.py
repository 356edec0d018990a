r"""Regular expressions: matches(), matchesFull() and replaceMatches(), with patterns that cannot run away.

`.` stands for any character, also a new line; `\u00e9` is written as in Java and XML. A search counts as work by the
length of its text. Source: http://hl7.org/fhirpath/N1/#matchesregex-string-boolean
"""

from __future__ import annotations

import re
from collections.abc import Callable

from saman.kernel.bounds import bounds
from saman.kernel.patterns import Found, Pattern, Unfitting, pattern
from saman.model.fhir.fhirpath.invocation import Build, Invocation
from saman.model.fhir.fhirpath.items import Context, Evaluate, Item, spend
from saman.model.fhir.fhirpath.syntax import EvaluationFault
from saman.model.fhir.fhirpath.values import MAX_TEXT, Unfit, expect, items_of, joined, single

A_STEP = 100
"""Characters of a text that count as one step of the evaluation's work."""

_substitute = re.compile(r"\$([0-9]{1,2})|\$\{([A-Za-z0-9_]{1,40})\}|\\(.)", re.DOTALL)
_escape = re.compile(r"(\\\\)|\\u([0-9A-Fa-f]{4})")


def on_texts(function: Callable[..., bool | str]) -> Build:
    """A function of a text, a pattern and perhaps more, counted as work of the evaluation."""

    def build(call: Invocation) -> Evaluate:
        sides, position = (call.source, *call.arguments), call.position

        def evaluate(this: list[Item], context: Context) -> list[Item]:
            given = [expect(single(side(this, context), position), (str,), position) for side in sides]
            if None in given:
                return []
            spend(context, 1 + len(str(given[0])) // A_STEP, position)
            try:
                return items_of(function(*given))
            except Unfit as fault:
                raise EvaluationFault(str(fault), position) from None

        return evaluate

    return build


def matches(text: str, written: str) -> bool:
    """Whether the pattern is found in the text."""
    return _read(written).is_in(text)


def matches_full(text: str, written: str) -> bool:
    """Whether the pattern is the whole text."""
    return _read(written).is_whole(text)


def replace_matches(text: str, written: str, by: str) -> str:
    """The text with what the pattern finds replaced; `$1` and `${name}` stand for what a group found."""
    if not written:
        return text
    if len(by) > bounds().pattern:
        raise Unfit(f"What a pattern is replaced by has at most {bounds().pattern} characters")
    parts: list[str] = []
    done = size = 0
    for found in _read(written).found(text):
        begins, ends = found.span
        parts += (text[done:begins], _filled(by, found))
        done = ends
        size += len(parts[-1])
        if size > MAX_TEXT:
            raise Unfit("This text is too long")
    return joined([*parts, text[done:]])


def _read(written: str) -> Pattern:
    try:
        return pattern(_escape.sub(lambda found: found[1] or rf"\x{{{found[2]}}}", written))
    except Unfitting as fault:
        raise Unfit(str(fault)) from None


def _filled(by: str, found: Found) -> str:
    def one(place: re.Match[str]) -> str:
        if place[3]:
            return place[3]
        if place[1]:
            return found.group(int(place[1]))
        return found.group(int(place[2]) if place[2].isdecimal() else place[2])

    return _substitute.sub(one, by) if "$" in by or "\\" in by else by
