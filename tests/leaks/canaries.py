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


def about(id: str) -> list[Resource]:
    """Something of every kind about a person."""
    person = {"reference": f"Patient/{id}", "display": canary("reference")}
    told = [{"text": canary("note")}]
    period = {"start": "2026-11-01"}

    def made(type_name: str, **more: Any) -> Resource:
        return {"resourceType": type_name, "id": f"hidden-{type_name.lower()}", **more}

    def text(of: str) -> Resource:
        return {"text": canary(of)}

    return [
        made("RelatedPerson", patient=person, name=[text("relative")]),
        made(
            "Observation", status="final", code=text("observation"), subject=person, effectiveDateTime=WHEN, note=told
        ),
        made("Condition", code=text("condition"), subject=person, note=told),
        made("AllergyIntolerance", code=text("allergy"), patient=person),
        made(
            "MedicationRequest", status="active", intent="order", subject=person, medicationCodeableConcept=text("drug")
        ),
        made("CarePlan", status="active", intent="plan", subject=person, title=canary("plan"), description=canary("d")),
        made("Goal", lifecycleStatus="active", description=text("goal"), subject=person),
        made("CareTeam", status="active", name=canary("team"), subject=person, period=period),
        made(
            "Task", status="requested", intent="order", code=concept(codes.TASK, codes.HOME_VISIT), note=told,
            description=canary("task"), owner={"reference": ELSEWHERE}, authoredOn=WHEN, **{"for": person},
        ),
        made(
            "Communication", status="completed", subject=person, sent=WHEN, payload=[{"contentString": canary("said")}]
        ),
        made(
            "Appointment", status="booked", start=WHEN, end="2026-11-20T11:00:00+01:00", description=canary("visit"),
            participant=[{"actor": person, "status": "accepted"}],
        ),
        made(
            "QuestionnaireResponse", status="completed", subject=person, authored=WHEN,
            item=[{"linkId": "comment", "answer": [{"valueString": canary("answer")}]}],
        ),
        made(
            "DocumentReference", status="current", subject=person, description=canary("document"),
            content=[{"attachment": {"title": canary("attachment")}}],
        ),
        made("ServiceRequest", status="active", intent="order", subject=person, code=text("referral")),
        made(
            "EpisodeOfCare", status="active", patient=person, type=[text("episode")],
            managingOrganization={"reference": ELSEWHERE},
        ),
        made("Flag", status="active", code=text("flag"), subject=person),
        made(
            "Encounter", status="finished", subject=person, reasonCode=[text("reason")],
            **{"class": {"code": "HH", "display": canary("class")}},
        ),
        made("DiagnosticReport", status="final", code=text("report"), subject=person, conclusion=canary("conclusion")),
        made("Device", patient=person, deviceName=[{"name": canary("device"), "type": "user-friendly-name"}]),
        made("List", status="current", mode="working", title=canary("list"), subject=person),
        made(
            "Consent", status="active", patient=person, scope=text("scope"), category=[text("category")],
            policyRule=text("rule"),
        ),
        made("Group", type="person", actual=True, name=canary("group"), member=[{"entity": person}]),
        made("Basic", code=text("basic"), subject=person),
        made("Provenance", target=[person], recorded=WHEN, agent=[{"who": person}], reason=[text("provenance")]),
    ]  # fmt: skip
