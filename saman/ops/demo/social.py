"""Help in daily life: what is given, what was decided, why, and how to appeal."""

from __future__ import annotations

from collections.abc import Iterator

from saman.model.access.domain import SOCIAL_CARE
from saman.ops.demo.bundle import put
from saman.ops.demo.hours import iso
from saman.ops.demo.local import APPEAL_BODY, APPEAL_WITHIN
from saman.ops.demo.marks import (
    ACTIVITY_SYSTEM,
    CATEGORY_SYSTEM,
    CITIZEN_ANSWER,
    COMMUNICATION_SYSTEM,
    DECISION,
    HAND_MADE,
    Resource,
    concept,
    mark,
    reference,
    social,
    words,
)
from saman.ops.demo.profile import Decision, Person, Profile, Support, Words
from saman.ops.demo.setting import Setting
from saman.ops.demo.staff import on_duty

_STATUS = {"wants": "active", "does-not-want": "on-hold", "not-asked": "draft", "could-not-say": "active"}
_OUTCOMES: dict[str, Words] = {
    "granted": {"en": "You get what you asked for", "nb": "Du får det du søkte om"},
    "partly-granted": {"en": "You get part of what you asked for", "nb": "Du får en del av det du søkte om"},
    "refused": {"en": "You do not get what you asked for", "nb": "Du får ikke det du søkte om"},
}


def social_entries(person: Person, profile: Profile, setting: Setting) -> Iterator[Resource]:
    """The help a person has or is offered, then the decisions behind it."""
    for support in profile.social:
        yield put(social(mark(_support(person, support, setting), HAND_MADE)))
    for decision in profile.decisions:
        yield put(social(mark(_decision(person, decision, profile, setting), HAND_MADE)))


def performer(person: Person, support: Support) -> str:
    """Reference to the party that gives the help: the municipality's home care unless another is named."""
    return f"Organization/{support.by or f'homecare-{person.place.slug}'}"


def _support(person: Person, support: Support, setting: Setting) -> Resource:
    officer = on_duty("needs-assessor", person.place.slug)
    return {
        "resourceType": "ServiceRequest",
        "id": f"{person.id}-{support.code}",
        "extension": [{"url": CITIZEN_ANSWER, "valueCode": support.answer}],
        "status": _STATUS[support.answer],
        "intent": "proposal" if support.answer == "not-asked" else "order",
        "category": [concept(CATEGORY_SYSTEM, SOCIAL_CARE)],
        "code": {**concept(ACTIVITY_SYSTEM, support.code), **words("text", support.text)},
        "subject": reference(person.patient),
        "occurrencePeriod": {"start": setting.day(support.day).isoformat()},
        "authoredOn": iso(setting.at(support.day - 1, "11:00")),
        "requester": reference(officer.practitioner_role, officer.name),
        "performer": [reference(performer(person, support))],
        **({"patientInstruction": support.when["en"]} if support.when else {}),
        **({"note": [words("text", support.when)]} if support.when else {}),
    }


def _decision(person: Person, decision: Decision, profile: Profile, setting: Setting) -> Resource:
    officer = on_duty("needs-assessor", person.place.slug)
    sent = setting.at(decision.day, "13:00")
    helped = [support.code for support in profile.social if support.code == decision.code]
    return {
        "resourceType": "Communication",
        "id": f"{person.id}-decision-{decision.code}",
        "extension": [{"url": DECISION, "extension": _terms(decision, setting)}],
        **({"basedOn": [reference(f"ServiceRequest/{person.id}-{code}") for code in helped]} if helped else {}),
        "status": "completed",
        "category": [concept(COMMUNICATION_SYSTEM, "decision"), concept(CATEGORY_SYSTEM, SOCIAL_CARE)],
        "medium": [concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationMode", "MAILWRIT", "Letter")],
        "subject": reference(person.patient),
        "topic": words("text", decision.asked),
        "sent": iso(sent),
        "recipient": [reference(person.patient)],
        "sender": reference(officer.practitioner_role, officer.name),
        "payload": [
            words("contentString", _OUTCOMES[decision.outcome]),
            words("contentString", decision.reason),
            words("contentString", _appeal(decision, setting)),
        ],
    }


def _terms(decision: Decision, setting: Setting) -> list[Resource]:
    valid = {"start": setting.day(decision.day).isoformat()}
    if decision.months:
        valid["end"] = setting.day(decision.day + decision.months * 365 // 12).isoformat()
    return [
        {"url": "outcome", "valueCode": decision.outcome},
        {"url": "reason", **words("valueString", decision.reason)},
        {"url": "period", "valuePeriod": valid},
        {"url": "appeal-body", "valueString": APPEAL_BODY},
        {"url": "appeal-until", "valueDate": _appeal_until(decision, setting)},
        {"url": "rule-status", "valueCode": "unchecked"},
    ]


def _appeal_until(decision: Decision, setting: Setting) -> str:
    return (setting.day(decision.day) + APPEAL_WITHIN).isoformat()


def _appeal(decision: Decision, setting: Setting) -> Words:
    until = _appeal_until(decision, setting)
    return {
        "en": f"If you disagree, you can appeal to {APPEAL_BODY} through the municipality before {until}.",
        "nb": f"Er du uenig, kan du klage til {APPEAL_BODY} gjennom kommunen før {until}.",
    }
