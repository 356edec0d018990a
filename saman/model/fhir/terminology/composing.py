"""What a value set says, made ready to be listed or to be asked about one code.

Includes are added up, excludes taken away; within one of them everything must hold at once.
Source: https://hl7.org/fhir/R4/valueset.html#compositions
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir.terminology.canonical import Canonical, canonical
from saman.model.fhir.terminology.code_system import CodeSystem, Concept
from saman.model.fhir.terminology.filters import Test, cost_of, read_filter
from saman.model.fhir.terminology.library import Library
from saman.model.fhir.terminology.unknown import not_loaded, unknown_value_set

MOST_DEPTH, MOST_PARTS, MOST_STEPS = 30, 500, 2_000_000

Tree = Mapping[str, Any]
Key = tuple[str, str]
"""Code system and code."""


class Unanswerable(Exception):
    """Carries a refusal out of the walk through value sets; `expand` and the checks catch it."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


class Entry(msgspec.Struct, frozen=True):
    """One code of a value set: its concept, None where the code system is not loaded, and what the set says of it."""

    system: str
    version: str
    code: str
    concept: Concept | None
    language: str = ""
    listed: Tree = {}


class Versions(msgspec.Struct, frozen=True):
    """Which versions of code systems to use: where none is named, instead of others, and as a check."""

    usual: Mapping[str, str] = {}
    forced: Mapping[str, str] = {}
    checked: Mapping[str, str] = {}


class Part:
    """One include or exclude; `fault` says why it can't be answered, once it has to be."""

    def __init__(self, system: str, place: str) -> None:
        self.system = system
        self.place = place
        self.loaded: CodeSystem | None = None
        self.version = ""
        self.listed: dict[str, Tree] | None = None
        self.filters: list[Test] = []
        self.sets: list[Composition] = []
        self.fault: Refusal | None = None

    def holds(self, system: str, code: str) -> bool:
        """Whether the code is in it; raises Unanswerable where that can't be told."""
        if self.system and self.system != system:
            return False
        self.check()
        if self.system and not self._own(code):
            return False
        return bool(self.system or self.sets) and all(one.holds(system, code) for one in self.sets)

    def check(self) -> None:
        """Raise Unanswerable when something is missing."""
        if self.fault is not None:
            raise Unanswerable(self.fault)

    def _own(self, code: str) -> bool:
        if self.loaded is None:
            return self.listed is not None and code in self.listed
        concept = self.loaded.find(code)
        if concept is None or (self.listed is not None and concept.code not in self.listed):
            return False
        return self.passes(concept)

    def passes(self, concept: Concept) -> bool:
        """Whether a concept fulfils all filters."""
        return all(holds(concept) for holds in self.filters)

    def candidates(self) -> Iterator[tuple[str, Concept | None]]:
        """The codes that may be in it, before filters, in order."""
        if self.loaded is None:
            yield from ((code, None) for code in self.listed or ())
        elif self.listed is None:
            yield from self.loaded.concepts.items()
        else:
            found = (self.loaded.find(code) for code in self.listed)
            yield from ((one.code, one) for one in found if one is not None)


class Composition:
    """One value set in use."""

    def __init__(self, composer: Composer, active_only: bool) -> None:
        self._composer = composer
        self._active_only = active_only
        self.includes: list[Part] = []
        self.excludes: list[Part] = []
        self._codes: dict[Key, Entry] | None = None
        self._known: dict[Key, bool] = {}

    def holds(self, system: str, code: str) -> bool:
        """Whether a code is in the value set; raises Unanswerable where nobody can tell."""
        key = (system, code)
        if key not in self._known:
            self._composer.spend(1 + len(self.includes) + len(self.excludes))
            self._known[key] = self._included(system, code) and not any(
                one.holds(system, code) for one in self.excludes
            )
        return self._known[key]

    def _included(self, system: str, code: str) -> bool:
        faults: list[Unanswerable] = []
        for part in self.includes:
            try:
                if part.holds(system, code):
                    return not (self._active_only and _is_inactive(part, code))
            except Unanswerable as fault:
                faults.append(fault)
        if faults:
            raise faults[0]
        return False

    def codes(self) -> Mapping[Key, Entry]:
        """All codes in the order of the includes; raises Unanswerable where they can't be listed."""
        if self._codes is None:
            found: dict[Key, Entry] = {}
            for part in self.includes:
                listed = self._listed(part)
                self._composer.spend(len(listed))
                for key, entry in listed.items():
                    found.setdefault(key, entry)
            for part in self.excludes:
                listed = self._listed(part)
                self._composer.spend(len(listed))
                for key in listed:
                    found.pop(key, None)
            if self._active_only:
                found = {key: one for key, one in found.items() if not (one.concept and one.concept.inactive)}
            self._codes = found
        return self._codes

    def _listed(self, part: Part) -> Mapping[Key, Entry]:
        part.check()
        if part.system:
            own: Mapping[Key, Entry] = self._own(part)
            others: Sequence[Composition] = part.sets
        else:
            own, others = (part.sets[0].codes(), part.sets[1:]) if part.sets else ({}, ())
        for one in others:
            among = one.codes()
            self._composer.spend(len(own))
            own = {key: entry for key, entry in own.items() if key in among}
        return own

    def _own(self, part: Part) -> dict[Key, Entry]:
        found: dict[Key, Entry] = {}
        language = part.loaded.language if part.loaded else ""
        cost = 1 + len(part.filters)
        for code, concept in part.candidates():
            self._composer.spend(cost)
            if concept is None or part.passes(concept):
                listed = (part.listed or {}).get(code, {})
                found[part.system, code] = Entry(part.system, part.version, code, concept, language, listed)
        return found


def _is_inactive(part: Part, code: str) -> bool:
    concept = part.loaded.find(code) if part.loaded else None
    return concept is not None and concept.inactive


def too_costly(place: str = "") -> Refusal:
    """The refusal of what would take too much work."""
    text = "This value set takes more work than one call may cause. Ask for a smaller one."
    return refused(Kind.TOO_COSTLY, "too-costly", text, place)


class Composer:
    """Makes compositions of value sets, each once; refuses those that import themselves or ask for too much."""

    def __init__(self, library: Library, versions: Versions | None = None) -> None:
        self._library = library
        self._versions = versions or Versions()
        self._made: dict[Canonical, Composition] = {}
        self._under_way: list[Canonical] = []
        self._parts = 0
        self._left = MOST_STEPS
        self.not_loaded: dict[str, None] = {}
        """Code systems of which only codes that a value set lists are known."""

    def spend(self, steps: int) -> None:
        """Count work; raises Unanswerable when it is too much."""
        self._left -= steps
        if self._left < 0:
            raise Unanswerable(too_costly())

    def compose(self, tree: Tree) -> Composition:
        """The composition of a value set; raises Unanswerable."""
        told: Tree | None = tree.get("compose")
        made = Composition(self, active_only=told is not None and told.get("inactive") is False)
        if told is None:
            made.includes = list(self._expanded(tree))
            return made
        for name, parts in (("include", made.includes), ("exclude", made.excludes)):
            for number, one in enumerate(told.get(name, ())):
                parts.append(self._part(one, f"ValueSet.compose.{name}[{number}]"))
        return made

    def _expanded(self, tree: Tree) -> Iterator[Part]:
        """What a value set that has only been expanded lists, by code system."""
        codes: dict[str, dict[str, Tree]] = {}
        waiting = list(reversed(tree.get("expansion", {}).get("contains", ())))
        while waiting:
            one = waiting.pop()
            if "code" in one and "system" in one:
                codes.setdefault(one["system"], {})[one["code"]] = one
            waiting.extend(reversed(one.get("contains", ())))
        for system, listed in codes.items():
            part = Part(system, "ValueSet.expansion.contains")
            part.listed = listed
            self._load(part, "")
            yield part

    def _part(self, told: Tree, place: str) -> Part:
        self._parts += 1 + len(told.get("filter", ())) + len(told.get("valueSet", ()))
        if self._parts > MOST_PARTS:
            raise Unanswerable(too_costly(place))
        part = Part(told.get("system", ""), place)
        if "concept" in told:
            part.listed = {one["code"]: one for one in told["concept"] if "code" in one}
        if part.system:
            self._load(part, told.get("version", ""))
        if part.loaded is not None:
            self._filter(part, told.get("filter", ()), part.loaded)
        for number, url in enumerate(told.get("valueSet", ())):
            self._import(part, url, f"{place}.valueSet[{number}]")
        return part

    def _load(self, part: Part, version: str) -> None:
        versions = self._versions
        checked = versions.checked.get(part.system, "")
        version = versions.forced.get(part.system) or version or versions.usual.get(part.system, "") or checked
        found = self._library.code_system(part.system, version)
        if checked and checked not in (version, found.version if found else ""):
            text = "The value set uses another version of the code system than the one to be checked."
            part.fault = refused(Kind.UNPROCESSABLE, "invalid", text, f"{part.place}.version")
        elif found is not None and found.is_loaded:
            part.loaded, part.version = found, found.version
            part.listed = _own_codes(part.listed, found)
        elif part.listed is None:
            part.fault = not_loaded(part.system, f"{part.place}.system", known=self._library.code_system(part.system))
        else:
            part.version = version
            self.not_loaded[part.system] = None

    def _filter(self, part: Part, told: Sequence[Tree], system: CodeSystem) -> None:
        for number, one in enumerate(told):
            self.spend(cost_of(one, len(system.concepts)))
            found = read_filter(system, one)
            if isinstance(found, Refusal):
                part.fault = part.fault or at_place(found, f"{part.place}.filter[{number}]")
            else:
                part.filters.append(found)

    def _import(self, part: Part, url: str | None, place: str) -> None:
        wanted = canonical(url or "")
        if wanted in self._under_way:
            raise Unanswerable(refused(Kind.UNPROCESSABLE, "processing", "This value set imports itself.", place))
        if len(self._under_way) >= MOST_DEPTH:
            raise Unanswerable(too_costly(place))
        tree = self._library.resource("ValueSet", *wanted)
        if tree is None:
            part.fault = part.fault or unknown_value_set(place)
            return
        if wanted not in self._made:
            self._under_way.append(wanted)
            self._made[wanted] = self.compose(tree)
            self._under_way.pop()
        part.sets.append(self._made[wanted])


def _own_codes(listed: Mapping[str, Tree] | None, system: CodeSystem) -> dict[str, Tree] | None:
    """The listed codes as the code system itself writes them."""
    if listed is None:
        return None
    return {found.code if (found := system.find(code)) else code: one for code, one in listed.items()}


def at_place(refusal: Refusal, place: str) -> Refusal:
    """The refusal with a place for those of its issues that have none."""
    return Refusal(refusal.kind, tuple(_placed(one, place) for one in refusal.issues))


def _placed(issue: Issue, place: str) -> Issue:
    return issue if issue.path else msgspec.structs.replace(issue, path=place)
