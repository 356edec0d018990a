"""The elements of a snapshot as a tree: children below their parents, slices beside what they are slices of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from saman.model.fhir.validating.rules import Rule, every_rule
from saman.model.fhir.validating.snapshots.tree import DEEPEST


class TypeAllowed(NamedTuple):
    """A type that an element may have, the profiles one of which it then has to be as, and those of its target."""

    code: str
    profiles: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


class Discriminator(NamedTuple):
    """By what slices are told apart: value, pattern, exists, type or profile of what stands at a path."""

    kind: str
    path: str


class Slicing(NamedTuple):
    """How the slices of an element are told apart, and whether others may be there (open, closed, openAtEnd)."""

    discriminators: tuple[Discriminator, ...]
    rules: str
    is_ordered: bool


class Node(msgspec.Struct):
    """What a profile says of one element; `most` None is no limit, `exact` and `pattern` are (value,) where given."""

    name: str
    least: int = 0
    most: int | None = None
    types: tuple[TypeAllowed, ...] = ()
    exact: tuple[Any, ...] = ()
    pattern: tuple[Any, ...] = ()
    longest: int | None = None
    lowest: tuple[Any, ...] = ()
    highest: tuple[Any, ...] = ()
    binding: tuple[str, str] = ("", "")
    widest: str = ""
    """The value set that codes may not go beyond, whatever the strength of the binding."""
    rules: tuple[Rule, ...] = ()
    slicing: Slicing | None = None
    slice_name: str = ""
    slices: list[Node] = []
    children: dict[str, Node] = {}
    same_as: str = ""

    @property
    def is_determined(self) -> bool:
        """Whether it, or something below it, asks for certain values."""
        return bool(
            self.exact
            or self.pattern
            or self.binding[0] == "required"
            or any(one.is_determined for one in self.children.values())
        )


class Use(NamedTuple):
    """Where an extension may stand: what kind of place (element, extension, fhirpath), and which."""

    kind: str
    expression: str


class Profile(NamedTuple):
    """A profile: its URL, the type that it is about, its elements, and each of them by its path.

    Of an extension also where it may stand, the rules that hold of where it stands, and whether it changes its meaning.
    """

    url: str
    type: str
    root: Node
    paths: Mapping[str, Node]
    uses: tuple[Use, ...] = ()
    use_rules: tuple[str, ...] = ()
    is_modifier: bool = False


_BASE_RULES = frozenset(rule.key for rule in every_rule())
_MAX_VALUE_SET = "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet"
_ANY = "http://hl7.org/fhirpath/System."


def read_profile(definition: Mapping[str, Any], elements: Sequence[Mapping[str, Any]]) -> Profile:
    """The profile that a StructureDefinition is, by the elements of its snapshot.

    Raises KeyError, IndexError, TypeError, ValueError or AttributeError for what has not the form of one.
    """
    latest: dict[str, Node] = {}
    paths: dict[str, Node] = {}
    for element in elements:
        path = element["path"]
        if path.count(".") >= DEEPEST:
            raise ValueError
        node = _node(element, path)
        parent, _, _ = path.rpartition(".")
        if parent:
            _put(latest[parent], node)
        latest[path] = node
        paths.setdefault(element.get("id", path), node)
    return Profile(
        definition["url"],
        definition["type"],
        latest[elements[0]["path"]],
        paths,
        tuple(Use(one["type"], one["expression"]) for one in definition.get("context", ())),
        tuple(definition.get("contextInvariant", ())),
        elements[0].get("isModifier", False),
    )


def _put(parent: Node, node: Node) -> None:
    """Put a node below its parent; a slice to its siblings, a slice of a slice to that."""
    there = parent.children.get(node.name)
    if not node.slice_name or there is None:
        parent.children[node.name] = node
        return
    holder, _, _ = node.slice_name.rpartition("/")
    while holder:
        found = next((one for one in _every_slice(there) if one.slice_name == holder), None)
        if found is not None:
            found.slices.append(node)
            return
        holder = holder.rpartition("/")[0]
    there.slices.append(node)


def _every_slice(node: Node) -> list[Node]:
    return [found for one in node.slices for found in (one, *_every_slice(one))]


def _node(element: Mapping[str, Any], path: str) -> Node:
    binding = element.get("binding", {})
    most = element.get("max", "*")
    return Node(
        name=path.rpartition(".")[2].removesuffix("[x]"),
        least=element.get("min", 0),
        most=None if most == "*" else int(most),
        types=tuple(_type(one) for one in element.get("type", ()) if not one["code"].startswith(_ANY)),
        exact=_beginning(element, "fixed"),
        pattern=_beginning(element, "pattern"),
        longest=element.get("maxLength"),
        lowest=_beginning(element, "minValue"),
        highest=_beginning(element, "maxValue"),
        binding=(binding.get("strength", ""), binding.get("valueSet", "")),
        widest=_widest(binding),
        rules=tuple(_rules(element)),
        slicing=_slicing(element),
        slice_name=element.get("sliceName", "") if "." in path else "",
        slices=[],
        children={},
        same_as=element.get("contentReference", "").rpartition("#")[2],
    )


def _widest(binding: Mapping[str, Any]) -> str:
    told = (one for one in binding.get("extension", ()) if one.get("url") == _MAX_VALUE_SET)
    return next((one.get("valueCanonical") or one.get("valueUri", "") for one in told), "")


def _type(one: Mapping[str, Any]) -> TypeAllowed:
    return TypeAllowed(one["code"], tuple(one.get("profile", ())), tuple(one.get("targetProfile", ())))


def _beginning(element: Mapping[str, Any], prefix: str) -> tuple[Any, ...]:
    """The value of the one element that begins so, `patternCodeableConcept`, as the only one of a tuple."""
    return next(((value,) for name, value in element.items() if name.startswith(prefix) and name != prefix), ())


def _rules(element: Mapping[str, Any]) -> list[Rule]:
    return [
        Rule(one["key"], one["severity"], one.get("human", ""), one["expression"])
        for one in element.get("constraint", ())
        if one["key"] not in _BASE_RULES and "expression" in one
    ]


def _slicing(element: Mapping[str, Any]) -> Slicing | None:
    told = element.get("slicing")
    if told is None:
        return None
    found = tuple(Discriminator(one["type"], one["path"]) for one in told.get("discriminator", ()))
    return Slicing(found, told.get("rules", "open"), told.get("ordered", False))
