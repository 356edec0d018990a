"""A citizen's no to a unit: some kinds of data or all of them, from now on, until it is taken back.

Written as a FHIR Consent in the shape of IHE's Privacy Consent on FHIR (https://profiles.ihe.net/ITI/PCF).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec

from saman.flows.reading import all_of, moment_of
from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access.consent import PRIVACY
from saman.model.access.domain import BY_WORD, Domain
from saman.model.care import codes
from saman.record import Record, Stored, Written

CLOSABLE = (Domain.PLAN, Domain.READINGS, Domain.HEALTH, Domain.SOCIAL)
"""Kinds of data that can be closed one by one. Who the person is stays with those who have a tie."""

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"

Resource = dict[str, Any]


class No(msgspec.Struct, frozen=True, kw_only=True):
    """A no in force: its Consent at a version, to which unit, to which kinds of data (all of CLOSABLE: everything)."""

    id: str
    version: int
    party: str
    kinds: tuple[Domain, ...]
    since: datetime


def proposal(record: Record, party: str, kinds: Collection[Domain], id: str = "") -> Resource | Refusal:
    """The Consent by which the citizen who asks says no to `party`; `id` when it takes the place of an earlier no."""
    if not kinds or not set(kinds) <= set(CLOSABLE):
        text = "Choose what they may not see."
        return refused(Kind.UNPROCESSABLE, "required", text, "kind", key="consent.kind")
    actor = {"role": codes.concept(PARTICIPATION, "IRCP"), "reference": codes.reference(f"Organization/{party}")}
    provision: Resource = {"type": "deny", "actor": [actor]}
    if set(kinds) != set(CLOSABLE):
        provision["class"] = [{"system": codes.KIND_OF_DATA, "code": one.word} for one in CLOSABLE if one in kinds]
    return {
        "resourceType": "Consent",
        **({"id": id} if id else {}),
        "status": "active",
        "scope": codes.concept(*PRIVACY),
        "category": [codes.concept("http://loinc.org", "59284-0")],
        "patient": codes.reference(record.context.actor),
        "performer": [codes.reference(record.context.actor)],
        "dateTime": instant(record.context.now),
        "policyRule": codes.concept(ACT_CODE, "OPTIN"),
        "provision": provision,
    }


async def own_nos(record: Record) -> tuple[No, ...] | Refusal:
    """The nos of the citizen who asks that are in force and were said on the pages, newest first."""
    asked = [("patient", record.context.actor), ("status", "active")]
    found = await all_of(record, "Consent", asked)
    if isinstance(found, Refusal):
        return found
    nos = (no for one in found if (no := _no(one)) is not None)
    return tuple(sorted(nos, key=lambda one: one.since, reverse=True))


def _no(stored: Stored) -> No | None:
    """A Consent as a no to one unit; None for any that says something else as well."""
    consent = stored.resource()
    provision = consent.get("provision", {})
    party = _party(provision)
    kinds = _kinds(provision)
    if not set(provision) <= {"type", "actor", "class"} or provision.get("type") != "deny" or not party or not kinds:
        return None
    since = moment_of(consent.get("dateTime", "1900-01-01"))
    return No(id=stored.id, version=stored.version, party=party, kinds=kinds, since=since)


def _party(provision: Resource) -> str:
    actors = [one.get("reference", {}).get("reference", "") for one in provision.get("actor", ())]
    return actors[0].removeprefix("Organization/") if len(actors) == 1 and actors[0].startswith("Organization/") else ""


def _kinds(provision: Resource) -> tuple[Domain, ...]:
    named = provision.get("class")
    if named is None:
        return CLOSABLE
    words = [one.get("code", "") for one in named if one.get("system") == codes.KIND_OF_DATA]
    return tuple(BY_WORD[word] for word in words if word in BY_WORD) if len(words) == len(named) else ()


async def say_no(record: Record, party: str, kinds: Collection[Domain]) -> Written | Refusal:
    """Say no, in the place of what was said to the same unit before; in force when this returns."""
    earlier = await _earlier(record, party)
    if isinstance(earlier, Refusal):
        return earlier
    consent = proposal(record, party, kinds, earlier.id if earlier else "")
    if isinstance(consent, Refusal):
        return consent
    if earlier is None:
        return await record.create(consent)
    return await record.update("Consent", earlier.id, consent, earlier.version)


async def _earlier(record: Record, party: str) -> No | Refusal | None:
    nos = await own_nos(record)
    return nos if isinstance(nos, Refusal) else next((one for one in nos if one.party == party), None)


async def take_back(record: Record, id: str) -> Written | Refusal:
    """End a no; what it closed is open again when this returns."""
    nos = await own_nos(record)
    if isinstance(nos, Refusal):
        return nos
    found = next((one for one in nos if one.id == id), None)
    there = await record.read("Consent", id) if found else None
    if found is None or there is None or isinstance(there, Refusal):
        return refused(Kind.NOT_FOUND, "not-found", "There is no such no.", key="record.not-found")
    return await record.update("Consent", id, there.resource() | {"status": "inactive"}, found.version)
