"""Who looked: the log about the citizen, in plain words. Looks at the record, lists and acts of computers stand apart.

Somebody looked only where something was shown. What was asked for and not shown is said apart from that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import msgspec
from babel.lists import format_list

from saman.apps.auth.smart.noting import app_of
from saman.apps.citizen.log_views import AccessLog, ListReads, LogAsked, LogDay, LogEntry, LookStep, Unseen
from saman.apps.citizen.recorded.close_grounds import Kinds, close_grounds
from saman.apps.citizen.recorded.machine import SOURCES, machine_acts, unit_name
from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.recorded.questions import Asked, gave_reason, line_of, own_questions
from saman.apps.citizen.views import LookNews, Side
from saman.apps.ledger.through import OWN_APP, THROUGH, Apps, apps_known, apps_of
from saman.apps.ui.locales import mark
from saman.flows.directory import Named
from saman.flows.review import telling
from saman.flows.review.names import shielded
from saman.flows.review.openings import Opening, own_openings
from saman.flows.review.terms import LogTerms, log_terms
from saman.flows.review.visits import WRITES, Visit, visits
from saman.kernel.outcome import Refusal
from saman.model.access import GROUND_KINDS, RelationKind, ground_words
from saman.model.access.relation import EMERGENCY as NO_TIE
from saman.record.audit import Logged
from saman.record.review import MOST, Rest, looks_at, rest_at

FULL = 20
"""Looks after which a page ends, at the end of that day."""

KINDS = {
    "Patient": mark("name and address"),
    "Observation": mark("readings"),
    "QuestionnaireResponse": mark("answers"),
    "Goal": mark("goals and limits"),
    "CarePlan": mark("plan"),
    "CareTeam": mark("people around you"),
    "Task": mark("tasks"),
    "Communication": mark("messages"),
    "Condition": mark("diagnoses"),
    "MedicationRequest": mark("medicines"),
    "AllergyIntolerance": mark("allergies"),
    "MedicationStatement": mark("medicines"),
    "Appointment": mark("contacts"),
    "Encounter": mark("contacts"),
    "RelatedPerson": mark("relatives"),
    "ServiceRequest": mark("referrals and decisions"),
    "EpisodeOfCare": mark("services you take part in"),
    "Consent": mark("what you allow and do not allow"),
    "AuditEvent": mark("who has looked at your information"),
}
OTHER = mark("other information")
LOOKED = mark("Looked at %(what)s.")
WROTE = mark("Added or changed %(what)s.")
NOT_SHOWN = mark("Asked for %(what)s as well; there was nothing to show.")
GROUNDS = (
    mark("You have shared this with them."),
    mark("It has been decided that they see more than by your age."),
    mark("They are in your care team."),
    mark("They were asked to do something for you."),
    mark("They take part in a request about you."),
    mark("You have an appointment with them."),
    mark("You take part in a service that they run."),
    mark("It is your own general practice."),
    mark("They keep your record."),
    mark("You have allowed it."),
    mark("They have custody of you."),
    mark("They have a mandate from you."),
    mark("They opened what is restricted and gave a reason."),
)
"""What `saman.model.access` says of each ground, word for word, so that it can be translated."""
WAITS = mark("Such openings are always gone through by a log reviewer. That has not been done yet.")
GONE_THROUGH = mark("A log reviewer has gone through this opening.")
IN_EMERGENCY = mark("They had no tie to you, opened your information in an emergency, and gave a reason.")
EMERGENCY = "BTG"
"""The purpose of use of an emergency (http://terminology.hl7.org/CodeSystem/v3-ActReason)."""
CHECKS = mark("They check for their organisation who has looked, and see no more of you than that.")
REVIEWER = "log-reviewer"
UNNAMED = mark("Somebody whom the log does not name")
SIDES: dict[str, Side] = {"coordinator": "social", "home-care-worker": "social", "relative": "kin"}


class Stretch(msgspec.Struct, frozen=True):
    """A part of the log: visits, what is counted besides, and the moment before which there is more (None: no more)."""

    visits: tuple[Visit, ...]
    rest: tuple[Rest, ...]
    earlier: datetime | None


class Telling(msgspec.Struct, frozen=True):
    """What is needed to tell of each look: names, who of them is not named, and the citizen's questions by look."""

    names: Mapping[str, Named]
    shielded: frozenset[str]
    asked: Mapping[int, Asked]
    openings: Mapping[str, Opening]
    apps: Apps
    close: Mapping[int, Kinds]


async def access_log(own: Own, asked: LogAsked) -> AccessLog | Refusal:
    """What the log says of the last days, as the country's rules let it be shown; the citizen's own looks are left out.

    Those of apps that they let act for them are not.

    A page ends with a whole day once it is full.
    """
    now = own.record.context.now
    terms = log_terms(own.record.store.policy, now)
    further = gave_reason(own, asked.reason)
    stretch = await _stretch(own, asked, max(now - timedelta(days=asked.days), terms.since_for(further)))
    questions = await own_questions(own)
    if isinstance(questions, Refusal):
        return questions
    told = await _telling(own, stretch, questions, terms)
    chosen = [one for one in stretch.visits if asked.party in ("", one.first.party)]
    rest = [one for one in stretch.rest if asked.party in ("", _of(one))]
    wish = await telling.own_wish(own.record)
    await telling.seen(own.record)
    return AccessLog(
        days=tuple(one for one in _days(own, chosen, rest, told, asked.kind) if not _is_empty(one)),
        asked=asked,
        since=terms.since_for(further),
        parties=tuple(_parties(own, stretch, asked)),
        earlier=stretch.earlier,
        with_reason=terms.since_with_reason,
        further=further,
        law="show" in terms.law,
        named=terms.named,
        answer_days=terms.answer_days,
        wish=wish,
        questions=tuple(line_of(own, one, told.names, named=terms.named) for one in questions),
    )


async def _stretch(own: Own, asked: LogAsked, since: datetime) -> Stretch:
    until = asked.before or own.record.context.now + timedelta(seconds=1)
    entries = await looks_at(own.record, own.person, since, until)
    found = visits(one for one in entries if one.actor != own.record.context.actor or app_of(one.request))
    low, earlier = since, None
    if len(entries) == MOST:
        low, earlier = _cut(own, found)
    if full := _full(own, found):
        low = earlier = max(full, low)
    rest = await rest_at(own.record, own.person, low, until, own.model.country.time_zone, SOURCES)
    return Stretch(tuple(one for one in found if one.start >= low), rest, earlier)


def _cut(own: Own, found: Sequence[Visit]) -> tuple[datetime, datetime]:
    """From when on visits are shown, and before when the next page begins, where more was logged than is read at once.

    The oldest visit may not be whole: its day, or on a day like no other the visit alone, is left for the next page.
    """
    begins = _midnight(own, found[-1].start, 1)
    if begins <= found[0].start:
        return begins, begins
    if len(found) == 1:
        return found[0].start, found[0].start
    return found[-2].start, found[-1].end + timedelta(microseconds=1)


def _full(own: Own, found: Sequence[Visit]) -> datetime | None:
    """The beginning of the day on which a page is full; None when all there is stands on it."""
    if len(found) <= FULL:
        return None
    begins = _midnight(own, found[FULL - 1].start, 0)
    return begins if found[-1].start < begins else None


def _midnight(own: Own, moment: datetime, days: int) -> datetime:
    """The beginning of the day of a moment, or so many days later, on the reader's clock."""
    day = own.words.local(moment).date() + timedelta(days=days)
    return datetime.combine(day, time(), own.words.zone).astimezone(UTC)


async def _telling(own: Own, stretch: Stretch, questions: Sequence[Asked], terms: LogTerms) -> Telling:
    found = stretch.visits
    actors = {one.first.actor for one in found} | {one.case.looked_by for one in questions}
    staff = frozenset(one for one in actors if one.startswith("Practitioner"))
    hidden = await shielded(own.record, staff) if terms.named else staff
    used = any(one.ground.startswith("Task/") for visit in found for one in visit.shown)
    openings = await own_openings(own.record) if used else {}
    ids = {app_of(one.request) for visit in found for one in visit.entries} | {one.client for one in stretch.rest}
    apps = await apps_known(own.record, ids)
    close = await close_grounds(own, found)
    return Telling(
        await own.names(*sorted(actors)), hidden, {one.case.visit: one for one in questions}, openings, apps, close
    )


def _days(own: Own, found: Sequence[Visit], rest: Sequence[Rest], telling: Telling, kind: str) -> Iterator[LogDay]:
    by_day: dict[date, list[Visit]] = {one.day: [] for one in rest}
    for one in found:
        by_day.setdefault(own.words.local(one.start).date(), []).append(one)
    for day in sorted(by_day, reverse=True):
        of_day, others = by_day[day], [one for one in rest if one.day == day]
        yield LogDay(
            day=day,
            entries=tuple(_entry(own, one, telling) for one in of_day if not one.refused and kind in ("", "looks")),
            unseen=tuple(_unseen(own, one, telling) for one in of_day if one.refused and kind in ("", "refused")),
            grouped=tuple(_grouped(own, others)) if kind in ("", "lists") else (),
            machine=machine_acts(own, others, telling.apps) if kind in ("", "machines") else (),
        )


def _is_empty(day: LogDay) -> bool:
    return not (day.entries or day.unseen or day.grouped or day.machine)


def _parties(own: Own, stretch: Stretch, asked: LogAsked) -> Iterator[tuple[str, str]]:
    """The organisations in this part of the log, by name, and the one that was chosen."""
    ids = {one.first.party for one in stretch.visits} | {_of(one) for one in stretch.rest} | {asked.party}
    named = ((unit_name(own, one), one) for one in ids)
    yield from ((id, name) for name, id in sorted(named) if name)


def _of(one: Rest) -> str:
    """The organisation whose lists showed the person, or behind the client; `system` for Saman itself."""
    return one.behind or one.party


def _entry(own: Own, visit: Visit, telling: Telling) -> LogEntry:
    seen = visit.shown
    first, last = seen[0], seen[-1]
    who = _named(telling, first.actor)
    question = telling.asked.get(visit.number)
    opening = next((telling.openings[one.ground] for one in seen if one.ground in telling.openings), None)
    return LogEntry(
        id=str(visit.number),
        who=who_is(own, first.role, who),
        initials=who.initials if who else "",
        side=SIDES.get(first.role, "health"),
        unit=unit_name(own, first.party),
        start=first.at,
        end=last.at if last.at - first.at > timedelta(minutes=1) else None,
        what=" ".join(_done(own, seen)),
        asked=_asked(own, visit),
        grounds=tuple(_grounds(own, seen, telling.openings, telling.close.get(visit.number, ()))),
        emergency=opening is not None or any(one.purpose == EMERGENCY for one in seen),
        reason=opening.reason if opening else "",
        review=own.tell(WAITS if opening.waits else GONE_THROUGH) if opening else "",
        at=visit.start.isoformat(),
        steps=tuple(_steps(own, visit)),
        question=question.case.id if question else "",
        state=question.state if question else "none",
        through=_through(own, visit, telling),
        own=first.actor == own.record.context.actor,
    )


def _through(own: Own, visit: Visit, telling: Telling) -> str:
    """The sentence that names the app of a look; empty when there was none."""
    app = apps_of(visit.entries, telling.apps, partial(unit_name, own))
    is_own = visit.first.actor == own.record.context.actor
    return own.tell(OWN_APP if is_own else THROUGH, app=app) if app else ""


def _unseen(own: Own, visit: Visit, telling: Telling) -> Unseen:
    first = visit.first
    who = (who_is(own, first.role, _named(telling, first.actor)), unit_name(own, first.party))
    question = telling.asked.get(visit.number)
    return Unseen(
        who=", ".join(part for part in who if part),
        when=first.at,
        what=_listed(own, _kinds(visit.kinds)),
        id=str(visit.number),
        at=visit.start.isoformat(),
        question=question.case.id if question else "",
        state=question.state if question else "none",
    )


def _named(telling: Telling, actor: str) -> Named | None:
    """The name of who looked; None where the country's rules or the protection of an employee keep it."""
    return None if actor in telling.shielded else telling.names.get(actor)


def who_is(own: Own, role: str, who: Named | None) -> str:
    """Name and role, or the role alone."""
    return ", ".join(part for part in (who.name if who else "", own.role(role)) if part) or own.tell(UNNAMED)


def _steps(own: Own, visit: Visit) -> Iterator[LookStep]:
    """What was asked for minute by minute, the same only once."""
    told: set[tuple[str, str, bool]] = set()
    for one in visit.entries:
        for kinds, shown in ((one.shown_types, True), (one.missed_types, False)):
            what = _listed(own, _kinds(kinds))
            key = (own.words.time(one.at), what, shown)
            if kinds and key not in told:
                told.add(key)
                yield LookStep(when=one.at, what=what, shown=shown)


def _done(own: Own, seen: Iterable[Logged]) -> Iterator[str]:
    """What was looked at and what was written, a sentence each."""
    entries = list(seen)
    looked = _kinds(kind for one in entries if one.action not in WRITES for kind in one.shown_types)
    wrote = _kinds(kind for one in entries if one.action in WRITES for kind in one.shown_types)
    if looked:
        yield own.tell(LOOKED, what=_listed(own, looked))
    if wrote:
        yield own.tell(WROTE, what=_listed(own, wrote))


def _asked(own: Own, visit: Visit) -> str:
    """What was asked for and not shown, as a sentence; empty when everything was."""
    seen = _kinds(kind for one in visit.shown for kind in one.shown_types)
    missed = [kind for kind in _kinds(t for one in visit.entries for t in one.missed_types) if kind not in seen]
    return own.tell(NOT_SHOWN, what=_listed(own, missed)) if missed else ""


def _kinds(types: Iterable[str]) -> list[str]:
    """The kinds of resource types, each once, in the order in which they stand in `KINDS`."""
    kinds = {KINDS.get(kind, OTHER) for kind in types}
    return [kind for kind in dict.fromkeys((*KINDS.values(), OTHER)) if kind in kinds]


def _listed(own: Own, kinds: Iterable[str]) -> str:
    """`name and address, readings and plan`, as the reader's language writes a list."""
    return format_list([own.tell(kind) for kind in kinds], locale=own.words.shape.locale)


def _grounds(own: Own, run: Sequence[Logged], openings: Mapping[str, Opening], close: Kinds) -> Iterable[str]:
    """Why, in sentences; `close` is by what somebody close looked."""
    kinds = dict.fromkeys(
        RelationKind.OPENING if one.ground in openings or one.purpose == EMERGENCY else _ground_kind(own, one)
        for one in run
        if one.ground
    )
    if run[0].role == REVIEWER:
        return [own.tell(CHECKS)]
    if close:
        return [own.tell(ground_words(kind).text) for kind in close]
    if any(openings[one.ground].ground == NO_TIE for one in run if one.ground in openings):
        return [own.tell(IN_EMERGENCY)]
    return [own.tell(ground_words(kind).text) for kind in kinds if kind is not None]


def _ground_kind(own: Own, entry: Logged) -> RelationKind | None:
    kind = GROUND_KINDS.get(entry.ground.partition("/")[0])
    party = own.model.party(entry.party)
    if kind is RelationKind.GENERAL_PRACTITIONER and (party is None or not party.is_practice):
        return RelationKind.MANAGING
    return kind


def _grouped(own: Own, rest: Sequence[Rest]) -> Iterator[ListReads]:
    lists = ((unit_name(own, one.party), one.times) for one in rest if one.party != "system")
    yield from (ListReads(unit=unit, lists=times) for unit, times in sorted(lists))


async def news(own: Own) -> tuple[LookNews, ...]:
    """The looks that the citizen wants to be told of and has not seen, as the country's rules let staff be named."""
    found = await telling.news(own.record)
    if not found:
        return ()
    terms = log_terms(own.record.store.policy, own.record.context.now)
    told = await _telling(own, Stretch(found, (), None), (), terms)
    return tuple(
        LookNews(
            who=who_is(own, one.first.role, _named(told, one.first.actor)),
            unit=unit_name(own, one.first.party),
            when=one.start,
        )
        for one in found
    )
