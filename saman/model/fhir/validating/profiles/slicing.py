"""Which slice an item belongs to (https://hl7.org/fhir/R4/profiling.html#slicing)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from saman.model.fhir.definitions import lineage
from saman.model.fhir.fhirpath import Context, FhirPathError, Item, compiled
from saman.model.fhir.place import Place
from saman.model.fhir.validating.profiles.element import Discriminator, Node, Profile, Slicing
from saman.model.fhir.validating.profiles.known import Known, base_type
from saman.model.fhir.validating.profiles.paths import below, nodes_at, path_steps, told_of
from saman.model.fhir.validating.profiles.values import has_pattern, is_same

Conforms = Callable[[str, Item], bool]
"""Whether an item is as the profile of a URL says."""

DEFAULT = "@default"
_NOWHERE: Place = (None, "", -1)
_DEEPEST = 6


class Telling:
    """Tells slices apart within one profile; `context` is what paths are evaluated over."""

    def __init__(self, known: Known, profile: Profile, context: Context, conforms: Conforms) -> None:
        self._known = known
        self._profile = profile
        self._context = context
        self._conforms = conforms

    def place(self, slices: Sequence[Node], slicing: Slicing, item: Item) -> int:
        """The number of the slice that an item belongs to; that of the default slice, or -1, if to none."""
        for number, one in enumerate(slices):
            if one.slice_name != DEFAULT and all(self._fits(each, one, item) for each in slicing.discriminators):
                return number
        return next((number for number, one in enumerate(slices) if one.slice_name == DEFAULT), -1)

    def _fits(self, by: Discriminator, one: Node, item: Item) -> bool:
        steps = path_steps(by.path)
        if steps is None:
            return False
        if by.path == "url" and (profiles := [url for each in one.types for url in each.profiles]):
            return isinstance(item[1], dict) and item[1].get("url") in profiles
        nodes = nodes_at(one, self._profile, steps, self._known)
        found = self._select(by.path, item)
        if by.kind == "exists":
            return _exists(nodes, bool(found))
        targets = self._targets(one, steps) if steps and steps[-1][0] == "target" else []
        if by.kind == "type":
            wanted = {self._type_of(url) for url in targets} or {each.code for node in nodes for each in node.types}
            return any(not wanted.isdisjoint(lineage(item[0])) for item in found)
        if by.kind == "profile":
            urls = targets or [url for node in nodes for each in node.types for url in each.profiles]
            return any(self._conforms(url, each) for url in urls for each in found if each[1] is not None)
        return not nodes or any(self.determined(node, each) for node in nodes for each in found)

    def _select(self, path: str, item: Item) -> list[Item]:
        if path == "$this":
            return [item]
        try:
            return compiled(path, is_lenient=True)([item], self._context)
        except FhirPathError:
            return []

    def _targets(self, one: Node, steps: Sequence[tuple[str, str]]) -> list[str]:
        """The profiles that the targets of references may have, where a path ends with resolve()."""
        holders = nodes_at(one, self._profile, steps[:-1], self._known)
        return [url for node in holders for each in node.types for url in each.targets]

    def _type_of(self, url: str) -> str:
        profile = self._known.profile(url)
        return profile.type if profile is not None else base_type(url)

    def determined(self, node: Node, item: Item, depth: int = 0) -> bool:
        """Whether an item has all values that a node, and what is below it, asks for."""
        value = item[1]
        if node.exact and not is_same(value, node.exact[0]):
            return False
        if node.pattern and not has_pattern(value, node.pattern[0]):
            return False
        strength, value_set = node.binding
        is_listed = strength == "required" and not (node.exact or node.pattern)
        if is_listed and self._known.terms.holds(value_set, item) is False:
            return False
        children = told_of(node, self._profile) if depth < _DEEPEST else {}
        return all(self._below(name, one, item, depth) for name, one in children.items() if one.is_determined)

    def _below(self, name: str, child: Node, item: Item, depth: int) -> bool:
        found = below(item, _NOWHERE, name)
        return (not found and child.least == 0) or any(self.determined(child, one, depth + 1) for one, _ in found)


def _exists(nodes: Sequence[Node], is_there: bool) -> bool:
    if any(node.most == 0 for node in nodes):
        return not is_there
    return is_there if any(node.least > 0 for node in nodes) else True
