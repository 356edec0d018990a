"""What functions give, for static checking: a type, "input" for the type of the input, or nothing when not known."""

from __future__ import annotations

from saman.model.fhir.definitions import PRIMITIVES, lineage
from saman.model.fhir.fhirpath.items import TYPE_INFO

_GIVES = {
    "System.Boolean": (
        "empty exists all allTrue anyTrue allFalse anyFalse subsetOf supersetOf isDistinct not startsWith endsWith "
        "contains matches matchesFull convertsToBoolean convertsToInteger convertsToDecimal convertsToString "
        "convertsToDate convertsToDateTime convertsToTime convertsToQuantity hasValue memberOf subsumes subsumedBy "
        "conformsTo htmlChecks comparable toBoolean"
    ),
    "System.String": (
        "substring upper lower replace replaceMatches toChars trim split join encode decode escape unescape toString"
    ),
    "System.Integer": "count length indexOf toInteger ceiling floor truncate precision",
    "System.Decimal": "exp ln log sqrt round toDecimal",
    "System.Date": "toDate today",
    "System.DateTime": "toDateTime now",
    "System.Time": "toTime timeOfDay",
    "System.Quantity": "toQuantity",
    "Extension": "extension",
    "Resource": "resolve",
    TYPE_INFO: "type",
    "input": (
        "distinct where sort trace single first last tail skip take exclude intersect lowBoundary highBoundary "
        "checkModifiers abs"
    ),
}
RESULTS = {name: given for given, names in _GIVES.items() for name in names.split()}
"""What a function gives, by its name."""

_TEXTS = (
    "indexOf substring startsWith endsWith contains upper lower replace matches matchesFull replaceMatches length "
    "toChars trim split join encode decode escape unescape"
)
TEXTS = frozenset(_TEXTS.split())
"""Functions of texts."""

_NUMBERS = "abs ceiling exp floor ln log power round sqrt truncate"
NUMBERS = frozenset(_NUMBERS.split())
"""Functions of numbers."""

ORDERED = frozenset(("first", "last", "tail", "skip", "take"))
"""Functions that depend on the order of their input."""

UNORDERED = frozenset(("children", "descendants"))
"""Functions whose outcome has no order."""

_SYSTEM = {
    "boolean": "System.Boolean",
    "integer": "System.Integer",
    "unsignedInt": "System.Integer",
    "positiveInt": "System.Integer",
    "decimal": "System.Decimal",
    "date": "System.Date",
    "dateTime": "System.DateTime",
    "instant": "System.DateTime",
    "time": "System.Time",
}


def system_of(type_name: str) -> str:
    """The System type that a type is taken for in calculations; the type itself when it has elements of its own."""
    if type_name in PRIMITIVES:
        return _SYSTEM.get(type_name, "System.String")
    return "System.Quantity" if "Quantity" in lineage(type_name) else type_name
