"""Ways through a resource and through a profile side by side: what stands below an item, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from saman.model.fhir.fhirpath import Context, Item
from saman.model.fhir.fhirpath.items import UNCOUNTED, child_step, steps
from saman.model.fhir.place import Place
from saman.model.fhir.validating.profiles.element import Node, Profile
from saman.model.fhir.validating.profiles.known import Known

Found = list[tuple[Item, Place]]

_STEP = re.compile(r"""\$this|extension\((?:'([^']*)'|"([^"]*)")\)|ofType\(([\w.]+)\)|resolve\(\)|(\w+)""", re.ASCII)
_MOST_STEPS = 12


def below(item: Item, place: Place, name: str) -> Found:
    """The elements of a name below an item, each with its place."""
    type_name, value, shadow = item
    holder = value if type(value) is dict else shadow
    ways = steps(type_name).get(name, ()) if isinstance(holder, dict) else ()
    there = [way for way in ways if way[0] in holder or (way[1] and way[1] in holder)]
    if not there:
        return []
    found = child_step(name)([item], Context(holder, left=UNCOUNTED))
    is_list = any(isinstance(holder.get(key), list) for way in there for key in way[:2] if key)
    label = f"{name}.ofType({there[0][2]})" if len(ways) > 1 else name
    return [(one, (place, label, index if is_list else -1)) for index, one in enumerate(found)]


def told_of(node: Node, profile: Profile | None) -> dict[str, Node]:
    """The children of a node, or of the one whose content it shares."""
    if not node.children and node.same_as and profile is not None and node.same_as in profile.paths:
        return profile.paths[node.same_as].children
    return node.children


def path_steps(path: str) -> list[tuple[str, str]] | None:
    """The steps of a discriminator's path as (kind, name); None for a path that is none."""
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(path) and len(found) < _MOST_STEPS:
        step = _STEP.match(path, position)
        if step is None:
            return None
        if step[4]:
            found.append(("element", step[4]))
        elif step[0].startswith("extension"):
            found.append(("extension", step[1] or step[2] or ""))
        elif step[3]:
            found.append(("type", step[3]))
        elif step[0] == "resolve()":
            found.append(("target", ""))
        position = step.end()
        if position < len(path):
            if path[position] != ".":
                return None
            position += 1
    return found


def nodes_at(node: Node, profile: Profile | None, steps_: Iterable[tuple[str, str]], known: Known) -> list[Node]:
    """What profiles say of that to which a path leads from a node; nothing where they say nothing."""
    standing: list[tuple[Node, Profile | None]] = [(node, profile)]
    for kind, name in steps_:
        standing = [after for one, holder in standing for after in _step(one, holder, kind, name, known)]
    return [one for one, _ in standing]


def _step(node: Node, profile: Profile | None, kind: str, name: str, known: Known) -> list[tuple[Node, Profile | None]]:
    if kind == "target":
        return _roots((url for one in node.types for url in one.targets), known)
    if kind == "type":
        narrowed = [one for one in node.slices if any(name == each.code for each in one.types)]
        return [(one, profile) for one in narrowed or [node]]
    children = told_of(node, profile)
    holders: list[tuple[Node, Profile | None]] = [(children[name], profile)] if name in children else []
    if kind == "extension":
        listed = children["extension"].slices if "extension" in children else []
        return [(one, profile) for one in listed if any(name in each.profiles for each in one.types)]
    if holders:
        return holders
    roots = _roots((url for one in node.types for url in one.profiles), known)
    return [(root.children[name], of) for root, of in roots if name in root.children]


def _roots(urls: Iterable[str], known: Known) -> list[tuple[Node, Profile | None]]:
    return [(profile.root, profile) for url in urls if (profile := known.profile(url)) is not None]
