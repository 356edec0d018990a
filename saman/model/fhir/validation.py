"""Structural validation of resources as `saman.kernel.json.decode` gives them.

Checked: known elements, cardinality, JSON types, primitive formats, choices of types, extensions of primitives,
empty values, contained and nested resources, references, codes of required bindings. Not checked: invariants
and profiles. Sources: https://hl7.org/fhir/R4/json.html and https://hl7.org/fhir/R4/validation.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any, NamedTuple

from saman.kernel.bounds import bounds
from saman.kernel.json import type_name as json_type_names
from saman.kernel.outcome import Issue
from saman.model.fhir.bindings import binding_check
from saman.model.fhir.definitions import PRIMITIVES, RESOURCE_TYPES, Element, lineage, structure
from saman.model.fhir.narrative import FORM, unwanted
from saman.model.fhir.primitives import Valid, primitives
from saman.model.fhir.reference_text import reference_fault

MAX_ISSUES = 50

_NAME = re.compile(r"_?[A-Za-z][A-Za-z0-9]{0,60}")


class Finding(NamedTuple):
    """Something wrong at `path`, which is relative to the value checked (`.component[1].valueQuantity`)."""

    code: str
    path: str
    text: str
    key: str


Findings = list[Finding] | None
Check = Callable[[Any, dict[str, Any], int], Findings]


class _Field(NamedTuple):
    """How an element is checked; what `fits` needs no further look."""

    check: Check
    bit: int
    choice: int
    fits: Valid | None = None


def validate(resource: Any) -> tuple[Issue, ...]:
    """Everything wrong with the structure of `resource` (at most 50 issues), each with the path of its element.

    Paths are as in JSON: `Observation.component[1].valueQuantity.value`. No issue repeats a value of the resource.
    """
    found = _resource(resource, {}, 0)
    if not found:
        return ()
    root = resource["resourceType"] if isinstance(resource, dict) and _known_type(resource) else ""
    return tuple(_issue(one, root) for one in found[:MAX_ISSUES])


def _issue(finding: Finding, root: str) -> Issue:
    return Issue(finding.code, finding.text, (root + finding.path).lstrip("."), key=finding.key)


def _known_type(resource: dict[str, Any]) -> bool:
    name = resource.get("resourceType")
    return isinstance(name, str) and name in structure.resources


def _wrong(code: str, text: str, key: str, path: str = "") -> list[Finding]:
    return [Finding(code, path, text, f"fhir.{key}")]


def _json_type(value: Any) -> str:
    return "null" if value is None else json_type_names.get(type(value), "something else")


def _is_name(name: Any) -> bool:
    """Whether `name` could be that of an element, so that it may be shown; anything could stand there."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def _hint(name: Any, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, 1) if _is_name(name) else ()
    return f" Did you mean “{near[0]}”?" if near else ""


def _within(prefix: str, found: list[Finding]) -> list[Finding]:
    return [Finding(code, prefix + path, text, key) for code, path, text, key in found]


class Block:
    """The elements an object may have: a resource, a data type or a part of one."""

    __slots__ = ("choices", "fields", "name", "required", "required_bits")

    def __init__(self, name: str) -> None:
        self.name = name
        self.fields: dict[str, _Field] = {}
        self.required: list[tuple[int, str]] = []
        self.required_bits = 0
        self.choices: list[tuple[int, str]] = []

    def check(self, value: Any, _: dict[str, Any], depth: int) -> Findings:
        """What is wrong with `value`; None when nothing is."""
        if type(value) is not dict:
            return _wrong("structure", f"Expected an object, found {_json_type(value)}.", "object")
        if not value:
            return _wrong("structure", "An object may not be empty; leave it out instead.", "empty")
        if depth > bounds().nesting:
            return _wrong("too-long", f"Nested more than {bounds().nesting} levels deep.", "depth")
        found: Findings = None
        seen = doubled = 0
        fields = self.fields
        for name, item in value.items():
            field = fields.get(name)
            if field is None:
                wrong: Findings = self._unknown(name)
            else:
                check, bit, choice, fits = field
                doubled |= seen & choice
                seen |= bit
                if fits is not None and fits(item):
                    continue
                wrong = check(item, value, depth + 1)
            if wrong:
                found = [*(found or ()), *(_within(f".{name}", wrong) if field else wrong)]
                if len(found) >= MAX_ISSUES:
                    return found
        if doubled or seen & self.required_bits != self.required_bits:
            found = [*(found or ()), *self._missing(seen), *self._doubled(value, doubled)]
        return found

    def _unknown(self, name: str) -> list[Finding]:
        path = f".{name}" if _is_name(name) else ""
        text = f"{self.name} has no such element.{_hint(name, self.fields)}"
        return _wrong("structure", text, "unknown", path)

    def _missing(self, seen: int) -> list[Finding]:
        return [
            Finding("required", f".{name}", "This element is required.", "fhir.required")
            for bit, name in self.required
            if not seen & bit
        ]

    def _doubled(self, value: dict[str, Any], doubled: int) -> list[Finding]:
        """Choices given with more than one type; `valueString` with `_valueString` is one."""
        found = []
        for bit, name in self.choices:
            given = {one.lstrip("_") for one in value if (field := self.fields.get(one)) and field.choice == bit}
            if doubled & bit and len(given) > 1:
                text = f"Expected only one of {', '.join(sorted(given))}."
                found.append(Finding("structure", f".{name}", text, "fhir.choice"))
        return found


_blocks: dict[str, Block] = {}


def _block(name: str) -> Block:
    """The compiled block; made once, recursion goes through the table."""
    known = _blocks.get(name)
    if known is None:
        known = _blocks[name] = Block(name)
        _fill(known)
    return known


def _fill(block: Block) -> None:
    if "Resource" in lineage(block.name):
        block.fields["resourceType"] = _Field(_accept, 0, 0)
    for position, element in enumerate(structure.blocks[block.name]):
        bit = 1 << position
        choice = bit if element.is_choice else 0
        for name, type_name in element.json_names():
            check = _element_check(element, name, type_name)
            block.fields[name] = _Field(check, bit, choice, _fits(element, type_name))
            if type_name in PRIMITIVES and not type_name.startswith("system-"):
                block.fields[f"_{name}"] = _Field(_shadow_check(element, name), bit, choice)
        if element.min:
            block.required.append((bit, element.name))
            block.required_bits |= bit
        if choice:
            block.choices.append((bit, element.name))


def _accept(_value: Any, _parent: dict[str, Any], _depth: int) -> Findings:
    return None


def _element_check(element: Element, name: str, type_name: str) -> Check:
    one = _bound(element, type_name, _type_check(element, type_name))
    if element.max == 1:
        return one
    return _list_of(one, name, type_name in PRIMITIVES)


def _fits(element: Element, type_name: str) -> Valid | None:
    """What tells at once that a single primitive is right, where no list and no binding asks for more."""
    if type_name not in PRIMITIVES or type_name == "xhtml" or element.max != 1 or element.value_set:
        return None
    return primitives[type_name].valid


def _type_check(element: Element, type_name: str) -> Check:
    if type_name in PRIMITIVES:
        return _primitive_check(type_name)
    if type_name == "Resource":
        return _contained if element.name == "contained" else _resource
    if type_name == "Reference":
        return _reference_check(element.targets)
    return _block(type_name).check


def _primitive_check(type_name: str) -> Check:
    if type_name == "xhtml":
        return _narrative
    valid, json_types, expected = primitives[type_name]

    def check(value: Any, _parent: dict[str, Any], _depth: int) -> Findings:
        if valid(value):
            return None
        if type(value) in json_types:
            return _wrong("value", f"Expected {expected}.", f"value.{type_name}")
        return _wrong("structure", f"Expected {expected}, found {_json_type(value)}.", f"value.{type_name}")

    return check


def _narrative(value: Any, _parent: dict[str, Any], _depth: int) -> Findings:
    if type(value) is not str:
        return _wrong("structure", f"{FORM}, found {_json_type(value)}.", "value.xhtml")
    wrong = unwanted(value)
    if wrong is None:
        return None
    return _wrong("value", f"{FORM}; it holds {wrong.what}." if wrong.what else f"{FORM}.", "value.xhtml")


def _bound(element: Element, type_name: str, check: Check) -> Check:
    """`check`, and that the code is one of those that the element requires."""
    is_bound = binding_check(element.value_set, type_name) if element.value_set else None
    if is_bound is None:
        return check
    valid, expected = is_bound

    def bound(value: Any, parent: dict[str, Any], depth: int) -> Findings:
        found = check(value, parent, depth)
        if found or valid(value):
            return found
        return _wrong("code-invalid", f"Expected {expected}.", "code")

    return bound


def _list_of(one: Check, name: str, primitive: bool) -> Check:
    """A list that is not empty, of values that each pass `one`; nulls only where an extension stands in."""
    shadow = f"_{name}"

    def check(value: Any, parent: dict[str, Any], depth: int) -> Findings:
        if type(value) is not list:
            return _wrong("structure", f"Expected a list, found {_json_type(value)}.", "list")
        if not value:
            return _wrong("structure", "A list may not be empty; leave it out instead.", "empty")
        found: Findings = None
        for index, item in enumerate(value):
            if item is None and primitive and _item(parent.get(shadow), index) is not None:
                continue
            wrong = one(item, parent, depth)
            if wrong:
                found = [*(found or ()), *_within(f"[{index}]", wrong)]
                if len(found) >= MAX_ISSUES:
                    break
        return found

    return check


def _item(values: Any, index: int) -> Any:
    return values[index] if isinstance(values, list) and index < len(values) else None


def _shadow_check(element: Element, name: str) -> Check:
    """The id and extensions of a primitive, which JSON keeps under the name with an underscore before it."""
    one = _block("Element").check
    if element.max == 1:
        return one

    def check(value: Any, parent: dict[str, Any], depth: int) -> Findings:
        if type(value) is not list or not any(item is not None for item in value):
            return _wrong("structure", "Expected a list with at least one object.", "list")
        values = parent.get(name)
        if isinstance(values, list) and len(values) != len(value):
            return _wrong("structure", f"Expected as many entries as {name} has, null where there is none.", "pairs")
        found: Findings = None
        for index, item in enumerate(value):
            if item is None and _item(values, index) is not None:
                continue
            wrong = one(item, parent, depth)
            if wrong:
                found = [*(found or ()), *_within(f"[{index}]", wrong)]
        return found

    return check


def _reference_check(targets: tuple[str, ...]) -> Check:
    block = _block("Reference").check
    allowed = frozenset(targets)

    def check(value: Any, parent: dict[str, Any], depth: int) -> Findings:
        found = block(value, parent, depth)
        if found:
            return found
        fault = reference_fault(value.get("reference"), value.get("type"), allowed)
        return _wrong("value", fault, "reference", ".reference") if fault else None

    return check


def _resource(value: Any, parent: dict[str, Any], depth: int) -> Findings:
    if type(value) is not dict:
        return _wrong("structure", f"Expected a resource, found {_json_type(value)}.", "resource")
    if not _known_type(value):
        hint = _hint(value.get("resourceType"), RESOURCE_TYPES)
        return _wrong("structure", f"Expected the name of an R4 resource type.{hint}", "type", ".resourceType")
    return _block(value["resourceType"]).check(value, parent, depth)


def _contained(value: Any, parent: dict[str, Any], depth: int) -> Findings:
    if isinstance(value, dict) and "contained" in value:
        text = "A contained resource may not contain others; put them beside it."
        return _wrong("structure", text, "contained", ".contained")
    return _resource(value, parent, depth)
