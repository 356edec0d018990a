"""Types of items and how they relate."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from saman.model.fhir.definitions import lineage

_SYSTEM = {bool: "System.Boolean", str: "System.String", int: "System.Integer", Decimal: "System.Decimal"}


def system_type(value: Any) -> str:
    """The System type of a literal."""
    return _SYSTEM[type(value)]


def is_a(type_name: str, wanted: str, namespace: str = "") -> bool:
    """Whether `type_name` is `wanted` or derived from it; a namespace, if given, has to fit too."""
    if type_name.startswith("System."):
        return namespace in ("", "System") and type_name == f"System.{wanted}"
    return namespace in ("", "FHIR") and wanted in lineage(type_name)
