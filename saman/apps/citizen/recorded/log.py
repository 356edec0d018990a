"""Who looked: the audit log about the citizen, in plain words, lists and machine reads grouped by unit and day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby

from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.views import AccessLog, ListReads, LogDay, LogEntry, Side
from saman.apps.ui.locales import mark
from saman.flows.directory import Named
from saman.model.fhir import resource_name
from saman.record.audit import Logged
from saman.record.log import log_of

OPENING = timedelta(minutes=30)
"""Reads by one person that lie no further apart are one opening."""

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
    "Appointment": mark("contacts"),
}
OTHER = mark("other information")
GROUNDS = {
    "CareTeam": mark("Is part of the team around you."),
    "Task": mark("Has been asked to do something for you."),
    "EpisodeOfCare": mark("Follows you at home."),
    "Patient": mark("Is your general practitioner."),
    "ServiceRequest": mark("Has received a referral about you."),
    "Appointment": mark("Has an appointment with you."),
}
SYSTEM_NAME = mark("Saman's own machinery")
SIDES: dict[str, Side] = {"coordinator": "social", "home-care-worker": "social", "relative": "kin"}


async def access_log(own: Own, period: int) -> AccessLog:
    """What the log says of the last `period` days; the citizen's own reads are left out."""
    since = own.record.context.now - timedelta(days=period)
    me = own.record.context.actor
    entries = [one for one in await log_of(own.record, own.person, most=2000) if one.at >= since and one.actor != me]
    names = await own.names(*(one.actor for one in entries))
    days = []
    for day, of_day in groupby(entries, key=lambda one: own.words.local(one.at).date()):
        listed = list(of_day)
        opened = [one for one in listed if one.actor != "system" and not _is_list(one)]
        rest = [one for one in listed if one.actor == "system" or _is_list(one)]
        days.append(LogDay(day=day, entries=_openings(own, opened, names), grouped=_grouped(own, rest)))
    return AccessLog(days=tuple(days), period=period)


def _is_list(one: Logged) -> bool:
    return one.query.startswith("worklist")


def _openings(own: Own, entries: Sequence[Logged], names: dict[str, Named]) -> tuple[LogEntry, ...]:
    found: list[LogEntry] = []
    ordered = sorted(entries, key=lambda one: (one.actor, one.party, one.at))
    for _, of_actor in groupby(ordered, key=lambda one: (one.actor, one.party)):
        run: list[Logged] = []
        for one in of_actor:
            if run and one.at - run[-1].at > OPENING:
                found.append(_entry(own, run, names))
                run = []
            run.append(one)
        found.append(_entry(own, run, names))
    return tuple(sorted(found, key=lambda one: one.start, reverse=True))


def _entry(own: Own, run: Sequence[Logged], names: dict[str, Named]) -> LogEntry:
    first, last = run[0], run[-1]
    who = names.get(first.actor)
    name = who.name if who else ""
    role = own.role(first.role)
    party = own.model.party(first.party)
    return LogEntry(
        id=str(first.entry),
        who=f"{name}, {role}" if name and role else name or role,
        initials=who.initials if who else "",
        side=SIDES.get(first.role, "health"),
        unit=party.name if party else "",
        start=first.at,
        end=last.at if last.at - first.at > timedelta(minutes=1) else None,
        what=_what(own, run),
        grounds=tuple(_grounds(own, run)),
    )


def _what(own: Own, run: Iterable[Logged]) -> str:
    kinds = dict.fromkeys(KINDS.get(resource_name(one.type), OTHER) for one in run)
    return ", ".join(own.tell(kind) for kind in kinds)


def _grounds(own: Own, run: Iterable[Logged]) -> Iterable[str]:
    kinds = dict.fromkeys(one.ground.partition("/")[0] for one in run if one.ground)
    return [own.tell(GROUNDS[kind]) for kind in kinds if kind in GROUNDS]


def _grouped(own: Own, rest: Sequence[Logged]) -> tuple[ListReads, ...]:
    units: dict[str, list[Logged]] = {}
    for one in rest:
        units.setdefault(one.party, []).append(one)
    return tuple(
        ListReads(
            unit=_unit(own, party),
            lists=len({one.request for one in entries if one.actor != "system"}),
            sendings=len({one.request for one in entries if one.actor == "system"}),
        )
        for party, entries in units.items()
    )


def _unit(own: Own, party: str) -> str:
    known = own.model.party(party)
    return known.name if known else own.tell(SYSTEM_NAME)
