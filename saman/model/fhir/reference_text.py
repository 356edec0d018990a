"""The text of a literal reference, taken apart (https://hl7.org/fhir/R4/references.html#literal)."""

from __future__ import annotations

import re
from typing import NamedTuple

from saman.kernel.remembering import remembered
from saman.model.fhir.definitions import structure

REMEMBERED = 4096
"""References that a process has taken apart last: a resource is asked for each several times."""

_LITERAL = re.compile(
    r"(?:(?P<base>[A-Za-z][A-Za-z0-9+.\-]*:[^\s#?]*/))?(?P<type>[A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})"
    r"(?:/_history/[A-Za-z0-9\-.]{1,64})?(?:#\S+)?"
)
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")
_FRAGMENT = re.compile(r"#[A-Za-z0-9\-.]{0,64}")
_CONDITIONAL = re.compile(r"([A-Za-z]+)\?\S+")


class Literal(NamedTuple):
    """A reference to a resource by type and id; `base` is empty when it is relative."""

    base: str
    type: str
    id: str


@remembered(REMEMBERED)
def literal(text: str) -> Literal | None:
    """The parts of a relative or absolute RESTful reference; None for any other (`#id`, `urn:uuid:…`, other URLs)."""
    found = _LITERAL.fullmatch(text)
    if found is None or found["type"] not in structure.resources:
        return None
    return Literal(found["base"] or "", found["type"], found["id"])


def reference_fault(text: str | None, type_name: str | None, targets: frozenset[str]) -> str:
    """What is wrong with `Reference.reference`, in words; empty when it is well-formed and leads to an allowed type."""
    if text is None:
        return ""
    parts = literal(text)
    if parts is None and not _is_other_form(text):
        return "Expected a reference such as Patient/123, an absolute address, urn:uuid:… or #id."
    found = parts.type if parts else type_name
    if targets and found in structure.resources and found not in targets:
        return f"Expected a reference to {' or '.join(sorted(targets))}."
    return ""


def _is_other_form(text: str) -> bool:
    conditional = _CONDITIONAL.fullmatch(text)
    if conditional:
        return conditional[1] in structure.resources
    return bool(_ABSOLUTE.fullmatch(text) or _FRAGMENT.fullmatch(text))
