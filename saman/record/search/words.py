"""Searches by words: `_text` in the narrative of a resource, `_content` in all that is text in it.

No index knows the words. What a search asks besides leads to resources, and each is looked at as it is answered to who
asks (`looking.py`): what a person has withheld from them has been taken out before, and is found by none of its words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from saman.kernel.outcome import Issue
from saman.model.fhir import search_parameters
from saman.model.fhir.words import Words, Wrong, content_words, narrative_words, read_words
from saman.record.search.asked import Clause, Query, alternatives, unescape

Resource = dict[str, Any]

WORDED: Mapping[str, Callable[[Resource], str]] = MappingProxyType(
    {"_text": narrative_words, "_content": content_words}
)
"""The parameters that ask for words, each with what it looks at."""


def words_clause(type_name: str, name: str, value: str) -> Clause | Issue | None:
    """What `_text=…` or `_content=…` asks; None of a type that has no such parameter, such as `_text` of Binary."""
    code, colon, _ = name.partition(":")
    parameter = search_parameters(type_name).get(code)
    if parameter is None:
        return None
    if colon:
        return Issue("not-supported", f"'{code}' takes no modifier.", name)
    values = alternatives(value)
    try:
        clause = Clause(parameter, "", values)
        if not _asked(clause):
            raise Wrong("Expected words, of letters or digits.", 1)
    except Wrong as wrong:
        return Issue(wrong.code, f"{wrong.text} (character {wrong.at} of '{code}')", name)
    return clause


def _asked(clause: Clause) -> tuple[Words, ...]:
    return tuple(read_words(unescape(value)) for value in clause.values)


def is_worded(clause: Clause) -> bool:
    """Whether a clause asks for words."""
    return clause.parameter.code in WORDED


def asks_words(name: str) -> bool:
    """Whether a parameter asks for words, perhaps at the end of a chain."""
    return name.replace(":", ".").rpartition(".")[2] in WORDED


def without_words(query: Query) -> Query:
    """The search by all that it asks besides words."""
    return msgspec.structs.replace(query, clauses=tuple(one for one in query.clauses if not is_worded(one)))


class Sieve:
    """Lets resources through that have all the words that clauses ask for."""

    def __init__(self, clauses: Iterable[Clause]) -> None:
        self.clauses = tuple(one for one in clauses if is_worded(one))
        self._asked = [(WORDED[one.parameter.code], _asked(one)) for one in self.clauses]

    def lets(self, resource: Resource) -> bool:
        """Whether a resource, as it is answered, has them."""
        return all(any(one.stand_in(told) for one in asked) for tell, asked in self._asked for told in [tell(resource)])
