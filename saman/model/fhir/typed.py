"""Resources as typed Python objects, when code wants names and types instead of a tree.

The classes are generated (`saman.model.fhir.r4`): attributes in snake_case (`value_quantity`, `for_`), choices as
one attribute a type, `…_ext` for the id and extensions of a primitive, numbers as Decimal with their digits.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from saman.kernel import json
from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.fhir.definitions import structure
from saman.model.fhir.json_names import module_name

if TYPE_CHECKING:
    from saman.model.fhir.r4.types import Base, Resource

T = TypeVar("T", bound="Base")


@cache
def struct_for(type_name: str) -> type[Resource]:
    """The class of a resource type, imported when first asked for; KeyError for a type that R4 does not have."""
    structure.resources[type_name]
    module = import_module(f"saman.model.fhir.r4.{module_name(type_name)}")
    return cast("type[Resource]", getattr(module, type_name))


def decode_as(kind: type[T], body: bytes | str) -> T | Refusal:
    """JSON text as an object of the class `kind`; a Refusal says what does not fit.

    Only names and types are checked here: use `validate` on what comes from outside.
    """
    tree = json.decode(body)
    return tree if isinstance(tree, Refusal) else as_struct(kind, tree)


def as_struct(kind: type[T], tree: Any) -> T | Refusal:
    """A resource or element as `saman.kernel.json.decode` gives it, as an object of the class `kind`."""
    try:
        return msgspec.convert(tree, kind)
    except msgspec.ValidationError as error:
        return Refusal(Kind.INVALID, (Issue("structure", f"This does not fit {kind.__name__}.", _path(kind, error)),))


def encode_struct(value: Base) -> bytes:
    """A typed object as compact JSON, numbers with the digits they came with."""
    return json.encode(value)


def _path(kind: type[Base], error: msgspec.ValidationError) -> str:
    """Where it does not fit; the rest of the error's text could hold a person's data."""
    _, _, place = str(error).rpartition(" - at `$")
    return kind.__name__ + place.removesuffix("`")
