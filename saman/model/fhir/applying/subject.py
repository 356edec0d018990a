"""To whom a definition is applied, by whom and when, and what its expressions say of that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

import msgspec

from saman.kernel.clock import instant
from saman.kernel.outcome import Issue
from saman.model.fhir.definitions import structure
from saman.model.fhir.evaluating import FHIRPATH, Evaluator, kind_of, value_of
from saman.model.fhir.fhirpath import FhirPathError, Item, item_of
from saman.model.fhir.validation import validate

Tree = dict[str, Any]

_STEP = re.compile(r"([A-Za-z]+)(?:\[(\d{1,3})\]|\[x\])?")
MOST_STEPS, MOST_VALUES = 20, 100


class Unfit(Exception):
    """A definition can't be applied; says why and where, with nothing of a person."""

    def __init__(self, text: str, path: str, code: str = "processing") -> None:
        super().__init__(text)
        self.issue = Issue(code, text, path)


class Applying(msgspec.Struct, frozen=True):
    """One application: resources by what they are here (`subject`, `encounter`, `practitioner`, `organization`)."""

    about: Mapping[str, Tree]
    evaluator: Evaluator
    now: datetime

    def reference(self, name: str) -> Tree | None:
        """A reference to one of the resources."""
        one = self.about.get(name)
        return None if one is None else {"reference": f"{one['resourceType']}/{one['id']}"}

    def references(self, **names: str) -> Tree:
        """Elements that refer to those of the resources that are there, by the names of the elements."""
        found = ((element, self.reference(name)) for element, name in names.items())
        return {element: one for element, one in found if one is not None}

    @property
    def moment(self) -> str:
        """When, as FHIR writes it."""
        return instant(self.now)

    def select(self, told: Mapping[str, Any], path: str) -> list[Item]:
        """What an Expression selects from the subject; the others are there by their names, and as `%patient`."""
        if told.get("language") != FHIRPATH or "expression" not in told:
            raise Unfit("Only expressions in text/fhirpath are evaluated here.", path, "not-supported")
        constants = {name: [item_of(one)] for name, one in self.about.items()}
        subject = self.about["subject"]
        try:
            return self.evaluator.select(told["expression"], subject, {"patient": [item_of(subject)], **constants})
        except FhirPathError as fault:
            raise Unfit(f"An expression can't be evaluated: {fault}.", path) from None

    def change(self, made: Tree, values: Iterable[Mapping[str, Any]], path: str) -> None:
        """Give a resource the dynamic values of a definition; one that nothing is found for is left as it is."""
        for one in values:
            found = self.select(one.get("expression", {}), path)
            if found and "path" in one:
                put(made, one["path"], found, f"{path}.path")


def put(made: Tree, way: str, found: list[Item], path: str) -> None:
    """Put what was found at a path below a resource in place of what is there."""
    kind, steps = made["resourceType"], [_STEP.fullmatch(one) for one in way.split(".")]
    if len(steps) > MOST_STEPS or len(found) > MOST_VALUES:
        raise Unfit(
            f"A value has a path of {MOST_STEPS} names at most, and is {MOST_VALUES} at most.", path, "too-costly"
        )
    if steps and steps[0] is not None and steps[0][1] in (kind, "this"):
        steps = steps[1:]
    holder = made
    for number, step in enumerate(steps, 1):
        is_last = number == len(steps)
        key, kind, is_list = _element(kind, step, found[0] if is_last else None, path)
        if is_last:
            values = [deepcopy(value_of(one)) for one in found]
            holder[key] = values if is_list else values[0]
        else:
            holder = _within(holder, key, int(step[2] or 0) if step and is_list else None, path)


def _within(holder: Tree, key: str, index: int | None, path: str) -> Tree:
    if index is None:
        inner: Tree = holder.setdefault(key, {})
        return inner
    listed: list[Tree] = holder.setdefault(key, [])
    if index > len(listed):
        raise Unfit("A path skips places of a list.", path)
    if index == len(listed):
        listed.append({})
    return listed[index]


def _element(kind: str, step: re.Match[str] | None, last: Item | None, path: str) -> tuple[str, str, bool]:
    """The name in JSON, the type, and whether it is a list, of the element that a step leads to."""
    name = step[1] if step else ""
    for one in structure.blocks.get(kind, ()):
        plain = one.name.removesuffix("[x]")
        for json_name, type_name in one.json_names():
            is_meant = name == plain and (not one.is_choice or (last is not None and type_name in _kinds(last)))
            if name == json_name or is_meant:
                return json_name, type_name, one.max != 1
    raise Unfit("A path names an element that R4 does not have here.", path)


def _kinds(one: Item) -> tuple[str, ...]:
    """The types of a choice that a value can be."""
    kind = kind_of(one)
    return (kind, "dateTime") if kind == "date" else (kind,)


def faults(made: Tree) -> tuple[Issue, ...]:
    """What is wrong with a resource that a definition made, as the definition's fault."""
    text = "The definition makes what R4 does not take:"
    return tuple(Issue(one.code, f"{text} {one.text}", one.path) for one in validate(made))
