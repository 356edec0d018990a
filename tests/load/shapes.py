"""The resources of the bench: readings at home, and what there is around the people who take them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

Resource = dict[str, Any]

CENTRE, HOME_CARE = "agder-telemedicine-centre", "homecare-grimstad"
IDENTIFIERS = "urn:saman:bench"
GENDERS = ("female", "male")
GOALS = 2


class Code(NamedTuple):
    """What is measured, in which unit, and what is usual. Nobody in the demo measures the same."""

    loinc: str
    display: str
    unit: str
    usual: int


CODES = (
    Code("2710-2", "Oxygen saturation in Capillary blood by Oximetry", "%", 93),
    Code("8889-8", "Heart rate by Pulse oximetry", "/min", 72),
    Code("3141-9", "Body weight Measured", "kg", 81),
)
ASIDE = Code("9279-1", "Respiratory rate", "/min", 16)
"""What only the person aside measures, so that no step but theirs finds it."""
NOTE = (
    "Taken at rest, sitting, five minutes after the last movement; told by the meter itself. The hand was warm, the "
    "finger without varnish, and the value had been steady for ten seconds when it was taken. Nothing hurt, nothing "
    "was unusual that day, and the meter was checked by the centre three weeks ago."
)


def reading(person: str, at: datetime, code: Code, pick: Random) -> Resource:
    """A home measurement in the shape of the Personal Health Device guide, 1.4 kB as JSON."""
    device = f"urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.{pick.randint(1000, 9999)}"
    return {
        "resourceType": "Observation",
        "meta": {
            "profile": ["http://hl7.org/fhir/uv/phd/StructureDefinition/PhdNumericObservation"],
            "tag": [{"system": "urn:saman:origin", "code": "bench", "display": "made for the bench, about nobody"}],
        },
        "identifier": [{"system": device, "value": f"{pick.getrandbits(64):016x}-{at:%Y%m%dT%H%M%S}-{code.loinc}"}],
        "status": "final",
        "category": [
            {"coding": [{"system": "urn:saman:category", "code": "home-monitoring", "display": "Home monitoring"}]}
        ],
        "code": {
            "coding": [
                {"system": "http://loinc.org", "code": code.loinc, "display": code.display},
                {"system": "urn:iso:std:iso:11073:10101", "code": str(150000 + code.usual), "display": "MDC"},
            ],
            "text": code.display,
        },
        "subject": {"reference": f"Patient/{person}"},
        "effectiveDateTime": at.isoformat(timespec="seconds"),
        "performer": [{"reference": f"Patient/{person}"}],
        "valueQuantity": {
            "value": code.usual + pick.randint(-3, 3),
            "unit": code.unit,
            "system": "http://unitsofmeasure.org",
            "code": code.unit,
        },
        "device": {
            "identifier": {"system": device, "value": f"{pick.getrandbits(48):012X}"},
            "display": "Meter at home",
        },
        "note": [{"text": NOTE}],
    }


def example() -> Resource:
    """A reading, to be weighed."""
    return reading("x" * 26, datetime.now(UTC), CODES[1], Random(1))


def directory() -> list[Resource]:
    """One nurse more in each of two units."""
    made: list[Resource] = []
    for unit, role in ((CENTRE, "telemedicine-nurse"), (HOME_CARE, "home-care-nurse")):
        coding = {"coding": [{"system": "urn:saman:role", "code": role}]}
        made += [
            {"resourceType": "Practitioner", "id": f"{unit}-nurse", "name": [{"family": unit}]},
            {
                "resourceType": "PractitionerRole",
                "id": f"{unit}-role",
                "active": True,
                "practitioner": {"reference": f"Practitioner/{unit}-nurse"},
                "organization": {"reference": f"Organization/{unit}"},
                "code": [coding],
            },
        ]
    return made


def patient(number: int) -> Resource:
    """One of the people, found by their number."""
    return {
        "resourceType": "Patient",
        "identifier": [{"system": IDENTIFIERS, "value": str(number)}],
        "name": [{"text": f"Bench {number}"}],
        "gender": GENDERS[number % len(GENDERS)],
    }


def ties(person: str) -> list[Resource]:
    """What lets the centre see a person's readings, and home care take them."""
    subject = {"reference": f"Patient/{person}"}
    return [
        {
            "resourceType": "CareTeam",
            "status": "active",
            "subject": subject,
            "participant": [{"member": {"reference": f"Organization/{CENTRE}"}}],
        },
        {
            "resourceType": "Task",
            "status": "accepted",
            "intent": "order",
            "code": {"coding": [{"system": "urn:saman:activity", "code": "home-visit"}]},
            "for": subject,
            "owner": {"reference": f"Organization/{HOME_CARE}"},
        },
    ]


def goal(person: str, number: int) -> Resource:
    """What a person wants to reach."""
    return {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": f"Goal {number}: walk to the shop and back without a rest"},
        "subject": {"reference": f"Patient/{person}"},
    }


def care_plan(person: str, goals: list[str]) -> Resource:
    """The plan that leads to these Goals."""
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "title": "Shared plan",
        "subject": {"reference": f"Patient/{person}"},
        "goal": [{"reference": f"Goal/{one}"} for one in goals],
    }


def work(person: str, at: datetime) -> Resource:
    """A report that waits to be read."""
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": {"coding": [{"system": "urn:saman:task", "code": "read-report"}]},
        "for": {"reference": f"Patient/{person}"},
        "authoredOn": at.isoformat(),
        "requester": {"reference": f"Patient/{person}"},
        "owner": {"reference": f"Organization/{CENTRE}"},
        "restriction": {"period": {"end": (at + timedelta(days=3)).isoformat()}},
    }
