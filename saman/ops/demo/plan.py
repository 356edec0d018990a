"""The shared plan: who is around the person, what the person wants, and health and social items as equals."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from saman.ops.demo.hours import iso
from saman.ops.demo.local import CENTRE, HOSPITAL
from saman.ops.demo.marks import (
    ACTIVITY_SYSTEM,
    CITIZEN_ANSWER,
    GOAL_SYSTEM,
    PLAN_SYSTEM,
    ROLE_SYSTEM,
    SECTOR,
    Resource,
    concept,
    reference,
    words,
)
from saman.ops.demo.people import condition_id, relative_id
from saman.ops.demo.profile import Enrolment, Person, Profile, Words
from saman.ops.demo.setting import Setting
from saman.ops.demo.social import performer
from saman.ops.demo.staff import on_duty, roster

SCHEDULES: dict[str, tuple[tuple[int, ...], Words]] = {
    "daily": ((0, 1, 2, 3, 4, 5, 6), {"en": "every day", "nb": "hver dag"}),
    "mon-wed-fri": ((0, 2, 4), {"en": "Mon, Wed, Fri", "nb": "man, ons, fre"}),
    "mon-wed-fri-sat": ((0, 2, 4, 5), {"en": "Mon, Wed, Fri, Sat", "nb": "man, ons, fre, lør"}),
    "mon-wed-fri-sun": ((0, 2, 4, 6), {"en": "Mon, Wed, Fri, Sun", "nb": "man, ons, fre, søn"}),
    "mon-thu": ((0, 3), {"en": "Mon, Thu", "nb": "man, tor"}),
}
"""Days of the week on which readings are asked for (Monday is 0), and the words for them."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Circle(msgspec.Struct, frozen=True):
    """What plan and team are made of; `profile` is missing for published people."""

    person: Person
    setting: Setting
    profile: Profile | None = None
    enrolled: Enrolment | None = None

    @property
    def since(self) -> int:
        """The day the plan began."""
        return self.enrolled.since if self.enrolled else -120


def plan_resources(circle: Circle) -> Iterator[Resource]:
    """CareTeam, own goals and shared CarePlan."""
    yield care_team(circle)
    if circle.profile:
        yield from _wishes(circle.person, circle.profile, circle.setting)
    if circle.profile or circle.enrolled:
        yield _shared_plan(circle)


def care_team(circle: Circle) -> Resource:
    """Who is around the person: a named person stands with the organisation they act for, a unit for itself."""
    start = circle.setting.day(circle.since).isoformat()
    return {
        "resourceType": "CareTeam",
        "id": f"{circle.person.id}-team",
        "status": "active",
        **words("name", {"en": f"Around {circle.person.name}", "nb": f"Rundt {circle.person.name}"}),
        "subject": reference(circle.person.patient),
        "period": {"start": start},
        "participant": [{**member, "period": {"start": start}} for member in _members(circle)],
    }


def _members(circle: Circle) -> Iterator[Resource]:
    person, profile = circle.person, circle.profile
    yield _unit("citizen", person.patient)
    yield _named("general-practitioner", person)
    yield _unit("general-practitioner", f"Organization/gp-{person.place.slug}-1")
    if profile or circle.enrolled:
        yield _named("coordinator", person)
    if circle.enrolled or (profile and profile.social):
        yield _unit(("home-care-nurse", "home-care-worker"), f"Organization/homecare-{person.place.slug}")
    if circle.enrolled:
        yield _unit("telemedicine-nurse", f"Organization/{CENTRE}")
    if circle.enrolled or (profile and profile.hospital):
        yield _unit("hospital-doctor", f"Organization/{HOSPITAL}")
    if profile:
        yield from _close(person, profile)


def _close(person: Person, profile: Profile) -> Iterator[Resource]:
    for relative in profile.relatives:
        yield _unit("relative", f"RelatedPerson/{relative_id(relative, person)}")
    if profile.volunteer:
        volunteer = roster()[profile.volunteer]
        yield {
            **_unit("association-volunteer", volunteer.practitioner),
            "onBehalfOf": reference(f"Organization/{volunteer.organization}"),
        }


def _unit(roles: str | tuple[str, ...], member: str) -> Resource:
    codes = (roles,) if isinstance(roles, str) else roles
    return {"role": [concept(ROLE_SYSTEM, code) for code in codes], "member": reference(member)}


def _named(role: str, person: Person) -> Resource:
    worker = on_duty(role, person.place.slug)
    return {
        "role": [concept(ROLE_SYSTEM, role)],
        "member": reference(worker.practitioner, worker.name),
        "onBehalfOf": reference(f"Organization/{worker.organization}"),
    }


def _wishes(person: Person, profile: Profile, setting: Setting) -> Iterator[Resource]:
    for turn, wish in enumerate(profile.wishes):
        yield {
            "resourceType": "Goal",
            "id": f"{person.id}-goal-{turn + 1}",
            "lifecycleStatus": "active",
            "category": [concept(GOAL_SYSTEM, "personal")],
            "description": words("text", wish.text),
            "subject": reference(person.patient),
            "startDate": setting.day(wish.day).isoformat(),
            "expressedBy": reference(person.patient),
        }


def _shared_plan(circle: Circle) -> Resource:
    person, profile, setting = circle.person, circle.profile, circle.setting
    coordinator = on_duty("coordinator", person.place.slug)
    goals = [f"Goal/{person.id}-goal-{turn + 1}" for turn in range(len(profile.wishes))] if profile else []
    conditions = [condition_id(person, illness.code) for illness in profile.conditions] if profile else []
    return {
        "resourceType": "CarePlan",
        "id": f"{person.id}-plan",
        "status": "active",
        "intent": "plan",
        "category": [concept(PLAN_SYSTEM, "shared")],
        **words("title", {"en": "Shared plan", "nb": "Felles plan"}),
        "subject": reference(person.patient),
        "period": {"start": setting.day(circle.since).isoformat()},
        "created": iso(setting.at(circle.since, "11:30")),
        "author": reference(coordinator.practitioner_role, coordinator.name),
        "careTeam": [reference(f"CareTeam/{person.id}-team")],
        **({"addresses": [reference(f"Condition/{key}") for key in conditions]} if conditions else {}),
        **({"goal": [reference(goal) for goal in goals]} if goals else {}),
        "activity": list(_activities(circle)),
    }


def _activities(circle: Circle) -> Iterator[Resource]:
    person = circle.person
    if circle.enrolled:
        yield _follow_up(circle.enrolled)
        gp = on_duty("general-practitioner", person.place.slug)
        text = {"en": "Self-treatment plan", "nb": "Egenbehandlingsplan"}
        yield _activity("health", "self-treatment", text, gp.practitioner_role)
    for support in circle.profile.social if circle.profile else []:
        yield _activity("social", support.code, support.text, performer(person, support), support.answer)
    if not circle.enrolled and not (circle.profile and circle.profile.social):
        text = {"en": "Follow-up at the GP", "nb": "Oppfølging hos fastlegen"}
        yield _activity("health", "gp-follow-up", text, f"Organization/gp-{person.place.slug}-1")


def _follow_up(enrolled: Enrolment) -> Resource:
    days, when = SCHEDULES[enrolled.schedule]
    text = {language: f"{name} {when[language]}" for language, name in _FOLLOW_UP.items()}
    activity = _activity("health", "digital-home-follow-up", text, f"Organization/{CENTRE}")
    repeat = {"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": [_DAYS[day] for day in days]}
    activity["detail"]["scheduledTiming"] = {"repeat": {**repeat, "frequency": len(days)}}
    return activity


_FOLLOW_UP = {"en": "Home follow-up", "nb": "Digital hjemmeoppfølging"}


def _activity(sector: str, code: str, text: Words, by: str, answer: str = "wants") -> Resource:
    started = answer in ("wants", "could-not-say")
    return {
        "extension": [{"url": SECTOR, "valueCode": sector}, {"url": CITIZEN_ANSWER, "valueCode": answer}],
        "detail": {
            "kind": "ServiceRequest",
            "code": {**concept(ACTIVITY_SYSTEM, code), **words("text", text)},
            "status": "in-progress" if started else "not-started",
            "performer": [reference(by)],
            **words("description", text),
        },
    }
