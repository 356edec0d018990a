"""Who follows whom at home, in which service, asking for what, with which own limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from saman.flows.reading import day_of, in_language, once_a_version, tree_of
from saman.kernel.outcome import Refusal
from saman.model.care import codes
from saman.model.care.caremodel import CareModel
from saman.model.care.combine import AskedFor, asked_for
from saman.model.care.country import Weekday
from saman.model.care.kept import service_of, version_of
from saman.model.care.measurement import Quantity, Schedule
from saman.model.care.monitoring import Monitoring
from saman.model.care.party import Party
from saman.model.care.service_model import ServiceModel
from saman.record import Record, Stored
from saman.record.gathering import About

Resource = dict[str, Any]

_WEEKDAYS = {day.value: day for day in Weekday}


class OwnLimit(msgspec.Struct, frozen=True, kw_only=True):
    """A person's own limit for one quantity: who set it, when, why; `goal` and `version` are for changing it."""

    quantity: str
    low: Decimal | None
    high: Decimal | None
    set_by: str
    set_on: date
    reason: str
    goal: str
    version: int


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """One person in one service: `modules` are the conditions followed, `receiver` is who reads the reports."""

    person: str
    episode: str
    service: ServiceModel
    monitoring: Monitoring
    modules: tuple[str, ...]
    receiver: Party
    asked: AskedFor
    limits: tuple[OwnLimit, ...]

    def limit(self, quantity: str) -> OwnLimit | None:
        """The own limit of a quantity, or None."""
        return next((one for one in self.limits if one.quantity == quantity), None)

    @property
    def owner(self) -> str:
        """The reference of the party that reads."""
        return f"Organization/{self.receiver.id}"


class Following(msgspec.Struct, frozen=True):
    """A service in which somebody is followed, whether or not anything is measured, and the party that follows."""

    service: ServiceModel
    receiver: Party

    @property
    def owner(self) -> str:
        """The reference of the party that follows."""
        return f"Organization/{self.receiver.id}"


def following(model: CareModel, episodes: Iterable[Stored]) -> Following | None:
    """The service of the first active episode, those first in which something is measured at home."""
    active = (each for each in episodes if tree_of(each)["status"] == "active")
    found = [one for each in active if (one := _following(model, begun_with(model, each), each)) is not None]
    return min(found, key=lambda one: one.service.monitoring is None, default=None)


def _following(model: CareModel, own: CareModel, episode: Stored) -> Following | None:
    """The service of an episode as it stands in the person's `own` model, and the party as it is now."""
    tree = tree_of(episode)
    service = own.service(service_of(tree))
    receiver = model.party(tree.get("managingOrganization", {}).get("reference", "").removeprefix("Organization/"))
    return Following(service, receiver) if service is not None and receiver is not None else None


FOLLOWED = {"EpisodeOfCare": 50, "Goal": 200, "CarePlan": 100, "ServiceRequest": 200}
"""What says how somebody is followed at home, and how many of each are looked at, newest first."""


async def enrolments_of(
    record: Record, model: CareModel, person: str, language: str
) -> tuple[Enrolment, ...] | Refusal:
    """Every service in which a person is followed at home now; none when the person may not be seen."""
    found = await record.about(person, FOLLOWED)
    return found if isinstance(found, Refusal) else enrolled_in(found, model, person, language)


def enrolled_in(found: About, model: CareModel, person: str, language: str) -> tuple[Enrolment, ...]:
    """The same from what was found about the person, which holds the types of `FOLLOWED`."""
    resources = {name: [tree_of(one) for one in found[name]] for name in ("CarePlan", "ServiceRequest")}
    plans = [one for one in resources["CarePlan"] if one["status"] == "active"]
    referrals = {f"ServiceRequest/{one['id']}": one for one in resources["ServiceRequest"] if one["status"] == "active"}
    enrolments = (
        _enrolment(model, person, episode, referrals, plans, partial(_limits_in, found["Goal"], language))
        for episode in found["EpisodeOfCare"]
        if tree_of(episode)["status"] == "active"
    )
    return tuple(one for one in enrolments if one is not None)


def _enrolment(
    model: CareModel,
    person: str,
    stored: Stored,
    referrals: Mapping[str, Resource],
    plans: Iterable[Resource],
    limits: Callable[[CareModel], tuple[OwnLimit, ...]],
) -> Enrolment | None:
    episode, own = tree_of(stored), begun_with(model, stored)
    followed = _following(model, own, stored)
    if followed is None or followed.service.monitoring is None:
        return None
    service, receiver = followed.service, followed.receiver
    wanted = {one["reference"] for one in episode.get("referralRequest", ()) if "reference" in one}
    reasons = [
        (c.get("system"), c.get("code"))
        for reference, referral in referrals.items()
        if reference in wanted
        for concept in referral.get("reasonCode", ())
        for c in concept.get("coding", ())
    ]
    modules = tuple(m.id for m in service.modules if any((c.system, c.code) in reasons for c in m.codes))
    asked = asked_for(service, own.questionnaire(service.questionnaire), modules)
    days = _agreed_days(service.id, plans)
    return Enrolment(
        person=person,
        episode=f"EpisodeOfCare/{episode['id']}",
        service=service,
        monitoring=followed.service.monitoring,
        modules=modules,
        receiver=receiver,
        asked=_on_days(asked, days) if days else asked,
        limits=limits(own),
    )


def begun_with(model: CareModel, episode: Stored) -> CareModel:
    """The model in which the service of an EpisodeOfCare stands as in the version that its person is on."""
    tree = tree_of(episode)
    return model.as_begun(service_of(tree), version_of(tree) or model.number_at(episode.updated))


def _agreed_days(service: str, plans: Iterable[Resource]) -> tuple[Weekday, ...]:
    """The weekdays agreed in the person's own plan, which go before those of the service model."""
    for plan in plans:
        for activity in plan.get("activity", ()):
            detail = activity.get("detail", {})
            if codes.code_of(detail.get("code"), codes.ACTIVITY) == service:
                named = detail.get("scheduledTiming", {}).get("repeat", {}).get("dayOfWeek", ())
                return tuple(_WEEKDAYS[day] for day in named if day in _WEEKDAYS)
    return ()


def _on_days(asked: AskedFor, days: tuple[Weekday, ...]) -> AskedFor:
    def moved(schedule: Schedule) -> Schedule:
        return msgspec.structs.replace(schedule, days=days)

    return AskedFor(
        tuple((one, moved(schedule)) for one, schedule in asked.measurements),
        tuple((one, moved(schedule)) for one, schedule in asked.questions),
    )


def _limits_in(goals: Iterable[Stored], language: str, model: CareModel) -> tuple[OwnLimit, ...]:
    return tuple(limit for goal in goals for limit in _limits_in_force(model, goal, language))


def _limits_in_force(model: CareModel, stored: Stored, language: str) -> Iterable[OwnLimit]:
    goal = tree_of(stored)
    of_limits = any(codes.code_of(one, codes.GOAL) == "limit" for one in goal.get("category", ()))
    return read_limits(model, stored, language) if of_limits and goal["lifecycleStatus"] == "active" else ()


@once_a_version
def read_limits(model: CareModel, stored: Stored, language: str) -> Iterable[OwnLimit]:
    """The limits that one Goal holds."""
    goal = tree_of(stored)
    note: Resource = next(iter(goal.get("note", ())), {})
    for target in goal.get("target", ()):
        found = quantity_of(model, target.get("measure", {}))
        if found is not None and "detailRange" in target:
            yield OwnLimit(
                quantity=found.id,
                low=_end(target, "low"),
                high=_end(target, "high"),
                set_by=goal.get("expressedBy", {}).get("display", ""),
                set_on=day_of(goal.get("startDate") or goal.get("statusDate") or "1900-01-01"),
                reason=in_language(note, "text", language, goal),
                goal=stored.id,
                version=stored.version,
            )


def _end(target: Resource, end: str) -> Decimal | None:
    """One end of a limit, which JSON gives as int where it has no decimals."""
    value = target["detailRange"].get(end, {}).get("value")
    return None if value is None else Decimal(value)


def quantity_of(model: CareModel, concept: Resource) -> Quantity | None:
    """The quantity of any service that a CodeableConcept names."""
    pairs = ((c.get("system", ""), c.get("code", "")) for c in concept.get("coding", ()))
    return next((found for pair in pairs if (found := model.quantity_codes.get(pair)) is not None), None)
