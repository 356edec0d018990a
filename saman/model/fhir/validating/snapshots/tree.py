"""The elements of a snapshot as a tree, so that one can be found, opened and sliced wherever a profile names it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

Step = tuple[str, str]
"""One part of the id of an element: the name, and the slice, empty for none."""

MOST_ELEMENTS = 5_000
"""In one snapshot, and in what a profile changes."""

MOST_READ = 100_000
"""In all that one snapshot is made from, each time that it is read."""

DEEPEST = 30
"""Elements below each other."""


class Unmade(Exception):
    """Why there is no snapshot, in words that name the profile and the element."""


class Entry(msgspec.Struct):
    """An element with what stands below it, and with its slices; what is said of it is never changed in place."""

    name: str
    element: Mapping[str, Any]
    slice_name: str = ""
    children: dict[str, Entry] = {}
    slices: list[Entry] = []

    def copied(self, limit: Limit) -> Entry:
        """The same with all below it, for another place."""
        limit.take()
        return Entry(
            self.name,
            self.element,
            self.slice_name,
            {name: one.copied(limit) for name, one in self.children.items()},
            [one.copied(limit) for one in self.slices],
        )

    def slice_named(self, name: str) -> Entry | None:
        """The slice of a name; `name/further` is a slice of a slice."""
        return next((one for one in self.slices if one.slice_name == name), None)


class Limit:
    """Counts the elements that are made for one snapshot."""

    def __init__(self, url: str, most: int = MOST_ELEMENTS) -> None:
        self._url = url
        self._most = most
        self._left = most

    def take(self, number: int = 1) -> None:
        """Count more of them; raises Unmade beyond the limit."""
        self._left -= number
        if self._left < 0:
            raise Unmade(f"{self._url} leads to more than {self._most} elements.")


def identified(elements: Iterable[Mapping[str, Any]]) -> Iterator[tuple[list[Step], Mapping[str, Any]]]:
    """Each element with the steps of its id; of one without an id they are known by the slices that stand before it."""
    standing: dict[str, str] = {}
    for number, element in enumerate(elements):
        path = element["path"]
        names = path.split(".")
        if number >= MOST_ELEMENTS or len(names) > DEEPEST:
            raise Unmade(f"There are more than {MOST_ELEMENTS} elements, or {DEEPEST} below each other.")
        steps = _told(element.get("id", ""), names) or _standing(names, standing)
        if element.get("sliceName") and len(names) > 1:
            steps[-1] = (names[-1], element["sliceName"])
        for there in [one for one in standing if one == path or one.startswith(f"{path}.")]:
            del standing[there]
        standing |= {".".join(names[: at + 1]): slice_name for at, (_, slice_name) in enumerate(steps) if slice_name}
        yield steps, element


def _told(identity: str, names: list[str]) -> list[Step]:
    """The steps of an id that fits the path; none where it does not."""
    parts = [part.partition(":") for part in identity.split(".")]
    return [(name, piece) for name, _, piece in parts] if [name for name, _, _ in parts] == names else []


def _standing(names: list[str], standing: Mapping[str, str]) -> list[Step]:
    """The steps of an element by the slices that were named last on the way to it; its own is not one of them."""
    paths = (".".join(names[: at + 1]) for at in range(len(names) - 1))
    return [*((name, standing.get(path, "")) for name, path in zip(names, paths, strict=False)), (names[-1], "")]


def grown(elements: Iterable[Mapping[str, Any]], url: str) -> Entry:
    """The tree of a whole snapshot. Raises Unmade where an element stands below one that is not there."""
    root: Entry | None = None
    for steps, element in identified(elements):
        if root is None:
            root = Entry(steps[0][0], element)
            continue
        holder = root
        for name, slice_name in steps[1:-1]:
            found = _found(holder, name, slice_name)
            if found is None:
                raise Unmade(f"{element['path']} of {url} stands below an element that is not there.")
            holder = found
        _put(holder, Entry(steps[-1][0], element, steps[-1][1]))
    if root is None:
        raise Unmade(f"{url} has no elements.")
    return root


def _found(holder: Entry, name: str, slice_name: str) -> Entry | None:
    child = holder.children.get(name)
    if child is None or child.slice_name == slice_name:
        return child
    return child.slice_named(slice_name) if slice_name else child


def _put(holder: Entry, entry: Entry) -> None:
    unsliced = holder.children.get(entry.name)
    if entry.slice_name and unsliced is not None:
        unsliced.slices.append(entry)
    else:
        holder.children[entry.name] = entry


def flattened(root: Entry) -> Iterator[dict[str, Any]]:
    """The elements of a tree in the order of a snapshot, with their ids and paths."""
    return _flattened(root, root.name, root.name)


def _flattened(entry: Entry, identity: str, path: str) -> Iterator[dict[str, Any]]:
    yield {**entry.element, "id": identity, "path": path}
    for name, child in entry.children.items():
        yield from _flattened(child, f"{identity}.{name}", f"{path}.{name}")
    for one in entry.slices:
        yield from _flattened(one, f"{identity}:{one.slice_name}", path)
