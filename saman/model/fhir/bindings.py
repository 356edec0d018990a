"""Codes that required bindings allow (https://hl7.org/fhir/R4/terminologies.html#required)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from saman.model.fhir.definitions import value_sets

MOST_NAMED = 12

Bound = tuple[Callable[[Any], bool], str]


def binding_check(value_set: str, type_name: str) -> Bound | None:
    """Whether a well-formed value holds a code of `value_set`, and what is expected in words; None if not checkable.

    A CodeableConcept needs one coding from the value set; a value that is only extended has no code to check.
    """
    systems = value_sets[value_set]
    codes = frozenset[str]().union(*systems.values())
    if type_name == "code":
        return codes.__contains__, _expected(value_set, codes)
    pairs = frozenset((system, code) for system, known in systems.items() for code in known)

    def is_listed(coding: Any) -> bool:
        return (coding.get("system"), coding.get("code")) in pairs or "code" not in coding

    def any_listed(concept: Any) -> bool:
        codings = concept.get("coding")
        return any(map(is_listed, codings)) if codings else "text" not in concept

    expected = _expected(value_set, codes)
    if type_name == "Coding":
        return is_listed, f"a coding with {expected}"
    if type_name == "CodeableConcept":
        return any_listed, f"a coding with {expected}"
    return None


def _expected(value_set: str, codes: frozenset[str]) -> str:
    if len(codes) <= MOST_NAMED:
        return f"one of the codes {', '.join(sorted(codes))}"
    return f"a code from {value_set}"
