"""What a resource says in words: its narrative, and all that is text in it.

Source: https://hl7.org/fhir/R4/search.html#content
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from saman.model.fhir.definitions import PRIMITIVES
from saman.model.fhir.narrative import narrated
from saman.model.fhir.references import json_types
from saman.model.fhir.words.spelling import spelled

Tree = dict[str, Any]

_TOLD = frozenset({"string", "markdown", "code", "xhtml"})
"""The primitives that are words; ids, addresses, files, numbers and times are not."""
_APART = "\n"
"""Stands between the words of different texts, so that no phrase reaches from one into the next."""


def narrative_words(resource: Tree) -> str:
    """The words of the narrative of a valid resource, spelled; empty when it has none."""
    text = resource.get("text")
    div = text.get("div") if isinstance(text, dict) else None
    return spelled(narrated(div)) if isinstance(div, str) else ""


def content_words(resource: Tree) -> str:
    """The words of a valid resource, of what is contained in it too; each text spelled, in a line of its own."""
    found: list[str] = []
    _add(resource, "Resource", found)
    return _APART.join(spelled(one) for one in found)


def _add(value: Tree, type_name: str, found: list[str]) -> None:
    told = _saying(value["resourceType"] if type_name == "Resource" else type_name)
    for name, element in value.items():
        kind = told.get(name)
        if kind is None:
            continue
        for one in element if type(element) is list else (element,):
            if type(one) is str:
                found.append(narrated(one) if kind == "xhtml" else one)
            elif type(one) is dict:
                _add(one, kind, found)


@cache
def _saying(type_name: str) -> Mapping[str, str]:
    """The elements of a type that may say something, by their names in JSON, each with its type."""
    told = {name: one for name, one in json_types(type_name).items() if one in _TOLD or one not in PRIMITIVES}
    if type_name == "Reference":
        del told["reference"]
    return MappingProxyType(told)
