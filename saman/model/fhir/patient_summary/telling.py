"""The text of a section: a table made from what its entries say, in which nothing but text can stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from saman.model.fhir.narrative import XHTML

Resource = Mapping[str, Any]

_HEADINGS = ("What", "Status", "When", "Details")
_NAMES = ("code", "medicationCodeableConcept", "vaccineCode", "type", "scope")
_WHEN = (
    "onset", "effective", "performed", "occurrence", "authoredOn", "dateAsserted", "recordedDate", "issued", "timing",
    "period", "created", "date", "recordedOn",
)  # fmt: skip
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST = 1000
"""Characters of a cell; whoever needs more reads the entry."""


def table(resources: Iterable[Resource], note: str = "") -> str:
    """The narrative of entries, newest first as they come, with a note under it."""
    rows = "".join(_row(_cells(one)) for one in resources)
    head = "".join(f"<th>{one}</th>" for one in _HEADINGS)
    return div(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" + (_paragraph(note)))


def paragraph(text: str) -> str:
    """The narrative of a section that has no entries."""
    return div(_paragraph(text))


def div(inner: str) -> str:
    """XHTML in its place."""
    return f'<div xmlns="{XHTML}">{inner}</div>'


def _paragraph(text: str) -> str:
    return f"<p>{_plain(text)}</p>" if text else ""


def _plain(text: str) -> str:
    """Text that XML can hold and that is nothing but text there."""
    cut = text if len(text) <= _MOST else text[: _MOST - 1] + "…"
    return escape(_NO_XML.sub("\ufffd", cut))


def _row(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<td>{_plain(one)}</td>' for one in cells)}</tr>"


def _cells(one: Resource) -> tuple[str, str, str, str]:
    return _what(one), _status(one), _when(one), _details(one)


def _what(one: Resource) -> str:
    """What it is about: its code, the reference it names, its title, or at least its type."""
    named = next((text for name in _NAMES if (text := concept(one.get(name)))), "")
    led = one.get("medicationReference") or one.get("device") or {}
    return named or one.get("title", "") or led.get("display", "") or one.get("summary", "") or one["resourceType"]


def _status(one: Resource) -> str:
    return concept(one.get("clinicalStatus")) or one.get("status", "")


def _when(one: Resource) -> str:
    for name in _WHEN:
        for kind in ("", "DateTime", "Date", "Instant"):
            if isinstance(told := one.get(name + kind), str):
                return told
        period = one.get(f"{name}Period") or one.get(name)
        if isinstance(period, Mapping) and ("start" in period or "end" in period):
            return f"{period.get('start', '')} – {period.get('end', '')}".strip()
    return ""


def _details(one: Resource) -> str:
    told = [value(one), one.get("criticality", ""), one.get("conclusion", ""), one.get("description", "")]
    told += [f"{concept(part.get('code'))}: {value(part)}" for part in one.get("component", ())]
    told += [each.get("text", "") for each in (*one.get("dosage", ()), *one.get("dosageInstruction", ()))]
    told += [concept(each) for reaction in one.get("reaction", ()) for each in reaction.get("manifestation", ())]
    return "; ".join(filter(None, told))


def value(one: Resource) -> str:
    """`value[x]` in words, or why there is none."""
    if "valueQuantity" in one:
        return quantity(one["valueQuantity"])
    if "valueCodeableConcept" in one:
        return concept(one["valueCodeableConcept"])
    for name in ("valueString", "valueInteger", "valueBoolean", "valueDateTime", "valueTime"):
        if name in one:
            return str(one[name]).lower() if isinstance(one[name], bool) else str(one[name])
    return concept(one.get("dataAbsentReason"))


def quantity(one: Resource) -> str:
    """`<`, the number as it was written, and the unit."""
    return f"{one.get('comparator', '')}{one.get('value', '')} {one.get('unit') or one.get('code', '')}".strip()


def concept(one: Any) -> str:
    """A CodeableConcept in words: its text, else the first name, else the first code."""
    if not isinstance(one, Mapping):
        return ""
    listed = one.get("coding", ())
    names = [
        one.get("text", ""),
        *(each.get("display", "") for each in listed),
        *(each.get("code", "") for each in listed),
    ]
    return next(filter(None, names), "")
