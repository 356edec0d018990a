"""The official R4 definitions as compact data: types and their elements, codes, search parameters, compartments.

Made by `tools/generate_r4` from the packages hl7.fhir.r4.examples and hl7.fhir.r4.expansions, 4.0.1 (CC0).
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import msgspec


class Element(msgspec.Struct, frozen=True, array_like=True):
    """One element of a block; `max` 0 means no limit, a name ending in `[x]` a choice of types.

    A type is a primitive (`code`), a data type (`Quantity`), a block (`Observation.component`) or `Resource`.
    """

    name: str
    min: int = 0
    max: int = 1
    types: tuple[str, ...] = ()
    value_set: str = ""
    targets: tuple[str, ...] = ()

    @property
    def is_choice(self) -> bool:
        """Whether the type is part of the name in JSON, as in `valueQuantity`."""
        return self.name.endswith("[x]")

    def json_names(self) -> tuple[tuple[str, str], ...]:
        """The names this element can have in JSON, each with its type."""
        if not self.is_choice:
            return ((self.name, self.types[0]),)
        stem = self.name.removesuffix("[x]")
        return tuple((stem + one[0].upper() + one[1:], one) for one in self.types)


class Structure(msgspec.Struct, frozen=True):
    """Types of R4: a stable number for each resource type, the parent of each type, the elements of each block."""

    version: str
    resources: dict[str, int]
    parents: dict[str, str]
    blocks: dict[str, tuple[Element, ...]]


class SearchParameter(msgspec.Struct, frozen=True, array_like=True):
    """A search parameter for one base type; `number` never changes, numbers from 10,000 are for local ones.

    `type` is token, string, date, reference, quantity, number, uri, composite or special;
    `targets` are the resource types that a reference may lead to. `components` are the codes of the parameters that a
    composite one puts together, each with whether its values stand in the element that the expression leads to.
    """

    number: int
    base: str
    code: str
    type: str
    expression: str
    targets: tuple[str, ...]
    url: str
    components: tuple[tuple[str, bool], ...] = ()


class Search(msgspec.Struct, frozen=True):
    """Search parameters, and those that make a resource belong to each kind of compartment, by its type."""

    parameters: tuple[SearchParameter, ...]
    compartments: dict[str, dict[str, tuple[str, ...]]]


Codes = dict[str, dict[str, frozenset[str]]]


def read_data(name: str) -> bytes:
    """The unpacked content of one of the data files of this package."""
    return gzip.decompress(files("saman.model.fhir").joinpath("data", name).read_bytes())


structure: Structure = msgspec.json.decode(read_data("structure.json.gz"), type=Structure)
search: Search = msgspec.json.decode(read_data("search.json.gz"), type=Search)
value_sets: Codes = msgspec.json.decode(read_data("codes.json.gz"), type=Codes)

RESOURCE_TYPES: tuple[str, ...] = tuple(structure.resources)
"""Names of the resource types that can be stored, in alphabetical order."""

compartments: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(search.compartments)
"""Search parameters by resource type that link to what a compartment is that of, by the type of that.

Nothing but itself links a resource to its own compartment. Source: https://hl7.org/fhir/R4/compartmentdefinition.html
"""

patient_compartment: Mapping[str, tuple[str, ...]] = compartments["Patient"]
"""Search parameters by resource type that link to the patient (https://hl7.org/fhir/R4/compartmentdefinition-patient.html)."""

PRIMITIVES: frozenset[str] = frozenset(structure.parents) - frozenset(structure.blocks) | {
    "system-id",
    "system-string",
    "system-uri",
}
"""Names of the primitive types; `system-…` are those whose value cannot carry extensions."""

_names = {number: name for name, number in structure.resources.items()}


def resource_number(name: str) -> int:
    """The stable number of a resource type; KeyError for a type that R4 does not have."""
    return structure.resources[name]


def resource_name(number: int) -> str:
    """The resource type that has this number; KeyError when none has."""
    return _names[number]


def _with_parents(type_name: str) -> tuple[str, ...]:
    parent = structure.parents[type_name]
    return (type_name, *_with_parents(parent)) if parent else (type_name,)


_lineages = {name: _with_parents(name) for name in structure.parents}


def lineage(type_name: str) -> tuple[str, ...]:
    """A type and those it is derived from, nearest first: Patient, DomainResource, Resource."""
    return _lineages.get(type_name) or (type_name,)


def search_parameters(type_name: str) -> Mapping[str, SearchParameter]:
    """The search parameters of a resource type by code, with those of every resource (`_id`, `_lastUpdated`, …).

    None for a type that R4 does not have.
    """
    return _parameters(type_name) if type_name in _lineages else _NONE


@cache
def _parameters(type_name: str) -> Mapping[str, SearchParameter]:
    bases = _lineages[type_name]
    return MappingProxyType({one.code: one for one in search.parameters if one.base in bases})


_NONE: Mapping[str, SearchParameter] = MappingProxyType({})
