"""The value that an operation of a FHIRPath Patch brings: of a data type, or put together from parts."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from saman.model.fhir.definitions import structure
from saman.model.fhir.patch.elements import Spelling, paired, put, spelled, spellings
from saman.model.fhir.patch.outcome import NotApplicable, Tree, copied


class Given(msgspec.Struct, frozen=True):
    """A value with its type and shadow; where it has no data type, the parts that its elements are made from."""

    type: str
    value: Any
    shadow: Any
    parts: tuple[Tree, ...]

    def made(self, spelling: Spelling) -> tuple[Any, Any]:
        """Value and shadow as they are written for an element; NotApplicable when parts do not fit it."""
        if not self.parts:
            return copied(self.value), copied(self.shadow)
        made: Tree = {}
        for part in self.parts:
            given = given_in(part)
            if given is None:
                raise NotApplicable("A value is written as value[x], or as parts.", "value")
            element = _spelled(spelling.type, part.get("name", ""), given.type)
            put(made, element, [*paired(made, element), given.made(element)])
        return made, None


def _spelled(block: str, name: str, type_name: str) -> Spelling:
    try:
        return spelled(spellings(block).get(name, ()), type_name)
    except NotApplicable as why:
        raise NotApplicable(why.text, "value") from why


@cache
def _value_names() -> dict[str, str]:
    element = next(one for one in structure.blocks["Parameters.parameter"] if one.name == "value[x]")
    return dict(element.json_names())


def given_in(part: Tree) -> Given | None:
    """The value of a part of a Parameters resource; None when it holds none."""
    for name, type_name in _value_names().items():
        if name in part or f"_{name}" in part:
            return Given(type_name, part.get(name), part.get(f"_{name}"), ())
    if "resource" in part:
        return Given("Resource", part["resource"], None, ())
    return Given("", None, None, tuple(part["part"])) if "part" in part else None
