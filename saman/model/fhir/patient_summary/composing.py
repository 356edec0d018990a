"""The Composition of a summary and what it lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from saman.kernel.clock import instant
from saman.model.fhir.patient_summary.sections import MOST, SECTIONS, Section
from saman.model.fhir.patient_summary.telling import paragraph, table

Resource = dict[str, Any]

PROFILE = "http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips"
VERSION = "2.0.0"
_BUNDLE = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"
_LOINC = "http://loinc.org"
_TITLE = "International Patient Summary"
_EMPTY = "No information is available to the reader of this summary."
_REASON = {"system": "http://terminology.hl7.org/CodeSystem/list-empty-reason", "code": "unavailable",
           "display": "Unavailable"}  # fmt: skip
_CUT = f"There is more than the newest {MOST} of a kind, which are not listed here."


class Summed(NamedTuple):
    """A summary: its Composition, the software that made it, and the resources that its sections list, each once."""

    composition: Resource
    author: Resource
    listed: list[Resource]


def summarised(patient: str, found: Mapping[str, Sequence[Resource]], ids: tuple[str, str], now: datetime) -> Summed:
    """The summary of the Patient with this id, from what is `found` of each type, newest first.

    `ids` are new ones for the Composition and its author. A section that must be there says when it is empty that
    nothing is available, and never that there is nothing: the reader may not see all.
    """
    author = {
        "resourceType": "Device",
        "id": ids[1],
        "deviceName": [{"name": "Saman", "type": "user-friendly-name"}],
        "type": {"text": "Software that put this summary together from the record"},
    }
    entries = {section.code: _entries(section, found) for section in SECTIONS}
    composition = {
        "resourceType": "Composition",
        "id": ids[0],
        "meta": {"profile": [PROFILE]},
        "language": "en",
        "status": "final",
        "type": {"coding": [{"system": _LOINC, "code": "60591-5", "display": "Patient summary Document"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "date": instant(now),
        "author": [{"reference": f"Device/{ids[1]}", "display": "Saman"}],
        "title": _TITLE,
        "section": [
            _section(one, entries[one.code], found) for one in SECTIONS if one.required or entries[one.code]
        ],
    }  # fmt: skip
    listed = {_reference(one): one for resources in entries.values() for one in resources}
    return Summed(composition, author, list(listed.values()))


def as_summary(document: Resource) -> Resource:
    """The Bundle of a document, said to be a summary."""
    return document | {"meta": {"profile": [_BUNDLE]}}


def _entries(section: Section, found: Mapping[str, Sequence[Resource]]) -> list[Resource]:
    return [one for kind, fits in section.fits.items() for one in found.get(kind, ()) if fits(one)]


def _section(section: Section, entries: Sequence[Resource], found: Mapping[str, Sequence[Resource]]) -> Resource:
    is_cut = any(len(found.get(kind, ())) >= MOST for kind in section.fits)
    note = _CUT if is_cut else ""
    told = table(entries, note) if entries else paragraph(_EMPTY)
    made = {
        "title": section.title,
        "code": {"coding": [{"system": _LOINC, "code": section.code}]},
        "text": {"status": "generated", "div": told},
    }
    if not entries:
        return made | {"emptyReason": {"coding": [_REASON], "text": _EMPTY}}
    return made | {"entry": _references(entries)}


def _references(resources: Iterable[Resource]) -> list[dict[str, str]]:
    return [{"reference": _reference(one)} for one in resources]


def _reference(one: Resource) -> str:
    return f"{one['resourceType']}/{one['id']}"
