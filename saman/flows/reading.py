"""Small readings of FHIR that every flow needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from saman.kernel.outcome import Refusal
from saman.model.fhir import date_range
from saman.record import Record, Stored

TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
PAGE = "200"

Resource = dict[str, Any]


async def all_of(
    record: Record, type_name: str, pairs: Sequence[tuple[str, str]], most: int = 2000
) -> list[Stored] | Refusal:
    """Every match of a search, page after page, at most `most`."""
    found: list[Stored] = []
    cursor: list[tuple[str, str]] = []
    while len(found) < most:
        page = await record.search(type_name, [*pairs, ("_count", PAGE), *cursor])
        if isinstance(page, Refusal):
            return page
        found += page.matches
        if page.next is None:
            break
        cursor = [("_cursor", page.next)]
    return found


def in_language(holder: Resource, element: str, language: str) -> str:
    """A text in `language` where it has been translated (https://hl7.org/fhir/R4/extension-translation.html)."""
    for extension in holder.get(f"_{element}", {}).get("extension", ()):
        parts = {one["url"]: one for one in extension.get("extension", ())}
        if extension.get("url") == TRANSLATION and parts.get("lang", {}).get("valueCode") == language:
            return str(parts.get("content", {}).get("valueString", ""))
    return str(holder.get(element, ""))


def moment_of(text: str) -> datetime:
    """The first moment of a FHIR date, dateTime or instant that the record has accepted."""
    span = date_range(text)
    assert not isinstance(span, Refusal)
    return span[0]


def day_of(text: str) -> date:
    """The first day of a FHIR date or dateTime."""
    return date.fromisoformat(f"{text[:10]}-01-01"[:10] if len(text) == 4 else f"{text[:10]}-01"[:10])
