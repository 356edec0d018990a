"""What a resource says in words: its narrative, and all that is text in it.

Source: https://hl7.org/fhir/R4/search.html#content
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from types import MappingProxyType
from typing import Any
from xml.parsers import expat

from saman.model.fhir.definitions import PRIMITIVES
from saman.model.fhir.references import json_types
from saman.model.fhir.words.spelling import spelled

Tree = dict[str, Any]

_TOLD = frozenset({"string", "markdown", "code", "xhtml"})
"""The primitives that are words; ids, addresses, files, numbers and times are not."""
_MARKING = "a abbr acronym b bdo big cite code del dfn em i ins kbd q samp small span strong sub sup tt var"
_WITHIN_WORDS = frozenset(_MARKING.split())
"""Elements of a narrative that may stand in the middle of a word."""
_APART = "\n"
"""Stands between the words of different texts, so that no phrase reaches from one into the next."""


def narrative_words(resource: Tree) -> str:
    """The words of the narrative of a valid resource, spelled; empty when it has none."""
    text = resource.get("text")
    div = text.get("div") if isinstance(text, dict) else None
    return spelled(_narrated(div)) if isinstance(div, str) else ""


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
                found.append(_narrated(one) if kind == "xhtml" else one)
            elif type(one) is dict:
                _add(one, kind, found)


@cache
def _saying(type_name: str) -> Mapping[str, str]:
    """The elements of a type that may say something, by their names in JSON, each with its type."""
    told = {name: one for name, one in json_types(type_name).items() if one in _TOLD or one not in PRIMITIVES}
    if type_name == "Reference":
        del told["reference"]
    return MappingProxyType(told)


def _narrated(div: str) -> str:
    """The text of XHTML as it is read; of what is no XHTML, such as older versions took, what stands before that."""
    parts: list[str] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.CharacterDataHandler = parts.append

    def apart(name: str, *_: Any) -> None:
        if name not in _WITHIN_WORDS:
            parts.append(" ")

    parser.StartElementHandler = parser.EndElementHandler = apart
    with suppress(expat.ExpatError):
        parser.Parse(div, True)
    return "".join(parts)
