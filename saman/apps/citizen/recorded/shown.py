"""Readings, plan and self-treatment, as the citizen sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast, get_args

from saman.apps.citizen.recorded.asking import ICONS
from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.recorded.today import TEAM, around, members_of
from saman.apps.citizen.views import (
    Comment,
    Goal,
    Latest,
    OwnAnswer,
    OwnLimit,
    Plan,
    PlanItem,
    ReadingLine,
    Readings,
    SelfTreatment,
    Trend,
    Zone,
)
from saman.apps.ui.advice import Advice, translated
from saman.apps.ui.locales import mark
from saman.apps.ui.readings import Limit, Note, Outside, Point, Series
from saman.flows.directory import Named
from saman.flows.monitoring import enrolment as enrolled
from saman.flows.monitoring.report import COMMENT
from saman.flows.monitoring.series import SHOWN, Reading, latest, readings_of
from saman.flows.reading import day_of, in_language, moment_of, tree_of
from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care import codes
from saman.model.care.measurement import Measurement
from saman.record import Stored
from saman.record.gathering import About

Resource = dict[str, Any]

LOWEST, HIGHEST = mark("%(value)s or higher"), mark("%(value)s or lower")
BETWEEN = mark("%(low)s to %(high)s")
ZONES = ("usual", "worse", "emergency")
COLOURS = {"green": "usual", "yellow": "worse", "red": "emergency"}
ZONE_TITLES = {
    "usual": mark("As usual"),
    "worse": mark("Heavier than usual"),
    "emergency": mark("Much worse"),
}


async def readings(own: Own) -> Readings | Refusal:
    """My measures with their latest reading."""
    enrolment = await own.enrolled()
    found = await readings_of(own.record, own.model, own.person)
    if isinstance(enrolment, Refusal):
        return enrolment
    if isinstance(found, Refusal):
        return found
    if not_shared := _not_shared(own, found):
        return not_shared
    return Readings(
        measures=tuple(
            ReadingLine(
                code=measurement.id,
                icon=ICONS.get(measurement.id, "measure"),
                name=own.said(measurement.name),
                latest=_latest(own, measurement, found, enrolment),
                limit=_limit(own, enrolment, measurement),
            )
            for measurement, _ in enrolment.asked.measurements
        )
    )


def _not_shared(own: Own, found: Sequence[Reading]) -> Refusal | None:
    """Words for a relative who can see no readings: not that there are none, for that is not theirs to know."""
    if found or own.record.context.kind == "citizen":
        return None
    return refused(Kind.NOT_FOUND, "not-found", "There is no such measure.", key=mark("There is no such measure."))


def _latest(
    own: Own, measurement: Measurement, found: Sequence[Reading], enrolment: enrolled.Enrolment
) -> Latest | None:
    parts = [latest(found, quantity.id) for quantity in measurement.quantities]
    newest = [one for one in parts if one is not None]
    if not newest:
        return None
    numbers = "/".join(own.words.number(one.value) for one in newest)
    return Latest(
        shown=f"{numbers} {newest[0].unit}",
        when=newest[0].when,
        outside=_side(newest, enrolment),
        confirmed=any(one.confirmed for one in newest),
    )


def _side(newest: Sequence[Reading], enrolment: enrolled.Enrolment) -> Outside:
    for one in newest:
        side = _bounds(enrolment, one.quantity).outside(one.value)
        if side:
            return side
    return ""


def _bounds(enrolment: enrolled.Enrolment, quantity: str) -> Limit:
    own = enrolment.limit(quantity)
    return Limit(low=own.low, high=own.high, since=own.set_on) if own else Limit()


def _limit(own: Own, enrolment: enrolled.Enrolment, measurement: Measurement) -> OwnLimit | None:
    for quantity in measurement.quantities:
        limit = enrolment.limit(quantity.id)
        if limit is not None:
            return OwnLimit(shown=limit_text(own, limit), set_by=limit.set_by, set_on=limit.set_on, reason=limit.reason)
    return None


def limit_text(own: Own, limit: enrolled.OwnLimit) -> str:
    """A limit in words."""
    number = own.words.number
    if limit.low is not None and limit.high is not None:
        return own.tell(BETWEEN, low=number(limit.low), high=number(limit.high))
    value = limit.low if limit.low is not None else limit.high
    return own.tell(LOWEST if limit.low is not None else HIGHEST, value=number(value)) if value is not None else ""


async def trend(own: Own, measure: str) -> Trend | Refusal:
    """One measure over 90 days."""
    enrolment = await own.enrolled()
    found = await readings_of(own.record, own.model, own.person)
    if isinstance(enrolment, Refusal):
        return enrolment
    if isinstance(found, Refusal):
        return found
    if not_shared := _not_shared(own, found):
        return not_shared
    measurements = [one for one, _ in enrolment.asked.measurements]
    wanted = next((one for one in measurements if one.id == measure), None)
    if wanted is None:
        return refused(Kind.NOT_FOUND, "not-found", "There is no such measure.", key=mark("There is no such measure."))
    last = own.words.today
    return Trend(
        code=wanted.id,
        name=own.said(wanted.name),
        unit=wanted.quantities[0].unit.text,
        others=tuple((one.id, own.said(one.name)) for one in measurements if one is not wanted),
        latest=_latest(own, wanted, found, enrolment),
        series=tuple(_series(own, found, enrolment, quantity.id) for quantity in wanted.quantities),
        limit=_limit(own, enrolment, wanted),
        first=last - SHOWN,
        last=last,
        comments=await comments(own),
        rhythm=3 if len(enrolment.asked.measurements[0][1].days) < 6 else 1,
    )


def _series(own: Own, found: Sequence[Reading], enrolment: enrolled.Enrolment, quantity: str) -> Series:
    points = tuple(Point(own.words.local(one.when), one.value) for one in found if one.quantity == quantity)
    return Series(points, (_bounds(enrolment, quantity),) if enrolment.limit(quantity) else ())


async def comments(own: Own) -> tuple[Comment, ...]:
    """The citizen's comments of the last 90 days."""
    since = instant(own.record.context.now - SHOWN)
    found = await own.all("QuestionnaireResponse", ("authored", f"ge{since}"))
    if isinstance(found, Refusal):
        return ()
    return tuple(reversed([Comment(note=note) for one in found for note in _notes(own, one)]))


def _notes(own: Own, stored: Stored) -> Iterator[Note]:
    response = stored.resource()
    for item in response.get("item", ()):
        if item["linkId"] == COMMENT and item.get("answer"):
            day = own.words.local(moment_of(response["authored"])).date()
            yield Note(day, in_language(item["answer"][0], "valueString", own.language, response))


async def plan(own: Own) -> Plan | Refusal:
    """The shared plan: own goals, health and social activities as equals."""
    plans = await own.all(
        "CarePlan", ("category", f"{codes.PLAN}|shared,{codes.PLAN}|self-treatment"), ("status", "active")
    )
    goals = await own.all("Goal", ("category", f"{codes.GOAL}|personal"), ("lifecycle-status", "active"))
    team = await own.about(TEAM)
    for part in (plans, goals, team):
        if isinstance(part, Refusal):
            return part
    active = [tree_of(one) for one in cast(list[Stored], plans)]
    shared, treatment = ([one for one in active if _is_plan(one, kind)] for kind in ("shared", "self-treatment"))
    performers = (who for one in shared for who in _performers(one))
    names = await own.names(*performers, *members_of(cast(About, team)))
    people = await around(own)
    if isinstance(people, Refusal):
        return people
    return Plan(
        goals=tuple(_goal(own, tree_of(one)) for one in cast(list[Stored], goals)),
        items=tuple(item for one in shared for item in _items(own, one, names)),
        coordinator=next((one for one in people if one.dial), None),
        self_treatment=bool(treatment),
        plan_name=in_language(shared[0], "title", own.language) if shared else "",
        agreed_on=day_of(shared[0]["created"]) if shared and "created" in shared[0] else None,
    )


def _is_plan(plan_: Resource, kind: str) -> bool:
    codings = (coding for said in plan_.get("category", ()) for coding in said.get("coding", ()))
    return any(coding.get("system") == codes.PLAN and coding.get("code") == kind for coding in codings)


def _goal(own: Own, goal: Resource) -> Goal:
    start = goal.get("startDate")
    return Goal(
        words=in_language(goal["description"], "text", own.language, goal), since=day_of(start) if start else None
    )


def _performers(plan_: Resource) -> Iterator[str]:
    for activity in plan_.get("activity", ()):
        for one in activity.get("detail", {}).get("performer", ()):
            yield one.get("reference", "")


def _items(own: Own, plan_: Resource, names: dict[str, Named]) -> Iterator[PlanItem]:
    for number, activity in enumerate(plan_.get("activity", ())):
        detail = activity.get("detail", {})
        answer = codes.extension_of(activity, codes.CITIZEN_ANSWER).get("valueCode", "not-asked")
        performer = next((one.get("reference", "") for one in detail.get("performer", ())), "")
        yield PlanItem(
            id=f"{plan_['id']}.{number}",
            side="social" if codes.extension_of(activity, codes.SECTOR).get("valueCode") == "social" else "health",
            what=in_language(detail, "description", own.language, plan_),
            who=names[performer].name if performer in names else "",
            rhythm=in_language(detail, "scheduledString", own.language, plan_),
            answer=answer if answer in get_args(OwnAnswer) else "not-asked",
        )


async def self_treatment(own: Own) -> SelfTreatment | Refusal:
    """My plan for worse days."""
    plans = await own.all("CarePlan", ("category", f"{codes.PLAN}|self-treatment"), ("status", "active"))
    if isinstance(plans, Refusal):
        return plans
    if not plans:
        return refused(
            Kind.NOT_FOUND,
            "not-found",
            "There is no self-treatment plan.",
            key=mark("You have no self-treatment plan yet."),
        )
    resource = tree_of(plans[0])
    author = resource.get("author", {}).get("reference", "")
    names = await own.names(author)
    return SelfTreatment(
        title=in_language(resource, "title", own.language),
        zones=tuple(_zones(own, resource)),
        made_with=names[author].name if author in names else resource.get("author", {}).get("display", ""),
        made_on=day_of(resource.get("created", resource.get("period", {}).get("start", "1900-01-01"))),
        version=str(plans[0].version),
    )


def _zones(own: Own, resource: Resource) -> Iterator[Zone]:
    steps: dict[str, list[Advice]] = {}
    for activity in resource.get("activity", ()):
        zone = str(codes.extension_of(activity, codes.ZONE).get("valueCode", "usual"))
        text, written = (
            in_language(activity.get("detail", {}), "description", language, resource)
            for language in (own.language, resource.get("language", ""))
        )
        steps.setdefault(COLOURS.get(zone, zone), []).append(translated(text, written))
    for level in ZONES:
        if level in steps:
            title = own.tell(ZONE_TITLES[level])
            yield Zone(level=cast(Any, level), title=title, signs=(), actions=tuple(steps[level]))
