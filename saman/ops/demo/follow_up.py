"""Enrolment in home follow-up: referral, episode, personal limits with who set them and why, self-treatment plan."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache

import msgspec

from saman.ops.demo.bundle import put
from saman.ops.demo.codes import illness
from saman.ops.demo.hours import iso
from saman.ops.demo.local import CENTRE
from saman.ops.demo.marks import (
    ACTIVITY_SYSTEM,
    GOAL_SYSTEM,
    HAND_MADE,
    PLAN_SYSTEM,
    SERVICE_SYSTEM,
    ZONE,
    Resource,
    concept,
    mark,
    reference,
    words,
)
from saman.ops.demo.measures import MEASURES
from saman.ops.demo.packaged import read
from saman.ops.demo.profile import EarlierLimit, Enrolment, Illness, Limit, Person, Words
from saman.ops.demo.setting import Setting
from saman.ops.demo.staff import Worker, on_duty, roster

SERVICE = "digital-home-follow-up"


class _Step(msgspec.Struct):
    zone: str
    text: Words


class _SelfTreatment(msgspec.Struct):
    title: Words
    steps: list[_Step]


@cache
def _self_treatment_texts() -> dict[str, _SelfTreatment]:
    text = read("self_treatment.yaml")
    return msgspec.yaml.decode(text, type=dict[str, _SelfTreatment])


class Follow(msgspec.Struct, frozen=True):
    """Somebody in home follow-up, and what for."""

    person: Person
    enrolled: Enrolment
    reasons: tuple[Illness, ...]
    setting: Setting

    @property
    def gp(self) -> Worker:
        """The general practitioner who is responsible for the limits."""
        return on_duty("general-practitioner", self.person.place.slug)

    def setter(self, key: str) -> Worker:
        """Who set a limit: the general practitioner, or a member of staff by id."""
        return self.gp if key == "gp" else roster()[key]


def enrolment_entries(follow: Follow) -> Iterator[Resource]:
    """Referral, episode, self-treatment plan, and the limits as they were first set."""
    resources = [_referral(follow), _episode(follow), _self_treatment(follow)]
    resources += [_goal(follow, limit, limit.was or limit) for limit in follow.enrolled.limits]
    return (put(mark(resource, HAND_MADE)) for resource in resources)


def changed_limits(follow: Follow) -> list[Resource]:
    """Entries that replace limits by what they are today, which makes a second version of each."""
    changed = [limit for limit in follow.enrolled.limits if limit.was]
    return [put(mark(_goal(follow, limit, limit), HAND_MADE)) for limit in changed]


def _referral(follow: Follow) -> Resource:
    person, start = follow.person, follow.enrolled.since
    return {
        "resourceType": "ServiceRequest",
        "id": f"{person.id}-referral",
        "status": "active",
        "intent": "order",
        "category": [concept(SERVICE_SYSTEM, "health")],
        "code": {
            **concept(ACTIVITY_SYSTEM, SERVICE),
            **words("text", {"en": "Digital home follow-up", "nb": "Digital hjemmeoppfølging"}),
        },
        "subject": reference(person.patient),
        "authoredOn": iso(follow.setting.at(start - 6, "09:20")),
        "requester": reference(follow.gp.practitioner_role, follow.gp.name),
        "performer": [reference(f"Organization/{CENTRE}")],
        "reasonCode": [illness(reason.code) for reason in follow.reasons],
        "note": [
            words(
                "text",
                {
                    "en": "Was told what it is, can leave at any time, and said yes.",
                    "nb": "Har fått vite hva dette er, kan slutte når som helst, og sa ja.",
                },
            )
        ],
    }


def _episode(follow: Follow) -> Resource:
    person = follow.person
    return {
        "resourceType": "EpisodeOfCare",
        "id": episode_id(person),
        "status": "active",
        "type": [concept(SERVICE_SYSTEM, SERVICE)],
        "patient": reference(person.patient),
        "managingOrganization": reference(f"Organization/{CENTRE}"),
        "period": {"start": follow.setting.day(follow.enrolled.since).isoformat()},
        "referralRequest": [reference(f"ServiceRequest/{person.id}-referral")],
        "team": [reference(f"CareTeam/{person.id}-team")],
    }


def episode_id(person: Person) -> str:
    """Id of the EpisodeOfCare of somebody in home follow-up."""
    return f"{person.id}-home-follow-up"


def limit_id(person: Person, measure: str) -> str:
    """Id of the Goal that holds a personal limit."""
    return f"{person.id}-limit-{measure}"


def _goal(follow: Follow, limit: Limit, bounds: Limit | EarlierLimit) -> Resource:
    """The limit as a Goal; its versions are the history of the limit."""
    measure = MEASURES[limit.measure]
    setter = follow.setter(bounds.by)
    ends = {"low": bounds.low, "high": bounds.high}
    day = follow.setting.day(bounds.day).isoformat()
    reason = limit.reason if isinstance(bounds, Limit) else {"en": "Agreed at the start", "nb": "Avtalt ved oppstart"}
    return {
        "resourceType": "Goal",
        "id": limit_id(follow.person, limit.measure),
        "lifecycleStatus": "active",
        "category": [concept(GOAL_SYSTEM, "limit")],
        "description": words("text", _limit_words(limit, bounds)),
        "subject": reference(follow.person.patient),
        "startDate": day,
        "target": [
            {
                "measure": measure.concept(),
                "detailRange": {end: measure.quantity(Decimal(value)) for end, value in ends.items() if value},
            }
        ],
        "statusDate": day,
        "expressedBy": reference(setter.practitioner, setter.name),
        "note": [
            {"authorReference": reference(setter.practitioner), "time": f"{day}T12:00:00Z"} | words("text", reason)
        ],
    }


_MEASURE_WORDS: dict[str, Words] = {
    "spo2": {"en": "Oxygen in the blood", "nb": "Oksygen i blodet"},
    "pulse": {"en": "Pulse", "nb": "Puls"},
    "weight": {"en": "Weight", "nb": "Vekt"},
    "systolic": {"en": "Blood pressure, upper value", "nb": "Blodtrykk, overtrykk"},
    "diastolic": {"en": "Blood pressure, lower value", "nb": "Blodtrykk, undertrykk"},
}


def _limit_words(limit: Limit, bounds: Limit | EarlierLimit) -> Words:
    unit = MEASURES[limit.measure].unit
    name = _MEASURE_WORDS[limit.measure]
    if bounds.low:
        shown = bounds.low.replace(".", ",")
        return {
            "en": f"{name['en']}: {bounds.low} {unit} or higher",
            "nb": f"{name['nb']}: {shown} {unit} eller høyere",
        }
    high = bounds.high or ""
    shown = high.replace(".", ",")
    return {"en": f"{name['en']}: {high} {unit} or lower", "nb": f"{name['nb']}: {shown} {unit} eller lavere"}


def _self_treatment(follow: Follow) -> Resource:
    codes = {reason.code for reason in follow.reasons} & {"copd", "heart-failure"}
    text = _self_treatment_texts()["both" if len(codes) == 2 else codes.pop()]
    person, setting, start = follow.person, follow.setting, follow.enrolled.since
    return {
        "resourceType": "CarePlan",
        "id": f"{person.id}-self-treatment",
        "partOf": [reference(f"CarePlan/{person.id}-plan")],
        "status": "active",
        "intent": "plan",
        "category": [concept(PLAN_SYSTEM, "self-treatment")],
        **words("title", text.title),
        "subject": reference(person.patient),
        "period": {"start": setting.day(start).isoformat()},
        "created": iso(setting.at(start, "12:00")),
        "author": reference(follow.gp.practitioner_role, follow.gp.name),
        "activity": [
            {
                "extension": [{"url": ZONE, "valueCode": step.zone}],
                "detail": {"status": "in-progress", **words("description", step.text)},
            }
            for step in text.steps
        ],
    }
