"""From what the flows answer to views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from saman.apps.review.desk import Desk
from saman.apps.review.texts import FOUND, HOW, MEANS, NUMBERS, OPENING_GROUNDS, RULES
from saman.apps.review.views import (
    CaseLine,
    CasePage,
    Cases,
    NumbersLine,
    NumbersPage,
    OpeningLine,
    OpeningPage,
    PatternLine,
    PatternPage,
    RuleFound,
    SampledLook,
    SamplePage,
    State,
    UnitSample,
)
from saman.flows.directory import Named
from saman.flows.review import overview as numbers
from saman.flows.review.acting import REVIEWER, is_reviewer, own_units
from saman.flows.review.cases import Case, cases
from saman.flows.review.looking import visits_between, week_sample, worth_asking
from saman.flows.review.openings import Opening, openings
from saman.flows.review.patterns import Pattern
from saman.flows.review.people import People, people_of
from saman.flows.review.sampling import Drawn, week_span, weeks_before
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.membership import members_of

WEEKS = 9
AROUND = timedelta(days=30)
"""How far around a look that is asked about the log is shown, of the same two people."""

SHOWN = 6
"""Looks of a pattern that are listed."""


async def case_list(desk: Desk) -> Cases | Refusal:
    """The questions of the reviewer's organisation, and how many openings wait."""
    found, opened = await cases(desk.record), await openings(desk.record)
    if isinstance(found, Refusal):
        return found
    if isinstance(opened, Refusal):
        return opened
    people = await people_of(desk.record, {one.person for one in found})
    await people.shown(desk.record, people.people, "questions")
    deputies = await _deputies(desk)
    names = await desk.names({*(one.looked_by for one in found), *deputies})
    return Cases(
        organisation=desk.unit(desk.record.context.party),
        cases=tuple(_case_line(desk, one, names, people) for one in found),
        deputies=tuple(sorted(names[one].name for one in deputies if one in names)),
        openings_waiting=sum(one.waits for one in opened),
        openings_late=sum(one.late for one in opened),
    )


async def _deputies(desk: Desk) -> set[str]:
    """The other log reviewers of the organisation and its units."""
    context = desk.record.context
    held = await members_of(desk.record.store.pool, await own_units(desk.record), context.now)
    return {one.practitioner for one in held if one.role == REVIEWER and one.practitioner != context.actor}


def _case_line(desk: Desk, case: Case, names: Mapping[str, Named], people: People) -> CaseLine:
    return CaseLine(
        id=case.id,
        person=desk.person(people, case.person),
        who=desk.who(names, case.looked_by, case.role),
        unit=desk.unit(case.unit),
        looked=case.looked,
        due=case.due,
        state=_state(case.open, case.late),
        with_officer=case.with_officer,
    )


def _state(waits: bool, late: bool) -> State:
    return "late" if late else "open" if waits else "done"


async def case_page(desk: Desk, id: str) -> CasePage | Refusal:
    """One question, with the looks of the same person at the same person around that time."""
    found = await cases(desk.record)
    if isinstance(found, Refusal):
        return found
    case = next((one for one in found if one.id == id), None)
    if case is None:
        return refused(Kind.NOT_FOUND, "not-found", "There is no such question.", key="record.not-found")
    looks = await visits_between(
        desk.record, case.looked - AROUND, case.looked + AROUND, actor=case.looked_by, person=case.person
    )
    people = await people_of(desk.record, {case.person})
    await people.shown(desk.record, people.people, "question")
    names = await desk.names({case.looked_by, case.answered_by} - {""})
    return CasePage(
        line=_case_line(desk, case, names, people),
        version=case.version,
        words=case.words,
        asked=case.asked,
        answer=case.answer,
        answered=case.answered,
        answered_by=desk.who(names, case.answered_by) if case.answered_by else "",
        looks=tuple(desk.look(one, names, people) for one in looks),
    )


async def sample_page(desk: Desk, week: str) -> SamplePage | Refusal:
    """The sample of a week; without one named, of the last week that is over."""
    weeks = weeks_before(desk.record.context.now, desk.zone, WEEKS)
    chosen = week or weeks[1]
    found = await week_sample(desk.record, desk.model, chosen)
    span = week_span(chosen, desk.zone)
    if isinstance(found, Refusal) or span is None:
        return found if isinstance(found, Refusal) else refused(Kind.NOT_FOUND, "not-found", "There is no such week.")
    drawn = [visit for unit in found.units for visit in unit.visits]
    noted = {note.actor for unit in found.units for note in unit.notes.values()}
    names = await desk.names({one.first.actor for one in drawn} | noted)
    return SamplePage(
        week=chosen,
        first=span[0],
        last=span[1] - timedelta(minutes=1),
        over=found.over,
        seed=found.seed,
        weeks=weeks,
        units=tuple(_unit_sample(desk, one, names, found.people) for one in found.units),
    )


def _unit_sample(desk: Desk, drawn: Drawn, names: Mapping[str, Named], people: People) -> UnitSample:
    looks = []
    for visit in drawn.visits:
        note = drawn.notes.get(visit.number)
        look = desk.look(visit, names, people)
        if note is None:
            looks.append(SampledLook(look=look))
            continue
        by = names[note.actor].name if note.actor in names else ""
        looks.append(SampledLook(look=look, found=desk.t(FOUND[note.found]), note=note.note, by=by, at=note.at))
    return UnitSample(unit=desk.unit(drawn.unit), total=drawn.total, left=drawn.left, looks=tuple(looks))


async def pattern_page(desk: Desk) -> PatternPage | Refusal:
    """What the rules find."""
    found = await worth_asking(desk.record, desk.model)
    if isinstance(found, Refusal):
        return found
    names = await desk.names({one.actor for one in found.patterns})
    rules = tuple(
        RuleFound(
            id=rule,
            name=desk.t(name),
            means=desk.t(MEANS[rule]),
            lines=tuple(_pattern(desk, one, names, found.people) for one in found.patterns if one.rule == rule),
        )
        for rule, name in RULES.items()
    )
    return PatternPage(since=found.since, looks=found.visits, rules=rules)


def _pattern(desk: Desk, one: Pattern, names: Mapping[str, Named], people: People) -> PatternLine:
    said = [desk.t(NUMBERS[one.rule], **dict(one.numbers))] if one.rule in NUMBERS else []
    said += [desk.t(HOW[pair]) for pair in one.numbers if pair in HOW]
    shown = one.visits[:SHOWN] if one.person else ()
    return PatternLine(
        who=desk.who(names, one.actor, one.visits[0].first.role),
        unit=desk.unit(one.unit),
        person=desk.person(people, one.person) if one.person else "",
        numbers=tuple(said),
        looks=tuple(desk.look(visit, names, people) for visit in shown),
        more=len(one.visits) - len(shown),
    )


async def opening_page(desk: Desk) -> OpeningPage | Refusal:
    """Openings to be reviewed."""
    found = await openings(desk.record)
    if isinstance(found, Refusal):
        return found
    people = await people_of(desk.record, {one.person for one in found})
    await people.shown(desk.record, people.people, "openings")
    names = await desk.names({*(one.actor for one in found), *(one.reviewed_by for one in found)} - {""})
    return OpeningPage(openings=tuple(_opening(desk, one, names, people) for one in found))


def _opening(desk: Desk, one: Opening, names: Mapping[str, Named], people: People) -> OpeningLine:
    ground = OPENING_GROUNDS.get(one.ground)
    return OpeningLine(
        id=one.id,
        version=one.version,
        person=desk.person(people, one.person),
        who=desk.who(names, one.actor),
        unit=desk.unit(one.unit),
        ground=desk.t(ground) if ground else one.ground,
        reason=one.reason,
        since=one.since,
        until=one.until,
        due=one.due,
        state=_state(one.waits, one.late),
        found=desk.t(FOUND[one.found]) if one.found in FOUND else "",
        note=one.note,
        by=names[one.reviewed_by].name if one.reviewed_by in names else "",
    )


async def numbers_page(desk: Desk) -> NumbersPage | Refusal:
    """Numbers of the organisation and its units; no persons and no staff."""
    found = await numbers.overview(desk.record)
    if isinstance(found, Refusal):
        return found
    past = weeks_before(desk.record.context.now, desk.zone, 5)[1:]
    return NumbersPage(
        organisation=desk.unit(desk.record.context.party),
        since=found.since,
        lines=tuple(_numbers(desk, found.units)),
        checked=found.sampled.checked,
        asked=found.sampled.asked,
        serious=found.sampled.serious,
        weeks=found.sampled.weeks,
        unreviewed=tuple(one for one in past if one not in found.sampled.weeks),
    )


def _numbers(desk: Desk, units: Iterable[numbers.UnitNumbers]) -> Iterable[NumbersLine]:
    for one in units:
        yield NumbersLine(
            unit=desk.unit(one.unit),
            looks=one.numbers.looks,
            people=one.numbers.people,
            staff=one.numbers.staff,
            lists=one.numbers.lists,
            refused=one.numbers.refused,
            cases_open=one.cases_open,
            cases_late=one.cases_late,
            with_officer=one.with_officer,
            openings_open=one.openings_open,
            openings_late=one.openings_late,
        )


def reviews(desk: Desk) -> bool:
    """Whether the log reviewer asks, and not the officer who sees numbers alone."""
    return is_reviewer(desk.record)
