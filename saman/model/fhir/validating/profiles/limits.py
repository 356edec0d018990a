"""Lengths and limits that a profile sets for values (ElementDefinition.maxLength, minValue, maxValue)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from saman.model.fhir.validating.profiles.element import Node


def limit_fault(node: Node, value: Any) -> str:
    """Why a value is too long, too low or too high; empty where it is not, or where that cannot be said."""
    if node.longest is not None and isinstance(value, str) and len(value) > node.longest:
        return f"This may have at most {node.longest} characters"
    if node.lowest and _is_less(value, node.lowest[0]):
        return "This is less than the least value"
    if node.highest and _is_less(node.highest[0], value):
        return "This is more than the greatest value"
    return ""


def _is_less(value: Any, other: Any) -> bool:
    if isinstance(value, dict) and isinstance(other, dict):
        same = all(value.get(name) == other.get(name) for name in ("system", "code"))
        return same and _is_less(value.get("value"), other.get("value"))
    numbers = (int, Decimal)
    if isinstance(value, numbers) and isinstance(other, numbers):
        return Decimal(value) < Decimal(other)
    return isinstance(value, str) and isinstance(other, str) and value[: len(other)] < other[: len(value)]
