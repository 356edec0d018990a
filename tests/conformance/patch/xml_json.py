"""FHIR resources in XML as trees of JSON, by the definitions of R4 (https://hl7.org/fhir/R4/json.html)."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from saman.kernel.json import exact_decimal
from saman.model.fhir.definitions import PRIMITIVES, structure

FHIR = "{http://hl7.org/fhir}"
_WHOLE = ("integer", "positiveInt", "unsignedInt")


def resource(element: ElementTree.Element) -> dict[str, Any]:
    """A resource."""
    name = element.tag.removeprefix(FHIR)
    return {"resourceType": name} | _object(element, name)


def _object(element: ElementTree.Element, type_name: str) -> dict[str, Any]:
    spelled = {json: (kind, one.max) for one in structure.blocks[type_name] for json, kind in one.json_names()}
    made: dict[str, Any] = {name: element.attrib[name] for name in ("id", "url") if name in element.attrib}
    for child in element:
        name = child.tag.rpartition("}")[2]
        kind, most = spelled[name]
        value, shadow = _value(child, kind)
        if most == 1:
            made |= {key: one for key, one in ((name, value), (f"_{name}", shadow)) if one is not None}
        else:
            made.setdefault(name, []).append(value)
            shadows = made.setdefault(f"_{name}", [])
            shadows.append(shadow)
    return {key: one for key, one in made.items() if not isinstance(one, list) or any(x is not None for x in one)}


def _value(element: ElementTree.Element, kind: str) -> tuple[Any, Any]:
    if kind == "xhtml":
        return xhtml(ElementTree.tostring(element, encoding="unicode")), None
    if kind == "Resource":
        return resource(element[0]), None
    if kind not in PRIMITIVES:
        return _object(element, kind), None
    shadow = _object(element, "Element") if len(element) or "id" in element.attrib else None
    text = element.attrib.get("value")
    return (None if text is None else _primitive(text, kind)), shadow


def xhtml(text: str) -> str:
    """A narrative in the one form in which equal ones are the same text."""
    return ElementTree.canonicalize(text, rewrite_prefixes=True)


def _primitive(text: str, kind: str) -> Any:
    if kind == "boolean":
        return text == "true"
    if kind == "decimal":
        return exact_decimal(text)
    return int(text) if kind in _WHOLE else text
