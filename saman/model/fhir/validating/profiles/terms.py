"""Whether codes are in the value sets that profiles bind them to, by what packages and R4 itself define."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from saman.model.fhir.fhirpath import Item
from saman.model.fhir.terminology import CodeSystem, Composer, Library, Need, Versions, canonical
from saman.model.fhir.terminology.composing import Composition, Unanswerable

Find = Callable[[str, str], dict[str, Any] | None]
"""From a resource type and a canonical URL to what is defined there."""

_MOST_STEPS = 400


class Terms:
    """The value sets of one installation; the codes of each are listed once, where they can be."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._library = Library()
        self._gathered: set[Need] = set()
        self._found: dict[Need, list[Any]] = {}
        self._listed: dict[str, frozenset[tuple[str, str]] | None] = {}

    def holds(self, url: str, item: Item) -> bool | None:
        """Whether one of the codes of an item is in a value set; None when that cannot be said."""
        if url not in self._listed:
            self._gather(Need("ValueSet", url))
            self._listed[url] = self._list(url)
        listed = self._listed[url]
        if listed is None:
            return self._asked(url, item)
        return any(
            (system, code) in listed if system is not None else any(code == one for _, one in listed)
            for system, code in codes_of(item)
        )

    def _composed(self, url: str) -> Composition | None:
        tree = self._value_set(url)
        return None if tree is None else Composer(self._library, Versions()).compose(tree)

    def _value_set(self, url: str) -> Mapping[str, Any] | None:
        """In the version that is named if it is there, else the newest."""
        wanted = canonical(url)
        return self._library.resource("ValueSet", *wanted) or self._library.resource("ValueSet", wanted.url)

    def _list(self, url: str) -> frozenset[tuple[str, str]] | None:
        try:
            composition = self._composed(url)
            return None if composition is None else frozenset(composition.codes())
        except Unanswerable:
            return None

    def _asked(self, url: str, item: Item) -> bool | None:
        """The same for a value set whose codes cannot be listed; nothing is kept, since codes can be anything."""
        try:
            composition = self._composed(url)
            codes = codes_of(item)
            if composition is None or any(system is None for system, _ in codes):
                return None
            return any(composition.holds(system, code) for system, code in codes if system is not None)
        except Unanswerable:
            return None

    def _gather(self, first: Need) -> None:
        """Put what a value set leads to into the library, in the versions that are named and the newest."""
        waiting = [first]
        for _ in range(_MOST_STEPS):
            if not waiting:
                return
            need = waiting.pop()
            if need in self._gathered:
                continue
            self._gathered.add(need)
            tree, plain = self._find(*need), Need(need.kind, canonical(need.url).url)
            there = self._found.setdefault(plain, [])
            there += [] if tree is None else [CodeSystem(tree) if need.kind == "CodeSystem" else tree]
            self._library.put(plain, there)
            waiting += [plain]
            known = self._value_set(need.url) if need.kind == "ValueSet" else None
            waiting += (*self._library.needs(known), *_versioned(known)) if known is not None else ()


def _versioned(tree: Mapping[str, Any]) -> Iterator[Need]:
    """What a value set refers to in a version."""
    compose = tree.get("compose", {})
    for part in (*compose.get("include", ()), *compose.get("exclude", ())):
        if "system" in part and "version" in part:
            yield Need("CodeSystem", f"{part['system']}|{part['version']}")
        yield from (Need("ValueSet", url) for url in part.get("valueSet", ()) if url and "|" in url)


def codes_of(item: Item) -> list[tuple[str | None, str]]:
    """The codes of a coded value with their systems; a plain code has none."""
    type_name, value, _ = item
    if isinstance(value, str):
        return [(None, value)]
    if not isinstance(value, dict):
        return []
    listed = value.get("coding", ()) if type_name == "CodeableConcept" else [value]
    return [(one.get("system", ""), one["code"]) for one in listed if "code" in one]
