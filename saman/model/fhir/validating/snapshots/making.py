"""Snapshots made from differentials (https://hl7.org/fhir/R4/profiling.html#snapshot).

What a profile changes is laid over the snapshot of what it is based on, which is made first where it has none.
Elements are opened where the profile speaks of what is below them: by their type, its profile, or what they share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from saman.model.fhir.terminology import canonical
from saman.model.fhir.validating.snapshots.merging import as_slice, merged
from saman.model.fhir.validating.snapshots.r4 import BASE, r4_definition
from saman.model.fhir.validating.snapshots.tree import (
    MOST_READ,
    Entry,
    Limit,
    Step,
    Unmade,
    flattened,
    grown,
    identified,
)

MOST_BASES = 20
"""Profiles based on each other."""

_BY_URL = {"discriminator": [{"type": "value", "path": "url"}], "ordered": False, "rules": "open"}
_BY_TYPE = {"discriminator": [{"type": "type", "path": "$this"}], "ordered": False}
_BY_NAME = {"description": "Nothing says how they are told apart.", "rules": "open"}
_FAULTS = (KeyError, TypeError, ValueError, AttributeError)

Definition = Mapping[str, Any]


class Snapshots:
    """Snapshots of what `find` finds by canonical URL; the types of R4 and its own profiles are known anyway."""

    def __init__(self, find: Callable[[str], Definition | None]) -> None:
        self._find = find
        self._making: list[str] = []
        self._read = Limit("")

    def of(self, definition: Definition) -> list[dict[str, Any]]:
        """The elements of a profile: its own snapshot, or one that is made. Raises Unmade."""
        own = definition.get("snapshot", {}).get("element")
        return list(own) if own else list(flattened(self.tree(definition)))

    def tree(self, definition: Definition) -> Entry:
        """The same as a tree, which is the caller's own."""
        url = definition.get("url", "")
        if not url:
            raise Unmade("A profile without an address has no snapshot.")
        if url in self._making or len(self._making) >= MOST_BASES:
            why = "is based on itself" if url in self._making else f"has more than {MOST_BASES} profiles below it"
            raise Unmade(f"{url} {why}.")
        if not self._making:
            self._read = Limit(url, MOST_READ)
        self._making.append(url)
        try:
            own = definition.get("snapshot", {}).get("element")
            return self.read(own, url) if own else self._made(definition)
        except _FAULTS:
            raise Unmade(f"{url} has not the form of a StructureDefinition.") from None
        finally:
            self._making.pop()

    def _made(self, definition: Definition) -> Entry:
        url, base_url = definition["url"], definition.get("baseDefinition", "")
        if definition.get("derivation") != "constraint":
            raise Unmade(f"{url} has no snapshot and is no profile (derivation is not constraint).")
        base = self.definition(base_url)
        if base is None:
            raise Unmade(f"{url} is based on {base_url}, which is not loaded.")
        changes = definition.get("differential", {}).get("element", ())
        tree = self.tree(base)
        tree.name = definition["type"]
        making = _Making(self, definition, tree)
        self._read.take(len(changes))
        for steps, change in identified(changes):
            making.change(steps, change)
        return tree

    def read(self, elements: Sequence[Mapping[str, Any]], url: str) -> Entry:
        """The tree of a snapshot that is there; raises Unmade when too much is read for one that is made."""
        self._read.take(len(elements))
        return grown(elements, url)

    def definition(self, url: str) -> Definition | None:
        """What is defined at a canonical URL."""
        return self._find(url) or r4_definition(canonical(url).url)

    def is_making(self, url: str) -> bool:
        """Whether the snapshot of a URL is being made, so that it cannot be a part of another."""
        return url in self._making


class _Making:
    """One snapshot on its way."""

    def __init__(self, snapshots: Snapshots, definition: Definition, tree: Entry) -> None:
        self._snapshots = snapshots
        self._url = definition["url"]
        self._type = definition["type"]
        self._tree = tree
        self._limit = Limit(self._url)

    def change(self, steps: list[Step], change: Mapping[str, Any]) -> None:
        """Lay one element of the differential over the tree."""
        entry = self._tree
        if steps[0][0] != entry.name:
            raise Unmade(f"{change['path']} of {self._url} is no element of {entry.name}.")
        for name, slice_name in steps[1:]:
            entry = self._child(entry, name, slice_name, change["path"])
        entry.element = merged(entry.element, change)

    def _child(self, holder: Entry, name: str, slice_name: str, path: str) -> Entry:
        self._open(holder, path)
        child = holder.children.get(name)
        if child is None:
            child = self._of_choice(holder, name)
        if child is None:
            raise Unmade(f"{self._url} speaks of {path}, but there is no element {name} in that place.")
        return self._slice(child, slice_name) if slice_name and child.slice_name != slice_name else child

    def _of_choice(self, holder: Entry, name: str) -> Entry | None:
        """The slice that `valueQuantity` is short for; `value[x]` can be nothing but what is named so."""
        for key, child in holder.children.items():
            stem = key.removesuffix("[x]")
            if stem == key or not name.startswith(stem):
                continue
            wanted = name.removeprefix(stem).lower()
            types = [one for one in child.element.get("type", ()) if one["code"].lower() == wanted]
            if types or child.slice_named(name):
                return self._type_slice(child, name, types)
        return None

    def _type_slice(self, child: Entry, name: str, types: list[Any]) -> Entry:
        found = child.slice_named(name)
        if found is not None:
            return found
        if "slicing" not in child.element:
            child.element = merged(child.element, {"slicing": {**_BY_TYPE, "rules": "closed"}, "type": types})
        made = self._slice(child, name)
        made.element = {**made.element, "type": types}
        return made

    def _slice(self, child: Entry, name: str) -> Entry:
        """The slice of a name, made if it is not there: all that holds for what is sliced holds for it."""
        found = child.slice_named(name)
        if found is not None:
            return found
        if "slicing" not in child.element:
            child.element = {**child.element, "slicing": _slicing_of(child.name)}
        of = child.slice_named(name.rpartition("/")[0]) or child
        made = Entry(child.name, of.element, name, of.children).copied(self._limit)
        made.element = as_slice(of.element, name)
        child.slices.append(made)
        return made

    def _open(self, entry: Entry, path: str) -> None:
        """Put what stands below an element into its place, where that is not there yet."""
        if entry.children:
            return
        source = self._shared(entry, path) if "contentReference" in entry.element else self._by_type(entry, path)
        self._limit.take()
        entry.children = source.copied(self._limit).children

    def _shared(self, entry: Entry, path: str) -> Entry:
        """The element of the type whose content an element shares."""
        reference = entry.element["contentReference"].rpartition("#")[2]
        found: Entry | None = self._of_url(BASE + reference.partition(".")[0])
        for name in reference.split(".")[1:]:
            found = found.children.get(name) if found is not None else None
        if found is None:
            raise Unmade(f"{path} of {self._url} shares the content of {reference}, which is not there.")
        own = {name: value for name, value in entry.element.items() if name != "contentReference"}
        entry.element = {**own, "type": found.element["type"]}
        return found

    def _by_type(self, entry: Entry, path: str) -> Entry:
        types = entry.element.get("type", ())
        codes = {one["code"] for one in types}
        if not codes:
            raise Unmade(f"{path} of {self._url} stands below an element without a type.")
        profiles = [url for one in types for url in one.get("profile", ())]
        if len(profiles) == 1 and not self._snapshots.is_making(canonical(profiles[0]).url):
            definition = self._snapshots.definition(profiles[0])
            if definition is not None:
                return self._snapshots.tree(definition)
        found = self._of_url(BASE + (codes.pop() if len(codes) == 1 else "Element"))
        if found is None:
            raise Unmade(f"{path} of {self._url} stands below an element of a type that R4 does not have.")
        return found

    def _of_url(self, url: str) -> Entry | None:
        definition = r4_definition(url)
        return None if definition is None else self._snapshots.read(definition["snapshot"]["element"], url)


def _slicing_of(name: str) -> dict[str, Any]:
    """How slices are told apart where a profile does not say it: extensions by URL, choices by type."""
    if name in ("extension", "modifierExtension"):
        return _BY_URL
    return {**_BY_TYPE, "rules": "open"} if name.endswith("[x]") else _BY_NAME
