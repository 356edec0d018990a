"""R4's own types and profiles: the elements of each type, and what each profile and extension changes of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tools.generate_r4 import source
from tools.generate_r4.terminology import plain

HEAD = (
    *("url", "version", "name", "status", "kind", "abstract", "type", "derivation", "baseDefinition"),
    *("context", "contextInvariant"),
)
TEXTS = frozenset(
    {
        *("definition", "comment", "requirements", "alias", "mapping", "example", "label"),
        *("meaningWhenMissing", "orderMeaning", "representation", "condition"),
    }
)
MARKS = ("isModifier", "isSummary", "mustSupport")
OF_TYPES = TEXTS | {"id", "constraint"}
COMPARED = TEXTS | {"short", "isModifierReason", "isSummary", "base", "mustSupport"}

_encoder = msgspec.json.Encoder(order="deterministic")


def as_lines(folder: Path) -> bytes:
    """One a line: canonical URL, tab, JSON; a type with its whole snapshot, a profile with its differential alone."""
    return b"".join(_lines(folder))


def snapshots(folder: Path) -> bytes:
    """The official snapshots of the profiles for the conformance tests: URL, tab, elements without their texts."""
    known = {
        rule["key"]
        for one in source.base_types(folder)
        for element in one["snapshot"]["element"]
        for rule in element.get("constraint", ())
    }
    return b"".join(
        one["url"].encode() + b"\t" + _encoder.encode([_own_rules(each, known) for each in elements]) + b"\n"
        for one in source.definitions(folder, "StructureDefinition")
        if one.get("derivation") == "constraint" and "snapshot" in one
        for elements in [_elements(one["snapshot"], COMPARED)]
    )


def _lines(folder: Path) -> Iterator[bytes]:
    types = {one["url"] for one in source.base_types(folder)}
    for one in source.definitions(folder, "StructureDefinition"):
        slim = {name: plain(one[name]) for name in HEAD if name in one}
        if one["url"] in types:
            slim["snapshot"] = {"element": _elements(one["snapshot"], OF_TYPES)}
        elif one.get("derivation") == "constraint":
            slim["differential"] = {"element": _elements(one["differential"], TEXTS)}
        else:
            continue
        yield one["url"].encode() + b"\t" + _encoder.encode(slim) + b"\n"


def _elements(view: dict[str, Any], without: frozenset[str]) -> list[dict[str, Any]]:
    return [
        {name: _said(plain(value)) for name, value in element.items() if name not in without | _unset(element)}
        for element in view["element"]
    ]


def _own_rules(element: dict[str, Any], known: set[str]) -> dict[str, Any]:
    """An element without the rules that types have by themselves."""
    own = [rule for rule in element.get("constraint", ()) if rule["key"] not in known]
    kept = {name: one for name, one in element.items() if name != "constraint"}
    return {**kept, "constraint": own} if own else kept


def _unset(element: dict[str, Any]) -> frozenset[str]:
    """The marks that an element does not have."""
    return frozenset(name for name in MARKS if element.get(name) is False)


def _said(value: Any) -> Any:
    """A value without the texts that bindings and slicings have beside what they ask for."""
    if isinstance(value, dict) and ("valueSet" in value or "discriminator" in value):
        return {name: one for name, one in value.items() if name != "description"}
    return value
