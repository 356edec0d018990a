"""What a code means, and whether one code is a kind of another.

Sources: https://hl7.org/fhir/R4/codesystem-operation-lookup.html and
https://hl7.org/fhir/R4/codesystem-operation-subsumes.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.terminology.code_system import CodeSystem, Concept, Property
from saman.model.fhir.terminology.languages import display_in, speaks
from saman.model.fhir.terminology.unknown import not_loaded

_USUAL = frozenset({"definition", "parent", "child", "designation", "inactive", "abstract"})
_LANGUAGE = "lang."


class Meaning(msgspec.Struct, frozen=True):
    """What is known of a code; `properties` are code, name in JSON and value of each."""

    name: str
    version: str
    display: str
    designations: tuple[Mapping[str, Any], ...]
    properties: tuple[Property, ...]


def look_up(system: CodeSystem, code: str, language: str = "", wanted: Sequence[str] = ()) -> Meaning | Refusal:
    """What `code` means; of its properties those `wanted`, all when none is named.

    Refused as not found when the code system has no such code or its content is not loaded.
    """
    concept = system.find(code)
    if concept is None:
        if not system.is_loaded:
            return not_loaded(system.url, "system")
        return refused(Kind.NOT_FOUND, "not-found", "The code system has no such code.", "code")
    display = display_in(language, concept.display, system.language, concept.designations) if language else None
    return Meaning(
        system.name,
        system.version,
        display or concept.display or concept.code,
        tuple(one for one in concept.designations if _shows(one, wanted)),
        tuple(one for one in _properties(system, concept) if not wanted or one[0] in wanted),
    )


def _shows(one: Mapping[str, Any], wanted: Sequence[str]) -> bool:
    languages = [name.removeprefix(_LANGUAGE).lower() for name in wanted if name.startswith(_LANGUAGE)]
    if not wanted or "designation" in wanted:
        return True
    return any(speaks(one.get("language", ""), each) for each in languages)


def _properties(system: CodeSystem, concept: Concept) -> Iterator[Property]:
    if concept.definition:
        yield "definition", "valueString", concept.definition
    yield "inactive", "valueBoolean", concept.inactive
    if concept.abstract:
        yield "abstract", "valueBoolean", True
    yield from (("parent", "valueCode", code) for code in system.parents.get(concept.code, ()))
    yield from (("child", "valueCode", code) for code in system.children.get(concept.code, ()))
    yield from (one for one in concept.properties if one[0] not in _USUAL and one[1])


def subsumes(system: CodeSystem, first: str, second: str) -> str | Refusal:
    """`equivalent`, `subsumes` (the first is the wider one), `subsumed-by` or `not-subsumed`."""
    if not system.is_loaded:
        return not_loaded(system.url, "system")
    found = [system.find(code) for code in (first, second)]
    for name, one in zip(("codeA", "codeB"), found, strict=True):
        if one is None:
            return refused(Kind.NOT_FOUND, "not-found", "The code system has no such code.", name)
    a, b = (one.code for one in found if one is not None)
    if a == b:
        return "equivalent"
    if not system.says_is_a:
        text = "The hierarchy of this code system does not say what is a kind of what."
        return refused(Kind.UNPROCESSABLE, "not-supported", text, "system")
    below, above = a in system.above(b), b in system.above(a)
    if below and above:
        return "equivalent"
    return "subsumes" if below else "subsumed-by" if above else "not-subsumed"
