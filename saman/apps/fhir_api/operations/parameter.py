"""A declared parameter and what fits it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from saman.model.fhir import RESOURCE_TYPES
from saman.model.fhir.definitions import PRIMITIVES
from saman.model.fhir.primitives import primitives

ANY_RESOURCE = "Resource"

_RESOURCES = frozenset(RESOURCE_TYPES)
_ALIKE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "uri": frozenset({"uri", "url", "canonical", "string", "oid", "uuid"}),
        "canonical": frozenset({"uri", "url", "canonical", "string"}),
        "code": frozenset({"code", "string", "id"}),
        "string": frozenset({"string", "code", "id", "markdown", "uri", "canonical"}),
        "integer": frozenset({"integer", "positiveInt", "unsignedInt"}),
        "positiveInt": frozenset({"integer", "positiveInt", "unsignedInt"}),
        "date": frozenset({"date", "dateTime"}),
        "dateTime": frozenset({"date", "dateTime", "instant"}),
        "instant": frozenset({"instant", "dateTime"}),
    }
)
_WHOLE = frozenset({"integer", "positiveInt", "unsignedInt"})
_MOST_DIGITS = 10


class Parameter(msgspec.Struct, frozen=True):
    """A parameter by name and type; `max` 0 means no limit, no type that it has parts.

    `not_supported` says why it is refused though the standard has it.
    """

    name: str
    type: str = ""
    words: str = ""
    min: int = 0
    max: int = 1
    parts: tuple[Parameter, ...] = ()
    not_supported: str = ""

    @property
    def is_resource(self) -> bool:
        """Whether its value is a whole resource."""
        return self.type in _RESOURCES or self.type == ANY_RESOURCE

    @property
    def is_primitive(self) -> bool:
        """Whether its value can stand in an address."""
        return self.type in PRIMITIVES

    def takes(self, type_name: str) -> bool:
        """Whether a value that was sent as of another type will do."""
        return type_name in _ALIKE.get(self.type, frozenset({self.type}))

    def fits(self, value: Any) -> bool:
        """Whether a value has the form of the type."""
        return not self.is_primitive or primitives[self.type].valid(value)

    @property
    def expected(self) -> str:
        """What a value must be, in words."""
        return primitives[self.type].expected if self.is_primitive else f"a {self.type or 'list of parts'}"

    def read(self, text: str) -> Any:
        """The value that a text of an address stands for; the text itself where it stands for none of this type."""
        if self.type == "boolean":
            return {"true": True, "false": False}.get(text, text)
        if self.type in _WHOLE and text.removeprefix("-").isdigit() and text.isascii() and len(text) <= _MOST_DIGITS:
            return int(text)
        return text
