"""A person's page: loaded at once, shown as far as the user may see."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from datetime import date
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from saman.apps.team import around, curves
from saman.apps.team.desk import Desk, together
from saman.apps.team.loop import KINDS, kind_of, loop_of, state_of, title_of
from saman.apps.team.opening.through import apps_for, shows_restriction
from saman.apps.team.report import newest_report
from saman.apps.team.show import show
from saman.apps.team.shown import banner, is_dead, is_protected, person_line
from saman.apps.team.views import PersonPage, Row
from saman.apps.team.why import decisions, relations_in, why
from saman.apps.team.worklist import marks_note
from saman.apps.ui.locales import mark
from saman.apps.ui.views import PersonBanner
from saman.flows.consent.visits import is_minor, kept_here
from saman.flows.directory import Named, name_of
from saman.flows.monitoring.enrolment import Enrolment, Following, enrolments_of, following
from saman.flows.monitoring.report import COMMENT
from saman.flows.monitoring.series import SHOWN, Reading, readings_of
from saman.flows.reading import authored, in_language, moment_of
from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Domain, Verdict, may_write
from saman.model.care import codes
from saman.model.care.party import PartyKind
from saman.model.care.work import OPEN
from saman.record import Stored

Resource = dict[str, Any]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """All that the record shows this user about a person."""

    id: str
    person: Resource
    allergies: list[Resource]
    flags: list[Resource]
    teams: list[Resource]
    plans: list[Resource]
    goals: list[Resource]
    episodes: list[Resource]
    relatives: list[Resource]
    reports: list[Resource]
    tasks: list[Stored]
    readings: tuple[Reading, ...]
    enrolment: Enrolment | None
    followed: Following | None
    names: dict[str, Named]

    def visits(self) -> list[Resource]:
        """Requests for visits, newest first."""
        found = [one.resource() for one in self.tasks]
        return [one for one in found if kind_of(one) == codes.HOME_VISIT]


async def held(desk: Desk, id: str) -> Held | Refusal:
    """Everything about a person; what is hidden and what does not exist are refused alike."""
    person = await desk.record.read("Patient", id)
    if isinstance(person, Refusal):
        return refused(Kind.NOT_FOUND, "not-found", "There is no such person.", key="record.not-found")
    found = await together(*_questions(desk, id))
    if isinstance(found, Refusal):
        return found
    *lists, tasks, readings, enrolments = found
    plain = [[one.resource() for one in each] for each in lists]
    names = await desk.names(_acting(plain[2], plain[3], tasks))
    return Held(
        id=id,
        person=person.resource(),
        allergies=plain[0],
        flags=plain[1],
        teams=plain[2],
        plans=plain[3],
        goals=plain[4],
        episodes=plain[5],
        relatives=plain[6],
        reports=plain[7],
        tasks=tasks,
        readings=readings,
        enrolment=next(iter(enrolments), None),
        followed=following(desk.model, lists[5]),
        names=names,
    )


def _questions(desk: Desk, id: str) -> tuple[Coroutine[Any, Any, Any], ...]:
    """What is asked of the record about a person: plain lists first, then tasks, readings and enrolments."""
    since = instant(desk.record.context.now - SHOWN)
    return (
        desk.about(id, "AllergyIntolerance"),
        desk.about(id, "Flag", ("status", "active")),
        desk.about(id, "CareTeam", ("status", "active")),
        desk.about(id, "CarePlan", ("category", f"{codes.PLAN}|shared"), ("status", "active")),
        desk.about(id, "Goal", ("category", f"{codes.GOAL}|personal"), ("lifecycle-status", "active")),
        desk.about(id, "EpisodeOfCare"),
        desk.about(id, "RelatedPerson"),
        desk.about(id, "QuestionnaireResponse", ("authored", f"ge{since}"), ("_sort", "-authored")),
        desk.about(id, "Task", ("_sort", "-authored-on")),
        readings_of(desk.record, desk.model, id),
        enrolments_of(desk.record, desk.model, id, desk.language),
    )


def _acting(teams: Sequence[Resource], plans: Sequence[Resource], tasks: Sequence[Stored]) -> set[str]:
    wanted = {*around.members(teams), *around.performers(plans)}
    for stored in tasks[:20]:
        task = stored.resource()
        wanted.add(task.get("requester", {}).get("reference", ""))
        wanted.add(codes.extension_of(task, codes.CLAIMED_BY).get("valueReference", {}).get("reference", ""))
        wanted |= {one.get("valueReference", {}).get("reference", "") for one in task.get("output", ())}
    return wanted - {""}


def banner_of(desk: Desk, found: Held) -> PersonBanner:
    """The banner with critical facts, where the user may see them."""
    return banner(desk, found.person, around.critical(desk, found.allergies, found.flags))


async def person(request: Request, desk: Desk) -> Response:
    """A person's page."""
    tables, id = request.query_params.get("as") == "tables", request.path_params["person"]
    view = await person_page(desk, id, tables=tables)
    if not isinstance(view, Refusal):
        restricted = await shows_restriction(request, desk, id)
        view = msgspec.structs.replace(view, restricted=restricted, apps=await apps_for(desk))
    return show(request, "team/person.html", view)


async def person_page(desk: Desk, id: str, *, tables: bool = False) -> PersonPage | Refusal:
    """The whole page."""
    found = await held(desk, id)
    return found if isinstance(found, Refusal) else build(desk, found, tables=tables)


def build(desk: Desk, found: Held, *, tables: bool) -> PersonPage:
    """The view of what is held."""
    policy = desk.record.store.policy
    stated = [found.person, *found.teams, *found.episodes, *(one.resource() for one in found.tasks)]
    ties = relations_in(stated, policy)
    decided = decisions(desk, found.id, ties)
    notes = comments(desk, found.reports)
    visit = next(iter(found.visits()), None)
    dead = is_dead(found.person)
    return PersonPage(
        id=found.id,
        name=name_of(found.person),
        banner=banner_of(desk, found),
        protected=is_protected(found.person),
        dead=dead,
        report=newest_report(desk, found.tasks, found.reports, found.readings, found.enrolment, found.names),
        sees_readings=decided[Domain.READINGS].permitted,
        loop=loop_of(desk, visit, found.names) if visit else None,
        curves=curves.curves(desk, found.enrolment, found.readings, notes),
        comments=notes,
        goals=around.goals(desk, found.goals),
        plan=around.plan_lines(desk, found.plans, found.names),
        around=around.around(desk, found.teams, found.relatives, found.names),
        why=why(desk, ties, decided),
        marks=marks_note(desk) if found.readings else None,
        may_message=not dead and may_message(desk, found),
        may_ask_visit=not dead and may_ask_visit(desk, found),
        may_change_limits=not dead and may_change_limits(desk, found),
        keeps_visits=kept_here(desk.record.store.policy, desk.record.context.now)
        and is_minor(found.person, desk.record),
        tables=tables,
        open_tasks=tuple(_open_row(desk, found, one) for one in found.tasks if _is_open_here(desk, one.resource())),
    )


def _keeps_visits(desk: Desk, found: Held) -> bool:
    """Whether the country lets this person keep visits from guardians."""
    return kept_here(desk.record.store.policy, desk.record.context.now) and is_minor(found.person, desk.record)


def _is_open_here(desk: Desk, task: Resource) -> bool:
    shown_elsewhere = (codes.READ_REPORT, codes.HOME_VISIT)
    return (
        task["status"] in OPEN
        and task.get("owner", {}).get("reference") == desk.unit
        and kind_of(task) not in shown_elsewhere
    )


def _open_row(desk: Desk, found: Held, stored: Stored) -> Row:
    task = stored.resource()
    kind = kind_of(task)
    return Row(
        task=stored.id,
        version=stored.version,
        kind=kind,
        address="",
        person=person_line(desk, found.id, found.person),
        state=state_of(desk, task),
        unread=False,
        text=title_of(desk, task) if kind in KINDS else desk.t(mark("Task")),
        sub=in_language(task, "description", desk.language),
        received=authored(task),
    )


def comments(desk: Desk, reports: Sequence[Resource]) -> tuple[tuple[date, str], ...]:
    """The person's own comments, newest first, with their days."""
    found = []
    for report in reports:
        for item in report.get("item", ()):
            if item["linkId"] == COMMENT and item.get("answer"):
                day = desk.words.local(moment_of(report["authored"])).date()
                found.append((day, in_language(item["answer"][0], "valueString", desk.language, report)))
    return tuple(found)


def may_message(desk: Desk, found: Held) -> bool:
    """Whether the user may write to this person."""
    context = desk.record.context
    decision = may_write(context.assignment, "Communication", "create", context.rights)
    return decision.verdict is not Verdict.DENY and found.followed is not None


def may_ask_visit(desk: Desk, found: Held) -> bool:
    """Whether the user may ask home care for a visit: somebody else's unit, that is in the care team."""
    context = desk.record.context
    decision = may_write(context.assignment, "Task", "create", context.rights)
    parties = (desk.model.party(one.partition("/")[2]) for one in around.members(found.teams))
    care = [one for one in parties if one is not None and one.kind is PartyKind.HOME_CARE]
    asks = decision.verdict is not Verdict.DENY and found.followed is not None
    return asks and bool(care) and all(one.id != context.party for one in care)


def may_change_limits(desk: Desk, found: Held) -> bool:
    """Whether the service model gives the user's role the right, and there is a limit to change."""
    context = desk.record.context
    decision = may_write(context.assignment, "Goal", "update", context.rights)
    given = decision.verdict is not Verdict.DENY and "no_limit" not in decision.obligations
    return given and found.enrolment is not None and bool(found.enrolment.limits)
