"""Whether a value is what a profile fixes, or has what its pattern asks for.

Source: https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def is_same(value: Any, fixed: Any) -> bool:
    """Whether a value is exactly the fixed one; numbers by their value and digits."""
    if isinstance(fixed, dict):
        return (
            isinstance(value, dict)
            and value.keys() == fixed.keys()
            and all(is_same(value[name], one) for name, one in fixed.items())
        )
    if isinstance(fixed, list):
        return (
            isinstance(value, list)
            and len(value) == len(fixed)
            and all(is_same(one, other) for one, other in zip(value, fixed, strict=True))
        )
    return _is_equal(value, fixed)


def has_pattern(value: Any, pattern: Any) -> bool:
    """Whether all that a pattern holds is in a value: each item of a list in some item of the value's."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            name in value and has_pattern(value[name], one) for name, one in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(has_pattern(one, wanted) for one in value) for wanted in pattern)
    return _is_equal(value, pattern)


def _is_equal(value: Any, other: Any) -> bool:
    if type(value) is bool or type(other) is bool:
        return value is other
    numbers = (int, Decimal)
    if isinstance(value, numbers) and isinstance(other, numbers):
        return str(value) == str(other)
    return type(value) is type(other) and value == other
