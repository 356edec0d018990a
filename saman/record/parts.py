"""Which part of resources is shown: `_summary` and `_elements` (https://hl7.org/fhir/R4/search.html#summary)."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.summary import MODES, Part, part_of
from saman.record.rows import split
from saman.record.stored import Page, Stored

NAMES = frozenset({"_summary", "_elements"})
WHOLE = Part()
MOST_ELEMENTS = 100

_ELEMENT = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}(\.[A-Za-z][A-Za-z0-9]{0,63})?")


def read_part(pairs: Iterable[tuple[str, str]]) -> Part | Refusal:
    """The part that the parameters of a call ask for; `_summary=count` is not one of them."""
    asked = {name: value for name, value in pairs if name in NAMES}
    if not asked:
        return WHOLE
    mode, named = asked.get("_summary", "false"), asked.get("_elements")
    if mode not in MODES:
        return refused(Kind.INVALID, "value", f"'_summary' is one of {', '.join(MODES)} here.", "_summary")
    if named is None:
        return Part(mode)
    if mode != "false":
        return refused(Kind.INVALID, "invalid", "Ask either for '_summary' or for '_elements'.", "_elements")
    elements = [one.strip() for one in named.split(",")]
    if len(elements) > MOST_ELEMENTS or not all(map(_ELEMENT.fullmatch, elements)):
        text = "'_elements' lists names of elements at the top of the resource, with commas between."
        return refused(Kind.INVALID, "value", text, "_elements")
    return Part(elements=frozenset(elements))


def cut(one: Stored, part: Part) -> Stored:
    """The version with that part of its content alone."""
    if part.is_whole or one.deleted:
        return one
    meta, body = split(part_of(one.resource(), part))
    return msgspec.structs.replace(one, meta=meta, body=body)


def cut_page(page: Page, part: Part) -> Page:
    """The page with that part of each match; what was included is cut by a summary, not by names of elements."""
    if part.is_whole:
        return page
    beside = Part(part.mode)
    return msgspec.structs.replace(
        page,
        matches=tuple(cut(one, part) for one in page.matches),
        included=tuple(cut(one, beside) for one in page.included),
    )
