"""A CodeSystem made ready for questions: its concepts by code, and how they lie below each other.

Source: https://hl7.org/fhir/R4/codesystem.html and https://hl7.org/fhir/R4/codesystem-concept-properties.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from typing import Any

import msgspec

PROPERTIES = "http://hl7.org/fhir/concept-properties#"
INACTIVE = frozenset({"retired", "inactive", "withdrawn"})
"""Values of the property `status` with which a concept is not to be used any more."""

_MEANING = {
    "parent": "parent",
    "subsumedBy": "parent",
    "child": "child",
    "notSelectable": "abstract",
    "abstract": "abstract",
    "inactive": "inactive",
    "status": "status",
}

Property = tuple[str, str, Any]
"""Code, name in JSON (`valueCode`), value."""


class Concept(msgspec.Struct, frozen=True):
    """One concept; `abstract` ones are there to group others and not to be chosen."""

    code: str
    display: str = ""
    definition: str = ""
    designations: tuple[Mapping[str, Any], ...] = ()
    properties: tuple[Property, ...] = ()
    abstract: bool = False
    inactive: bool = False

    def values(self, property_code: str) -> Iterator[str]:
        """The values of a property, as text; those of a Coding are its code."""
        for code, _, value in self.properties:
            if code == property_code:
                yield as_text(value)


def as_text(value: Any) -> str:
    """A value of a property as filters write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value.get("code", "")) if isinstance(value, dict) else str(value)


class CodeSystem:
    """The concepts of one version of a code system; `url` is empty for one that has none."""

    def __init__(self, tree: Mapping[str, Any]) -> None:
        self.tree = tree
        self.url: str = tree.get("url", "")
        self.version: str = tree.get("version", "")
        self.language: str = tree.get("language", "")
        self.has_case = tree.get("caseSensitive") is not False
        self.concepts: dict[str, Concept] = {}
        self.parents: dict[str, dict[str, None]] = {}
        self.children: dict[str, dict[str, None]] = {}
        self.declared = {one["code"] for one in tree.get("property", ()) if "code" in one}
        self._meaning = _meanings(tree)
        self._take(tree.get("concept", ()))
        self._folded = {} if self.has_case else {code.casefold(): code for code in reversed(self.concepts)}

    @property
    def is_loaded(self) -> bool:
        """Whether all of its concepts are there."""
        return self.tree.get("content") == "complete"

    @property
    def supplements(self) -> str:
        """The code system to whose concepts it adds names and properties, which is all that it has; empty for none."""
        return str(self.tree.get("supplements", "")) if self.tree.get("content") == "supplement" else ""

    def supplemented(self, by: CodeSystem) -> CodeSystem:
        """The same with the names and properties that a supplement adds; concepts of the supplement's own stay out."""
        made = copy(self)
        made.concepts = dict(self.concepts)
        for code, more in by.concepts.items():
            there = self.find(code)
            if there is not None:
                made.concepts[there.code] = _supplemented(there, more, by.language)
        made.declared = self.declared | by.declared
        return made

    @property
    def says_is_a(self) -> bool:
        """Whether what lies below a concept is a kind of it; so it is where nothing is said."""
        return self.tree.get("hierarchyMeaning") in (None, "is-a")

    @property
    def name(self) -> str:
        """What it is called, for people."""
        return self.tree.get("title") or self.tree.get("name") or self.url

    def find(self, code: str) -> Concept | None:
        """The concept with this code, whose case counts unless the code system says otherwise."""
        found = self.concepts.get(code)
        if found is None and not self.has_case:
            found = self.concepts.get(self._folded.get(code.casefold(), ""))
        return found

    def below(self, code: str) -> set[str]:
        """The codes of all that lies below a concept, at any depth."""
        return _reached(self.children, code)

    def above(self, code: str) -> set[str]:
        """The codes of all that a concept lies below."""
        return _reached(self.parents, code)

    def _take(self, concepts: Iterable[Mapping[str, Any]]) -> None:
        waiting: list[tuple[Mapping[str, Any], str]] = [(one, "") for one in reversed(list(concepts))]
        while waiting:
            one, parent = waiting.pop()
            code = one.get("code", "")  # one whose code is only an extension cannot be asked for
            if parent and code:
                self._link(parent, code)
            if code and code not in self.concepts:
                self.concepts[code] = self._concept(one)
            waiting.extend((each, code or parent) for each in reversed(one.get("concept", ())))

    def _concept(self, one: Mapping[str, Any]) -> Concept:
        properties = tuple(_property(each) for each in one.get("property", ()) if "code" in each)
        abstract = inactive = False
        for name, _, value in properties:
            meaning = self._meaning.get(name)
            if meaning == "parent":
                self._link(as_text(value), one["code"])
            elif meaning == "child":
                self._link(one["code"], as_text(value))
            elif meaning == "abstract":
                abstract = abstract or value is True
            elif meaning is not None:
                inactive = inactive or value is True or as_text(value) in INACTIVE
        return Concept(
            one["code"],
            one.get("display", ""),
            one.get("definition", ""),
            tuple(each for each in one.get("designation", ()) if "value" in each),
            properties,
            abstract,
            inactive,
        )

    def _link(self, parent: str, child: str) -> None:
        self.parents.setdefault(child, {})[parent] = None
        self.children.setdefault(parent, {})[child] = None


def _supplemented(concept: Concept, more: Concept, language: str) -> Concept:
    """A concept with more names; what a supplement calls it is one of them."""
    own = {"language": language} if language else {}
    named = ({**own, "value": more.display},) if more.display else ()
    return msgspec.structs.replace(
        concept,
        designations=(*concept.designations, *named, *more.designations),
        properties=(*concept.properties, *more.properties),
    )


def _meanings(tree: Mapping[str, Any]) -> dict[str, str]:
    """What the properties of a code system mean that are told by their address, or by the usual code."""
    found = dict(_MEANING)
    for one in tree.get("property", ()):
        uri: str = one.get("uri", "")
        if "code" in one and uri.startswith(PROPERTIES) and uri.removeprefix(PROPERTIES) in _MEANING:
            found[one["code"]] = _MEANING[uri.removeprefix(PROPERTIES)]
    return found


def _property(one: Mapping[str, Any]) -> Property:
    name = next((key for key in one if key.startswith("value")), "")
    return one["code"], name, one.get(name, "")


def _reached(links: Mapping[str, Mapping[str, None]], code: str) -> set[str]:
    """Everything that links lead to from `code`, itself only where they come back to it."""
    found: set[str] = set()
    waiting = list(links.get(code, ()))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(links.get(one, ()))
    return found
