"""A citizen's no to a unit: some kinds of data or all of them, from now on, until it is taken back.

Written as a FHIR Consent in the shape of IHE's Privacy Consent on FHIR (https://profiles.ihe.net/ITI/PCF).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import date, datetime
from typing import Any

import msgspec

from saman.flows.reading import all_of, moment_of
from saman.flows.writing import in_turn
from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access.consent import PRIVACY
from saman.model.access.domain import BY_WORD, Domain
from saman.model.access.guardian import Saying, Whose, saying
from saman.model.care import codes
from saman.record import SYSTEM, Record, Stored, Written

CLOSABLE = (Domain.PLAN, Domain.READINGS, Domain.HEALTH, Domain.SOCIAL)
"""Kinds of data that can be closed one by one. Who the person is stays with those who have a tie."""

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"

Resource = dict[str, Any]


class No(msgspec.Struct, frozen=True, kw_only=True):
    """A no in force: its Consent at a version, to which unit, to which kinds of data (all of CLOSABLE: everything).

    `by` is the reference of who said it: the person, or a guardian.
    """

    id: str
    version: int
    party: str
    kinds: tuple[Domain, ...]
    since: datetime
    by: str = ""


def proposal(
    record: Record, party: str, kinds: Collection[Domain], id: str = "", person: str = ""
) -> Resource | Refusal:
    """The Consent by which the one who asks says no to `party`; `id` when it takes the place of an earlier no.

    `person` is the Patient id of whom it is about, where that is not the one who asks.
    """
    if not kinds or not set(kinds) <= set(CLOSABLE):
        text = "Choose what they may not see."
        return refused(Kind.UNPROCESSABLE, "required", text, "kind", key="consent.kind")
    provision: Resource = {"type": "deny"}
    if set(kinds) != set(CLOSABLE):
        provision["class"] = [{"system": codes.KIND_OF_DATA, "code": one.word} for one in CLOSABLE if one in kinds]
    return consent_of(record, party, provision, id, person)


def consent_of(record: Record, party: str, provision: Resource, id: str = "", person: str = "") -> Resource:
    """The Consent by which the one who asks says this `provision` to `party`; `id` and `person` as in `proposal`."""
    actor = record.context.actor
    patient = f"Patient/{person}" if person else actor
    made = consent(party, provision, patient, actor, record.context.now)
    return made | ({"id": id} if id else {})


def consent(party: str, provision: Resource, patient: str, by: str, now: datetime) -> Resource:
    """The Consent about `patient` by which `by` (references) says this `provision` to `party` (Organization id)."""
    actor = {"role": codes.concept(PARTICIPATION, "IRCP"), "reference": codes.reference(f"Organization/{party}")}
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": codes.concept(*PRIVACY),
        "category": [codes.concept("http://loinc.org", "59284-0")],
        "patient": codes.reference(patient),
        "performer": [codes.reference(by)],
        "dateTime": instant(now),
        "policyRule": codes.concept(ACT_CODE, "OPTIN"),
        "provision": provision | {"actor": [actor]},
    }


async def own_nos(record: Record) -> tuple[No, ...] | Refusal:
    """The nos about the citizen who asks that are in force and were said on the pages, newest first."""
    return await nos_about(record, record.context.actor)


async def nos_about(record: Record, patient: str) -> tuple[No, ...] | Refusal:
    """The nos about a person (`Patient/1`) as far as the one who asks sees them, whoever said them."""
    asked = [("patient", patient), ("status", "active")]
    found = await all_of(record, "Consent", asked)
    if isinstance(found, Refusal):
        return found
    nos = (no for one in found if (no := _no(one)) is not None)
    return tuple(sorted(nos, key=lambda one: one.since, reverse=True))


def _no(stored: Stored) -> No | None:
    """A Consent as a no to one unit; None for any that says something else as well."""
    consent = stored.resource()
    provision = consent.get("provision", {})
    party = party_of(provision)
    kinds = _kinds(provision)
    if not set(provision) <= {"type", "actor", "class"} or provision.get("type") != "deny" or not party or not kinds:
        return None
    since = moment_of(consent.get("dateTime", "1900-01-01"))
    by = next((str(one.get("reference", "")) for one in consent.get("performer", ())), "")
    return No(id=stored.id, version=stored.version, party=party, kinds=kinds, since=since, by=by)


def party_of(provision: Resource) -> str:
    """The id of the one Organization that a provision names as recipient, or nothing."""
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
    patient = record.context.actor

    async def said(inner: Record) -> Written | Refusal:
        earlier = await earlier_no(inner, patient, party, patient)
        if isinstance(earlier, Refusal):
            return earlier
        consent = proposal(inner, party, kinds, earlier.id if earlier else "")
        return consent if isinstance(consent, Refusal) else await put_no(inner, consent, earlier)

    return await one_at_a_time(record, patient, said)


async def one_at_a_time(
    record: Record, patient: str, said: Callable[[Record], Awaitable[Written | Refusal]]
) -> Written | Refusal:
    """Say something about a person after everybody else who does has ended: two at once would make two Consents."""
    return await in_turn(record, "Consent", f"patient={patient}&status=active", lambda inner, _: said(inner))


async def earlier_no(record: Record, patient: str, party: str, by: str) -> No | Refusal | None:
    """What somebody has said about a person to a unit, and stands."""
    nos = await nos_about(record, patient)
    if isinstance(nos, Refusal):
        return nos
    return next((one for one in nos if one.party == party and one.by == by), None)


async def put_no(record: Record, consent: Resource, earlier: No | None) -> Written | Refusal:
    """Write the Consent, in the place of the earlier one."""
    if earlier is None:
        return await record.create(consent)
    return await record.update("Consent", earlier.id, consent, earlier.version)


async def take_back(record: Record, id: str) -> Written | Refusal:
    """End a no; what it closed is open again when this returns. One of a guardian ends once it is for the person."""
    nos = await own_nos(record)
    if isinstance(nos, Refusal):
        return nos
    found = next((one for one in nos if one.id == id), None)
    if found is None:
        return no_such()
    if found.by == record.context.actor:
        return await ended(record, found)
    whose = await own_saying(record)
    if isinstance(whose, Refusal):
        return whose
    if whose.whose is Whose.GUARDIAN:
        return refused(Kind.FORBIDDEN, "forbidden", "This is for the guardian to take back.", key="consent.guardian")
    return await ended(as_saman(record), found)


async def own_saying(record: Record) -> Saying | Refusal:
    """Whose it is to say no about the citizen who asks."""
    return await saying_about(record, record.context.actor.removeprefix("Patient/"))


async def saying_about(record: Record, person: str) -> Saying | Refusal:
    """Whose it is to say no about a Patient whom the one who asks sees."""
    found = await record.read("Patient", person)
    if isinstance(found, Refusal):
        return found
    day = found.resource().get("birthDate", "")
    born = date.fromisoformat(day) if len(day) == len("2026-11-22") else None
    return saying(record.store.policy, born, record.context.now)


async def ended(record: Record, no: No) -> Written | Refusal:
    """The Consent of a no, no longer active."""
    return await taken_back(record, no.id, no.version)


async def taken_back(record: Record, id: str, version: int) -> Written | Refusal:
    """A Consent that was seen at a version, no longer active."""
    there = await record.read("Consent", id)
    if isinstance(there, Refusal):
        return no_such()
    return await record.update("Consent", id, there.resource() | {"status": "inactive"}, version)


def no_such() -> Refusal:
    """There is no such no, or it is not for the one who asks to know."""
    return refused(Kind.NOT_FOUND, "not-found", "There is no such no.", key="record.not-found")


def as_saman(record: Record) -> Record:
    """The record for one step that has been held against the rules, logged in the name of the one who asks."""
    context = msgspec.structs.replace(record.context, number=SYSTEM, kind="system", narrowing=None)
    return Record(record.store, context, record.base, record.connection)
