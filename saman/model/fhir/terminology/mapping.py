"""Translation of codes by concept maps (https://hl7.org/fhir/R4/conceptmap-operation-translate.html).

Backwards, a map is read from its targets: what was wider is then narrower.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.terminology.canonical import Canonical, canonical
from saman.model.fhir.terminology.checking import Coded
from saman.model.fhir.terminology.library import Library, Tree

MOST_MAPS, MOST_STEPS = 20, 2_000_000
_OTHER = "ConceptMap.group.unmapped.url"
_NO_MATCH = frozenset({"unmatched", "disjoint"})
_BACKWARDS = {"wider": "narrower", "narrower": "wider", "subsumes": "specializes", "specializes": "subsumes"}


class Match(msgspec.Struct, frozen=True):
    """One translation; `depends` says that it holds only together with other elements."""

    equivalence: str
    concept: Mapping[str, str]
    source: str
    products: tuple[Mapping[str, Any], ...] = ()
    depends: bool = False

    @property
    def is_match(self) -> bool:
        """Whether it says what the code is, not that it is nothing."""
        return self.equivalence not in _NO_MATCH


class Translating(msgspec.Struct, frozen=True, kw_only=True):
    """What is sought: codes of one system only, of one value set only, or from target to source.

    `dependencies` are the values (system, code) that other elements have, by their addresses.
    """

    target_system: str = ""
    source_set: str = ""
    target_set: str = ""
    reverse: bool = False
    dependencies: Mapping[str, frozenset[tuple[str, str]]] = {}


def translate(
    library: Library, maps: Iterable[Tree], asked: Sequence[Coded], how: Translating
) -> tuple[Match, ...] | Refusal:
    """All translations of the codings by the maps, each once; refused when maps lead to each other in circles."""
    found: dict[bytes, Match] = {}
    walk = _Walk(library, how)
    for tree in maps:
        if not _speaks_of(tree, how):
            continue
        for one in asked:
            matches = walk.by_map(tree, one, ())
            if isinstance(matches, Refusal):
                return matches
            found |= {msgspec.json.encode((each.equivalence, each.concept)): each for each in matches}
    return tuple(found.values())


def _speaks_of(tree: Tree, how: Translating) -> bool:
    """Whether a map is between the value sets that are named, where they are."""
    source = tree.get("sourceUri") or tree.get("sourceCanonical", "")
    target = tree.get("targetUri") or tree.get("targetCanonical", "")
    if how.reverse:
        source, target = target, source
    return all(not wanted or canonical(own).url == wanted for wanted, own in
               ((how.source_set, source), (how.target_set, target)))  # fmt: skip


class _Walk:
    """One question on its way through maps that lead to others."""

    def __init__(self, library: Library, how: Translating) -> None:
        self._library = library
        self._how = how
        self._left = MOST_STEPS
        self._known: dict[tuple[Canonical, str, str], list[Match]] = {}
        """What maps have said on the way, so that many ways to one of them cost no more than one."""

    def by_map(self, tree: Tree, one: Coded, way: tuple[Canonical, ...]) -> list[Match] | Refusal:
        """What a map says of a code; `way` are the maps that led here."""
        how, found = self._how, list[Match]()
        for group in tree.get("group", ()):
            self._left -= 1 + len(group.get("element", ()))
            if self._left < 0:
                return refused(
                    Kind.TOO_COSTLY, "too-costly", "This translation takes more work than one call may cause."
                )
            source, target = group.get("source", ""), group.get("target", "")
            if how.reverse:
                source, target = target, source
            if (source and source != one.system) or (how.target_system and target != how.target_system):
                continue
            matches = self._by_group(tree, group, one, way)
            if isinstance(matches, Refusal):
                return matches
            found += matches
        return found

    def _by_group(self, tree: Tree, group: Tree, one: Coded, way: tuple[Canonical, ...]) -> list[Match] | Refusal:
        if self._how.reverse:
            return list(_backwards(tree, group, one))
        found = list(_forwards(tree, group, one, self._how.dependencies))
        if found or "unmapped" not in group:
            return found
        told = group["unmapped"]
        if told.get("mode") == "provided":
            return [_match(tree, group.get("target", ""), {"code": one.code, "display": one.display}, "equal")]
        if told.get("mode") == "fixed":
            return [_match(tree, group.get("target", ""), told, "inexact")] if "code" in told else []
        return self._by_other(canonical(told["url"]), one, way) if "url" in told else []

    def _by_other(self, wanted: Canonical, one: Coded, way: tuple[Canonical, ...]) -> list[Match] | Refusal:
        if wanted in way or len(way) >= MOST_MAPS:
            text = "These concept maps lead to each other without end."
            return refused(Kind.UNPROCESSABLE, "processing", text, _OTHER)
        key = (wanted, one.system, one.code)
        if key in self._known:
            return self._known[key]
        other = self._library.resource("ConceptMap", *wanted)
        if other is None:
            return refused(Kind.NOT_FOUND, "not-found", "A concept map leads to another one that is not here.", _OTHER)
        found = self.by_map(other, one, (*way, wanted))
        if not isinstance(found, Refusal):
            self._known[key] = found
        return found


def _forwards(tree: Tree, group: Tree, one: Coded, given: Mapping[str, frozenset[tuple[str, str]]]) -> Iterator[Match]:
    for element in group.get("element", ()):
        if element.get("code") == one.code:
            for target in element.get("target", ()):
                open_ones = _open(target, given)
                if "equivalence" in target and open_ones is not None:
                    told = {**target, "dependsOn": open_ones}
                    yield _match(tree, group.get("target", ""), told, target["equivalence"])


def _open(target: Tree, given: Mapping[str, frozenset[tuple[str, str]]]) -> list[Tree] | None:
    """The elements that a translation rests on of which nothing is known; None when one of them has another value."""
    left = []
    for one in target.get("dependsOn", ()):
        values = given.get(one.get("property", ""))
        if values is None:
            left.append(one)
        elif not any(code == one.get("value") and one.get("system", system) == system for system, code in values):
            return None
    return left


def _backwards(tree: Tree, group: Tree, one: Coded) -> Iterator[Match]:
    for element in group.get("element", ()):
        for target in element.get("target", ()):
            if target.get("code") == one.code and "code" in element and "equivalence" in target:
                equivalence: str = target["equivalence"]
                yield _match(tree, group.get("source", ""), element, _BACKWARDS.get(equivalence, equivalence))


def _match(tree: Tree, system: str, told: Tree, equivalence: str) -> Match:
    concept = {"system": system, "code": told.get("code", ""), "display": told.get("display", "")}
    return Match(
        equivalence,
        {name: value for name, value in concept.items() if value} if "code" in told else {},
        tree.get("url", ""),
        tuple(each for each in told.get("product", ()) if "property" in each and "value" in each),
        bool(told.get("dependsOn")),
    )
