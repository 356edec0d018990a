"""Types of items and how they relate (http://hl7.org/fhirpath/N1/#types-and-reflection)."""

from __future__ import annotations

from functools import cache

from saman.model.fhir.definitions import PRIMITIVES, lineage, structure
from saman.model.fhir.fhirpath.syntax import Member, Name, Node, SemanticFault

SYSTEM = ("Boolean", "String", "Integer", "Decimal", "Date", "DateTime", "Time", "Quantity", "Any", "SimpleTypeInfo")


def is_a(type_name: str, wanted: str, namespace: str = "") -> bool:
    """Whether `type_name` is `wanted` or derived from it; a namespace, if given, has to fit too."""
    if type_name.startswith("System."):
        return namespace in ("", "System") and (type_name == f"System.{wanted}" or wanted == "Any")
    return namespace in ("", "FHIR") and wanted in lineage(type_name)


def kept_as(type_name: str, wanted: str, namespace: str = "") -> bool:
    """Whether strict `as` and ofType() keep an item: a primitive only as the very type that it is.

    The official suite has it so (Patient.gender.ofType(string) is empty), as choices of types ask for it: a value
    given as valueCode is not one given as valueString.
    """
    return is_a(type_name, wanted, namespace) and (wanted not in PRIMITIVES or type_name == wanted)


@cache
def kinds(wanted: str, namespace: str = "", is_kept: bool = False) -> frozenset[str]:
    """The types that are `wanted` or derived from it; `is_kept` for those that `as` and ofType() keep."""
    fits = kept_as if is_kept else is_a
    every = (*structure.parents, *structure.blocks, *(f"System.{name}" for name in SYSTEM))
    return frozenset(one for one in every if fits(one, wanted, namespace))


def exists(name: str, namespace: str = "") -> bool:
    """Whether there is such a type."""
    in_fhir = namespace in ("", "FHIR") and (name in structure.parents or name in structure.blocks)
    return in_fhir or (namespace in ("", "System") and name in SYSTEM)


def type_argument(node: Node) -> tuple[str, str]:
    """Namespace and name of a type that is given as an argument."""
    if isinstance(node, Name):
        return "", node.name
    if isinstance(node, Member) and isinstance(node.source, Name) and isinstance(node.member, Name):
        return node.source.name, node.member.name
    raise SemanticFault("Expected the name of a type", node.position)


def unknown(namespace: str, name: str) -> str:
    """What to say of a type that there is not."""
    return f"There is no type {namespace}{'.' if namespace else ''}{name}"
