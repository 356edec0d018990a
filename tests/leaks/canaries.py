"""What nobody in the demo may see: a person whom no unit follows, with a canary word in every text there is."""

from __future__ import annotations

from typing import Any

from saman.model.care import codes
from saman.model.care.codes import concept

CANARY = "qkanari"
"""Stands in every hidden text, never in an id: an answer that holds it has leaked."""
TYPED = "Zqkana"
"""What somebody may type who looks for hidden people: the beginning of every canary, and no canary itself."""
PERSON, GONE = "hidden-person", "hidden-gone"
ELSEWHERE = "Organization/elsewhere"
WHEN = "2026-11-20T10:00:00+01:00"

Resource = dict[str, Any]


def canary(of: str) -> str:
    """A word that tells where it came from."""
    return f"Zq{CANARY[1:]} {of}"


def organization() -> Resource:
    """Who looks after the hidden person: nobody in the demo works there."""
    return {"resourceType": "Organization", "id": ELSEWHERE.partition("/")[2], "name": "Elsewhere"}


def patient(id: str) -> Resource:
    """A person; every text is a canary."""
    return {
        "resourceType": "Patient",
        "id": id,
        "birthDate": "1948-03-14",
        "gender": "female",
        "name": [{"text": canary("name"), "family": canary("family"), "given": [canary("given")]}],
        "identifier": [{"system": "urn:canary", "value": canary("identifier")}],
        "telecom": [{"system": "phone", "value": canary("phone")}],
        "address": [{"line": [canary("line")], "city": canary("city"), "postalCode": "4876"}],
        "contact": [{"name": {"text": canary("contact")}}],
        "managingOrganization": {"reference": ELSEWHERE},
    }


def text(of: str) -> Resource:
    """A concept or a name that is a canary."""
    return {"text": canary(of)}


def made(type_name: str, **more: Any) -> Resource:
    """A resource with an id of its own."""
    return {"resourceType": type_name, "id": f"hidden-{type_name.lower()}", **more}


def about(id: str) -> list[Resource]:
    """Something of every kind about a person."""
    person = {"reference": f"Patient/{id}", "display": canary("reference")}
    return [*_measured(person), *_planned(person), *_said(person), *_kept(person)]


TOLD = [{"text": canary("note")}]
PERIOD = {"start": "2026-11-01"}
ACTIVE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]}


def _measured(person: Resource) -> list[Resource]:
    """What was found."""
    when = {"effectiveDateTime": WHEN, "note": TOLD}
    return [
        made("Observation", status="final", code=text("observation"), subject=person, **when),
        made("Condition", code=text("condition"), subject=person, note=TOLD),
        made("AllergyIntolerance", code=text("allergy"), patient=person, clinicalStatus=ACTIVE),
        made("DiagnosticReport", status="final", code=text("report"), subject=person, conclusion=canary("conclusion")),
        made("Flag", status="active", code=text("flag"), subject=person),
        made("Device", patient=person, deviceName=[{"name": canary("device"), "type": "user-friendly-name"}]),
        made(
            "Encounter", status="finished", subject=person, reasonCode=[text("reason")],
            **{"class": {"code": "HH", "display": canary("class")}},
        ),
    ]  # fmt: skip


def _planned(person: Resource) -> list[Resource]:
    """What is to be done, and by whom."""
    ordered = {"status": "active", "intent": "order", "subject": person}
    return [
        made("MedicationRequest", medicationCodeableConcept=text("drug"), **ordered),
        made("ServiceRequest", code=text("referral"), **ordered),
        made("CarePlan", status="active", intent="plan", subject=person, title=canary("plan"), description=canary("d")),
        made("Goal", lifecycleStatus="active", description=text("goal"), subject=person),
        made("CareTeam", status="active", name=canary("team"), subject=person, period=PERIOD),
        made(
            "Task", status="requested", intent="order", code=concept(codes.TASK, codes.HOME_VISIT), note=TOLD,
            description=canary("task"), owner={"reference": ELSEWHERE}, authoredOn=WHEN, **{"for": person},
        ),
        made(
            "Appointment", status="booked", start=WHEN, end="2026-11-20T11:00:00+01:00", description=canary("visit"),
            participant=[{"actor": person, "status": "accepted"}],
        ),
        made(
            "EpisodeOfCare", status="active", patient=person, type=[text("episode")],
            managingOrganization={"reference": ELSEWHERE},
        ),
    ]  # fmt: skip


def _said(person: Resource) -> list[Resource]:
    """What was written and answered."""
    answer = {"linkId": "comment", "answer": [{"valueString": canary("answer")}]}
    payload = [{"contentString": canary("said")}]
    return [
        made("Communication", status="completed", subject=person, sent=WHEN, payload=payload),
        made("QuestionnaireResponse", status="completed", subject=person, authored=WHEN, item=[answer]),
        made(
            "DocumentReference", status="current", subject=person, description=canary("document"),
            content=[{"attachment": {"title": canary("attachment")}}],
        ),
    ]  # fmt: skip


def _kept(person: Resource) -> list[Resource]:
    """Who is close, what is allowed, and what holds the rest together."""
    provenance = {"recorded": WHEN, "agent": [{"who": person}], "reason": [text("provenance")]}
    return [
        made("RelatedPerson", patient=person, name=[text("relative")]),
        made("List", status="current", mode="working", title=canary("list"), subject=person),
        made(
            "Consent", status="active", patient=person, scope=text("scope"), category=[text("category")],
            policyRule=text("rule"),
        ),
        made("Group", type="person", actual=True, name=canary("group"), member=[{"entity": person}]),
        made("Basic", code=text("basic"), subject=person),
        made("Provenance", target=[person], **provenance),
    ]  # fmt: skip
