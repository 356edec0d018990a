"""At each visit of a minor the professional says whether the minor could decide, and what guardians then see.

Only where the country's rules speak of it. The label stands in `meta.security` of the Encounter (model.access.visits),
with why, who and when in an extension. Source: https://www.kanta.fi/alaikaisen-oikeudet
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from saman.flows.consent.choices import as_saman
from saman.flows.reading import moment_of
from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Holder
from saman.model.access.policy import Policy, birthday
from saman.model.access.visits import HIDES, NOT_ABLE, SHOWS
from saman.model.care import codes
from saman.record import Record, Stored, Written

LABELS = (NOT_ABLE, SHOWS, HIDES)
SAID = "urn:saman:extension:visit-view"
"""Extension of Encounter: why the label was set or taken away (`reason`), `by` whom and when (`at`)."""
ADULT = 18
MOST = 50
LONGEST = 500

Resource = dict[str, Any]


class KeptVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit at a version: its label (empty: none) and why, and whether the one who asks may set it, and undo that."""

    id: str
    version: int
    start: datetime | None
    what: Resource
    label: str
    reason: str
    by: str
    at: datetime | None
    mine: bool
    undo: bool


def kept_here(policy: Policy, at: datetime) -> bool:
    """Whether a rule in force speaks of visits that a minor keeps to itself."""
    return any(one.visits and one.span.since <= at < one.span.until for one in policy.clauses)


def is_minor(patient: Mapping[str, Any], record: Record) -> bool:
    """Whether somebody is under 18; not where the day of birth is unknown."""
    day, now = str(patient.get("birthDate", "")), record.context.now
    if len(day) != len("2026-11-22"):
        return False
    return now < birthday(date.fromisoformat(day), ADULT, record.store.policy.zone)


async def visits_of(record: Record, person: str) -> tuple[KeptVisit, ...] | Refusal:
    """The visits of a minor that the professional who asks sees, newest first; refused where there is no such thing."""
    patient = await record.read("Patient", person)
    if isinstance(patient, Refusal):
        return patient
    offered = record.context.kind == Holder.STAFF.value and kept_here(record.store.policy, record.context.now)
    if not offered or not is_minor(patient.resource(), record):
        return _nothing()
    found = await record.about(person, {"Encounter": MOST})
    if isinstance(found, Refusal):
        return found
    visits = (_visit(record, one) for one in found["Encounter"])
    first = datetime.min.replace(tzinfo=record.store.policy.zone)
    return tuple(sorted(visits, key=lambda one: one.start or first, reverse=True))


def _visit(record: Record, stored: Stored) -> KeptVisit:
    visit = stored.resource()
    said = codes.extension_of(visit, SAID)
    start, at = visit.get("period", {}).get("start"), codes.extension_of(said, "at").get("valueInstant")
    by = str(codes.extension_of(said, "by").get("valueReference", {}).get("reference", ""))
    mine = _is_own(record, visit)
    return KeptVisit(
        id=stored.id,
        version=stored.version,
        start=moment_of(start) if start else None,
        what=next(iter(visit.get("type", ())), {}),
        label=_label(visit),
        reason=str(codes.extension_of(said, "reason").get("valueString", "")),
        by=by,
        at=moment_of(at) if at else None,
        mine=mine,
        undo=mine and by == record.context.actor and stored.version > 1,
    )


def _label(visit: Resource) -> str:
    said = {one.get("code", "") for one in visit.get("meta", {}).get("security", ()) if _is_label(one)}
    if not said:
        return ""
    return next(iter(said)) if len(said) == 1 and said <= {NOT_ABLE, SHOWS} else HIDES


def _is_label(coding: Mapping[str, Any]) -> bool:
    return coding.get("system") == codes.VISIT_VIEW


def _is_own(record: Record, visit: Resource) -> bool:
    """A visit is that of the unit that held it, and of who took part."""
    people = {one.get("individual", {}).get("reference", "") for one in visit.get("participant", ())}
    unit = visit.get("serviceProvider", {}).get("reference", "")
    return record.context.actor in people or (unit != "" and unit == f"Organization/{record.context.party}")


async def label_visit(record: Record, person: str, id: str, version: int, label: str, reason: str) -> Written | Refusal:
    """Set the label of a visit, or take it away (empty), at the version that was shown, with a reason."""
    if label and label not in LABELS:
        return refused(Kind.UNPROCESSABLE, "value", "Choose what was decided.", "label", key="visit.label")
    why = reason.strip()
    if not why or len(why) > LONGEST:
        return refused(Kind.UNPROCESSABLE, "required", "Write why, in a sentence.", "reason", key="visit.reason")
    there = await _own(record, person, id)
    if isinstance(there, Refusal):
        return there
    said: Resource = {
        "url": SAID,
        "extension": [
            {"url": "reason", "valueString": why},
            {"url": "by", "valueReference": codes.reference(record.context.actor)},
            {"url": "at", "valueInstant": instant(record.context.now)},
        ],
    }
    security = [{"system": codes.VISIT_VIEW, "code": label}] if label else []
    return await _put(record, there, version, security, [said])


async def undo_label(record: Record, person: str, id: str, version: int) -> Written | Refusal:
    """Let a visit say again what it said before one's own change, which made `version`, while nothing came since."""
    there = await _own(record, person, id)
    if isinstance(there, Refusal):
        return there
    if version < 2 or not _visit(record, there).undo:
        return refused(Kind.NOT_FOUND, "not-found", "There is nothing to undo.", key="record.not-found")
    before = await as_saman(record).vread("Encounter", id, version - 1)
    if isinstance(before, Refusal):
        return before
    visit = before.resource()
    security = [one for one in visit.get("meta", {}).get("security", ()) if _is_label(one)]
    return await _put(record, there, version, security, [e for e in visit.get("extension", ()) if e["url"] == SAID])


async def _own(record: Record, person: str, id: str) -> Stored | Refusal:
    """A visit that is the professional's to label, as they see it; for everything else there is none."""
    found = await visits_of(record, person)
    if isinstance(found, Refusal):
        return found
    if not any(one.id == id and one.mine for one in found):
        return _nothing()
    return await as_saman(record).read("Encounter", id)


async def _put(
    record: Record, there: Stored, version: int, security: list[Resource], said: list[Resource]
) -> Written | Refusal:
    visit = there.resource()
    meta = {name: value for name, value in visit.get("meta", {}).items() if name not in ("versionId", "lastUpdated")}
    others = [one for one in meta.pop("security", ()) if not _is_label(one)]
    meta |= {"security": [*others, *security]} if others or security else {}
    kept = [one for one in visit.get("extension", ()) if one.get("url") != SAID]
    changed = {name: value for name, value in visit.items() if name not in ("meta", "extension")}
    changed |= {"meta": meta} if meta else {}
    changed |= {"extension": [*kept, *said]} if kept or said else {}
    return await as_saman(record).update("Encounter", there.id, changed, version)


def _nothing() -> Refusal:
    return refused(Kind.NOT_FOUND, "not-found", "There is no such visit.", key="record.not-found")
