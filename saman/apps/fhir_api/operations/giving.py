"""Answers of operations: Parameters, or the resource of the one parameter `return` by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.operations.declared import Part, Parts, Resource
from saman.apps.fhir_api.operations.parameter import Parameter
from saman.kernel import json


def answer_of(made: Answer | Parts | Resource, gives: Sequence[Parameter]) -> Answer:
    """What a handler made, as it is sent."""
    if isinstance(made, Answer):
        return made
    resource = made if not isinstance(made, tuple) else parameters(made, gives)
    return Answer(200, json.encode(resource))


def parameters(parts: Iterable[Part], gives: Sequence[Parameter]) -> dict[str, Any]:
    """A Parameters resource; KeyError for a part that is not declared."""
    listed = list(_parts(parts, gives))
    return {"resourceType": "Parameters"} | ({"parameter": listed} if listed else {})


def _parts(parts: Iterable[Part], gives: Sequence[Parameter]) -> Iterable[dict[str, Any]]:
    declared = {one.name: one for one in gives}
    for part in parts:
        told = declared[part.name]
        if part.parts:
            yield {"name": part.name, "part": list(_parts(part.parts, told.parts))}
        elif told.is_resource:
            yield {"name": part.name, "resource": part.value}
        else:
            kind = part.type or told.type
            yield {"name": part.name, f"value{kind[0].upper()}{kind[1:]}": part.value}
