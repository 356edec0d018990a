"""Parts of resources: `_summary` and `_elements` (https://hl7.org/fhir/R4/search.html#summary)."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from saman.model.fhir.definitions import structure

Tree = dict[str, Any]

SUBSETTED: Mapping[str, str] = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
"""The tag of a resource that is not whole."""

MODES = ("true", "text", "data", "false")
"""Values of `_summary` that say which part of a resource is shown; `count` shows none."""

_KEPT = ("resourceType", "id", "meta")


class Marks(msgspec.Struct, frozen=True):
    """Names of elements by block: those in a summary, and those that change the meaning of others."""

    summary: dict[str, frozenset[str]]
    modifiers: dict[str, frozenset[str]]


class Part(msgspec.Struct, frozen=True):
    """Which part of each resource is wanted: a mode of `_summary`, or elements by name."""

    mode: str = "false"
    elements: frozenset[str] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return self.mode == "false" and not self.elements


@cache
def marks() -> Marks:
    """What the official definitions say of each element; read when it is first needed."""
    text = gzip.decompress(files("saman.model.fhir").joinpath("data", "summary.json.gz").read_bytes())
    return msgspec.json.decode(text, type=Marks)


def is_subsetted(resource: Tree) -> bool:
    """Whether a resource says that it is not whole."""
    tags = resource.get("meta", {}).get("tag", ())
    return any(tag.get("system") == SUBSETTED["system"] and tag.get("code") == SUBSETTED["code"] for tag in tags)


def part_of(resource: Tree, part: Part) -> Tree:
    """The part of a valid resource that is wanted, tagged as such; numbers keep their digits."""
    kind: str = resource["resourceType"]
    if part.is_whole:
        return resource
    if part.elements:
        made = _named(resource, kind, part.elements)
    elif part.mode == "data":
        made = {name: one for name, one in resource.items() if name != "text"}
    elif part.mode == "text":
        made = {name: one for name, one in resource.items() if name in {*_KEPT, "text", *_required(kind)}}
    else:
        made = {"resourceType": kind} | _summary(resource, kind)
    return _tagged(made)


def _named(resource: Tree, kind: str, elements: frozenset[str]) -> Tree:
    """The elements asked for by name, and those without which the rest would mislead.

    Whoever names a part of an element (`name.family`) is shown all of it.
    """
    own = {name.removeprefix(f"{kind}.").partition(".")[0] for name in elements}
    wanted = {*_KEPT, *_required(kind), *_spelled(kind, own | marks().modifiers.get(kind, frozenset()))}
    return {name: one for name, one in resource.items() if name.removeprefix("_") in wanted}


def _summary(value: Tree, block: str) -> Tree:
    """The elements of a block that are in a summary; parts of a resource are cut in their turn."""
    names = marks().summary.get(block, frozenset()) | marks().modifiers.get(block, frozenset())
    wanted = {"id", *_required(block), *_spelled(block, names)}
    return {name: _inside(one, name, block) for name, one in value.items() if name.removeprefix("_") in wanted}


def _inside(value: Any, name: str, block: str) -> Any:
    inner = _parts(block).get(name)
    if inner is None:
        return value
    return [_summary(one, inner) for one in value] if isinstance(value, list) else _summary(value, inner)


@cache
def _parts(block: str) -> Mapping[str, str]:
    """The elements of a block that are blocks of a resource themselves, and have marks of their own."""
    pairs = [pair for element in structure.blocks[block] for pair in element.json_names()]
    return {name: kind for name, kind in pairs if "." in kind and kind in marks().summary}


def _spelled(block: str, names: frozenset[str] | set[str]) -> frozenset[str]:
    """Names of elements as JSON has them: a choice of types is named `value` and spelled `valueQuantity`."""
    elements = [one for one in structure.blocks[block] if one.name.removesuffix("[x]") in names]
    return frozenset(json for element in elements for json, _ in element.json_names()) | frozenset(names)


@cache
def _required(block: str) -> frozenset[str]:
    required = [one for one in structure.blocks[block] if one.min]
    return frozenset(json for element in required for json, _ in element.json_names())


def _tagged(resource: Tree) -> Tree:
    meta = resource.get("meta", {})
    tags = meta.get("tag", [])
    return resource if is_subsetted(resource) else resource | {"meta": meta | {"tag": [*tags, dict(SUBSETTED)]}}
