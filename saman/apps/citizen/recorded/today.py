"""Today: what is asked, what comes next, who is around."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

import msgspec

from saman.apps.citizen.recorded.asking import QUESTION_ICON
from saman.apps.citizen.recorded.notices import opened_news
from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.recorded.reporting import KIND, begun
from saman.apps.citizen.recorded.work import latest_report
from saman.apps.citizen.views import (
    Asked,
    AskedItem,
    ContactLine,
    MessageLine,
    Mode,
    PersonAround,
    ReportState,
    Side,
    Today,
)
from saman.apps.ui.locales import mark, together
from saman.apps.ui.views import Contact, Help, PhoneNumber
from saman.flows.directory import Named, name_of
from saman.flows.message.thread import Message, thread_in
from saman.flows.monitoring.enrolment import FOLLOWED, Enrolment
from saman.flows.reading import in_language, moment_of, tree_of
from saman.kernel.outcome import Refusal
from saman.model.care import codes
from saman.model.care.calendar import due_times, local
from saman.record.drafts import find_draft
from saman.record.gathering import About
from saman.record.refusals import not_found

AHEAD = timedelta(days=30)
MINUTES_EACH = 0.6
MEASURE_AND_ANSWER = mark("Measure and answer")
MODES: dict[str, Mode] = {"video": "video", "home": "home", "clinic": "clinic", "phone": "phone", "chat": "chat"}
SIDES: dict[str, Side] = {"relative": "kin", "association-volunteer": "kin", "coordinator": "social"}

TEAM = {"CareTeam": 50}
SHOWN = FOLLOWED | TEAM | {"Patient": 1, "Appointment": 200, "Communication": 1000}
"""What the page is made of, and how many of each are looked at, newest first."""

Resource = dict[str, Any]


async def today(own: Own) -> Today | Refusal:
    """The first page after signing in."""
    found = await own.about(SHOWN)
    if isinstance(found, Refusal):
        return found
    if not found["Patient"]:
        return not_found()
    enrolment = await own.enrolment()
    if isinstance(enrolment, Refusal):
        return enrolment
    booked, unread = _booked(own, found), _unread(own, found)
    actors = [actor for one in booked for actor in _others(one, own.person)]
    senders = [one.sender for one in unread]
    names = await own.names(*actors, *senders, *members_of(found))
    people = await around(own)
    return Today(
        given_name=name_of(tree_of(found["Patient"][0])).split(" ")[0],
        asked=await _asked(own, enrolment) if enrolment is not None else None,
        next_report=_next(own, enrolment) if enrolment is not None else None,
        latest=await _latest(own),
        contacts=tuple(_contact(own, one, names) for one in booked),
        messages=tuple(_message(one, names) for one in unread),
        people=people if isinstance(people, tuple) else (),
        opened=await opened_news(own, found["Communication"]),
        measures=enrolment is not None,
    )


async def _asked(own: Own, enrolment: Enrolment) -> Asked | None:
    if own.record.context.kind != "citizen":
        return None
    kept = await find_draft(own.record.store, own.record.context, KIND)
    if (kept is None or kept.body == "{}") and not await _is_due(own, enrolment):
        return None
    written = await begun(own, enrolment, kept=kept)
    items = tuple(AskedItem(icon=one.icon, name=one.name) for one in written.questions if one.parts)
    questions = sum(1 for one in written.questions if one.options)
    if questions:
        said = own.words.ngettext(
            "%(count)s question about how you feel", "%(count)s questions about how you feel", questions
        )
        items += (AskedItem(icon=QUESTION_ICON, name=said.unescape()),)
    return Asked(
        title=own.tell(MEASURE_AND_ANSWER),
        items=items,
        minutes=max(1, round(len(written.questions) * MINUTES_EACH)),
        answered=sum(1 for one in written.questions if one.id in written.answers),
        total=len(written.questions),
        reader=written.reader,
    )


async def _is_due(own: Own, enrolment: Enrolment) -> bool:
    """Whether a report is asked for today and has not come."""
    day = _day(own, own.record.context.now)
    newest = await latest_report(own)
    reported = not isinstance(newest, Refusal) and newest is not None and _day(own, newest.sent) == day
    return day in _days(own, enrolment) and not reported


def _days(own: Own, enrolment: Enrolment) -> frozenset[date]:
    """The days from today on, for a week, on which something is asked for; worked out once for a request."""
    if "days" not in own.kept:
        now = own.record.context.now
        begin = now.astimezone(own.words.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        asked = (
            due_times(schedule, own.model.country, begin, now + timedelta(days=8))
            for schedule in dict.fromkeys(schedule for _, schedule in enrolment.asked.measurements)
        )
        own.kept["days"] = frozenset(_day(own, one.opens) for several in asked for one in several)
    found: frozenset[date] = own.kept["days"]
    return found


def _next(own: Own, enrolment: Enrolment) -> date | None:
    today = _day(own, own.record.context.now)
    return min((day for day in _days(own, enrolment) if day > today), default=None)


def _day(own: Own, moment: Any) -> date:
    return local(own.model.country, moment).date()


async def _latest(own: Own) -> ReportState | None:
    found = await latest_report(own)
    return None if found is None or isinstance(found, Refusal) else found


def _booked(own: Own, found: About) -> list[Resource]:
    """What is booked from now on for a month, soonest first."""
    now = own.record.context.now
    resources = (tree_of(one) for one in found["Appointment"])
    booked = [one for one in resources if one["status"] == "booked" and "start" in one]
    ahead = [
        one
        for one in booked
        if now <= moment_of(one.get("end") or one["start"]) and moment_of(one["start"]) < now + AHEAD
    ]
    return sorted(ahead, key=lambda one: moment_of(one["start"]))


def _others(appointment: Resource, person: str) -> list[str]:
    actors = (one.get("actor", {}).get("reference", "") for one in appointment.get("participant", ()))
    return [actor for actor in actors if actor and actor != f"Patient/{person}"]


def _contact(own: Own, appointment: Resource, names: dict[str, Named]) -> ContactLine:
    mode = codes.code_of(appointment.get("appointmentType"), codes.MODE)
    who = [names[actor].name for actor in _others(appointment, own.person) if actor in names]
    return ContactLine(
        mode=MODES.get(mode, "clinic"),
        who=", ".join(who),
        start=moment_of(appointment["start"]),
        until=moment_of(appointment["end"]) if "end" in appointment else None,
        what=in_language(appointment, "description", own.language),
    )


def _unread(own: Own, found: About) -> list[Message]:
    """The last messages to the citizen that nobody has opened."""
    thread = thread_in(found, own.language)
    return [one for one in thread if one.read is None and one.recipient == f"Patient/{own.person}"][-2:]


def _message(one: Message, names: dict[str, Named]) -> MessageLine:
    sender = names.get(one.sender)
    return MessageLine(
        sender=sender.name if sender else "", initials=sender.initials if sender else "", excerpt=one.text[:140]
    )


async def around(own: Own) -> tuple[PersonAround, ...] | Refusal:
    """The people and units of the care team; put together once for a request."""
    found = await own.about(TEAM)
    if isinstance(found, Refusal):
        return found
    if "people" not in own.kept:
        own.kept["people"] = _people(own, _members(found), await own.names(*members_of(found)))
    people: tuple[PersonAround, ...] = own.kept["people"]
    return people


def members_of(found: About) -> Iterator[str]:
    """References to those in the care teams, and on whose behalf they are there."""
    return (who for one in _members(found) for who in _member(one))


def _people(own: Own, members: Iterable[Resource], names: dict[str, Named]) -> tuple[PersonAround, ...]:
    """One line each; a unit whose person in the same role is named stands under that person only."""
    listed = list(members)
    stood_for = {(_member(one)[1], _role(one)) for one in listed if _member(one)[0] in names}
    named = (_person(own, one, names) for one in listed if (_member(one)[0], _role(one)) not in stood_for)
    return tuple(dict.fromkeys(one for one in named if one is not None))


def _members(found: About) -> list[Resource]:
    teams = [tree_of(one) for one in found["CareTeam"]]
    return [member for team in teams if team.get("status") == "active" for member in team.get("participant", ())]


def _member(participant: Resource) -> tuple[str, str]:
    """Who takes part, and on whose behalf."""
    who, behalf = (participant.get(one, {}).get("reference", "") for one in ("member", "onBehalfOf"))
    return str(who), str(behalf)


def _role(participant: Resource) -> str:
    return next((code for one in participant.get("role", ()) if (code := codes.code_of(one, codes.ROLE))), "")


def _person(own: Own, participant: Resource, names: dict[str, Named]) -> PersonAround | None:
    reference, behalf = _member(participant)
    if reference not in names or reference.startswith("Patient/"):
        return None
    role = _role(participant)
    unit = names.get(behalf)
    who = names[reference]
    what = ", ".join(part for part in (own.role(role), unit.name if unit else "") if part)
    return PersonAround(
        name=who.name,
        initials=who.initials,
        what=what[:1].upper() + what[1:],
        side=SIDES.get(role, "social" if role.startswith("home-care-worker") else "health"),
        dial=who.phone if role == "coordinator" else "",
    )


async def help_of(own: Own) -> Help:
    """Whom to call: numbers of the country, and the coordinator."""
    people = await around(own)
    callable_: Iterable[PersonAround] = people if isinstance(people, tuple) else ()
    coordinator = next((one for one in callable_ if one.dial), None)
    contact = Contact(coordinator.name, coordinator.dial, together(coordinator.dial)) if coordinator else None
    return msgspec.structs.replace(help_numbers(own), contact=contact)


def help_numbers(own: Own) -> Help:
    """The numbers to call, which are the same for everybody in the region."""
    return Help(emergency=_number(own, "emergency"), out_of_hours=_number(own, "out-of-hours"))


def _number(own: Own, id: str) -> PhoneNumber:
    """A number that every region has, since it fails its check without."""
    number = own.model.numbers[id]
    return PhoneNumber(number.dial, number.shown, own.advice(number.text))
