"""The plan of a person in a region's demo: who is around, what the person wants, health and social items as equals."""

from __future__ import annotations

from collections.abc import Iterator

from saman.flows.consent.choices import consent
from saman.kernel.clock import instant
from saman.model.access.domain import SOCIAL_CARE
from saman.model.care import codes
from saman.model.care.region import Sector
from saman.model.care.service_model import Activity
from saman.ops.demo.anywhere.cast import CARED_FOR, Citizen
from saman.ops.demo.anywhere.people import text
from saman.ops.demo.anywhere.scene import Scene
from saman.ops.demo.bundle import post, put, urn
from saman.ops.demo.marks import HAND_MADE, Resource, concept, mark, reference, social, words
from saman.ops.demo.profile import Words

SINCE = -95
"""The day on which plan and service began."""

CARE = ("home-care-nurse", "home-care-worker")
NAMED = ("general-practitioner", "coordinator")
NEVER = ("association-volunteer", *NAMED, *CARED_FOR)
"""Roles that take part as units never: by name, or not at all."""

HELPS = 2
"""So many social activities of the service stand in the plan; the last of them the person has not been asked of."""

Help = tuple[str, Words, str, str]
"""Code, words, reference of who gives it, and what the person says to it."""


def plan_entries(citizen: Citizen, scene: Scene) -> Iterator[Resource]:
    """CareTeam, own goal, the shared plan, and the help in daily life that stands in it."""
    helps = list(_helps(citizen, scene))
    for resource in (_team(citizen, scene), _goal(citizen, scene), _plan(citizen, scene, helps)):
        yield put(mark(resource, HAND_MADE))
    for help_ in helps:
        yield put(social(mark(_support(citizen, scene, help_), HAND_MADE)))


def is_followed(citizen: Citizen) -> bool:
    """Whether the service of the demo follows somebody."""
    return citizen.row.followed is not None


def _is_helped(citizen: Citizen) -> bool:
    return is_followed(citizen) or citizen.row.dementia


def _team(citizen: Citizen, scene: Scene) -> Resource:
    since = {"start": scene.day(SINCE).isoformat()}
    return {
        "resourceType": "CareTeam",
        "id": f"{citizen.id}-team",
        "status": "active",
        "subject": reference(citizen.patient),
        "period": since,
        "participant": [member | {"period": since} for member in _members(citizen, scene)],
    }


def consent_entries(citizen: Citizen, scene: Scene) -> Iterator[Resource]:
    """A yes to each unit in the care team that may see more only by one, where the region's rules ask for it."""
    for party in sorted(_asking(citizen, scene)):
        made = consent(party, {"type": "permit"}, citizen.patient, citizen.patient, scene.at(SINCE, "12:30"))
        yield post(mark(made, HAND_MADE), urn(f"yes {citizen.id} {party}"))


def _asking(citizen: Citizen, scene: Scene) -> set[str]:
    units: set[str] = set()
    for role in scene.asking.intersection((*NAMED, *_around(citizen, scene))):
        worker, party = scene.cast.worker(role), scene.cast.party(role)
        units |= {worker.organization} if worker is not None and role in NAMED else set()
        units |= {party.id} if party is not None and role not in NAMED else set()
    return units


def _members(citizen: Citizen, scene: Scene) -> Iterator[Resource]:
    cast = scene.cast
    units: dict[str, list[str]] = {}
    yield _member(["citizen"], citizen.patient)
    for role in NAMED:
        worker = cast.worker(role)
        if worker is not None:
            behalf = reference(f"Organization/{worker.organization}")
            yield _member([role], worker.practitioner) | {"onBehalfOf": behalf}
            units.setdefault(worker.organization, []).append(role)
    for role in _around(citizen, scene):
        party = cast.party(role)
        if party is not None:
            units.setdefault(party.id, []).append(role)
    for unit, roles in units.items():
        yield _member(roles, f"Organization/{unit}")
    if citizen.close:
        yield _member(["relative"], f"RelatedPerson/{citizen.close.id}")


def _around(citizen: Citizen, scene: Scene) -> Iterator[str]:
    """The roles that take part as units: those of the service, and home care wherever somebody is helped."""
    if is_followed(citizen):
        asked = (one.role for one in scene.cast.service.roles if one.role not in NEVER)
        yield from dict.fromkeys((*asked, *CARE))
    elif _is_helped(citizen):
        yield from CARE


def _member(roles: list[str], member: str) -> Resource:
    return {"role": [concept(codes.ROLE, role) for role in roles], "member": reference(member)}


def _goal(citizen: Citizen, scene: Scene) -> Resource:
    return {
        "resourceType": "Goal",
        "id": f"{citizen.id}-goal",
        "lifecycleStatus": "active",
        "category": [concept(codes.GOAL, "personal")],
        "description": words("text", text(citizen.row.wish)),
        "subject": reference(citizen.patient),
        "startDate": scene.day(SINCE).isoformat(),
        "expressedBy": reference(citizen.patient),
    }


def _plan(citizen: Citizen, scene: Scene, helps: list[Help]) -> Resource:
    author = scene.cast.worker("coordinator") or scene.cast.worker("general-practitioner")
    return {
        "resourceType": "CarePlan",
        "id": f"{citizen.id}-plan",
        "status": "active",
        "intent": "plan",
        "category": [concept(codes.PLAN, "shared")],
        **words("title", text("plan")),
        "subject": reference(citizen.patient),
        "period": {"start": scene.day(SINCE).isoformat()},
        "created": instant(scene.at(SINCE, "11:30")),
        **({"author": reference(author.practitioner_role, author.name)} if author else {}),
        "careTeam": [reference(f"CareTeam/{citizen.id}-team")],
        "goal": [reference(f"Goal/{citizen.id}-goal")],
        "activity": [_health(citizen, scene), *(_activity("social", *one) for one in helps)],
    }


def _health(citizen: Citizen, scene: Scene) -> Resource:
    cast = scene.cast
    if is_followed(citizen):
        return _activity("health", cast.service.id, cast.service.name, f"Organization/{cast.reader.id}", "wants")
    practice = cast.party("general-practitioner") or cast.reader
    return _activity("health", "gp-follow-up", text("gp"), f"Organization/{practice.id}", "wants")


def _activity(sector: str, code: str, said: Words, by: str, answer: str) -> Resource:
    return {
        "extension": [{"url": codes.SECTOR, "valueCode": sector}, {"url": codes.CITIZEN_ANSWER, "valueCode": answer}],
        "detail": {
            "kind": "ServiceRequest",
            "code": {**concept(codes.ACTIVITY, code), **words("text", said)},
            "status": "not-started" if answer == "not-asked" else "in-progress",
            "performer": [reference(by)],
            **words("description", said),
        },
    }


def _helps(citizen: Citizen, scene: Scene) -> Iterator[Help]:
    """What helps the person in daily life: social activities of the service, else help every morning."""
    if is_followed(citizen):
        offered = [one for one in scene.cast.service.activities if one.sector is Sector.SOCIAL]
        for turn, one in enumerate(offered[:HELPS]):
            if (party := _doer(one, scene)) is not None:
                yield one.id, one.name, f"Organization/{party}", "not-asked" if turn == HELPS - 1 else "wants"
    elif citizen.row.dementia and (home_care := scene.cast.party("home-care-worker")) is not None:
        yield "morning-help", text("help"), f"Organization/{home_care.id}", "could-not-say"


def _doer(activity: Activity, scene: Scene) -> str | None:
    party = scene.cast.party(activity.role)
    return party.id if party is not None else None


def _support(citizen: Citizen, scene: Scene, help_: Help) -> Resource:
    code, said, by, answer = help_
    officer = scene.cast.worker("needs-assessor") or scene.cast.worker("coordinator")
    asked = answer == "not-asked"
    return {
        "resourceType": "ServiceRequest",
        "id": f"{citizen.id}-{code}",
        "extension": [{"url": codes.CITIZEN_ANSWER, "valueCode": answer}],
        "status": "draft" if asked else "active",
        "intent": "proposal" if asked else "order",
        "category": [concept(codes.CATEGORY, SOCIAL_CARE)],
        "code": {**concept(codes.ACTIVITY, code), **words("text", said)},
        "subject": reference(citizen.patient),
        "occurrencePeriod": {"start": scene.day(SINCE).isoformat()},
        "authoredOn": instant(scene.at(SINCE - 1, "11:00")),
        **({"requester": reference(officer.practitioner_role, officer.name)} if officer else {}),
        "performer": [reference(by)],
    }
