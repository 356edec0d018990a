"""Who looked: the audit log about the citizen, in plain words; lists and acts of computers are put together by day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby

from saman.apps.citizen.recorded.machine import machine_acts
from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.views import AccessLog, ListReads, LogDay, LogEntry, Side
from saman.apps.ui.locales import mark
from saman.flows.directory import Named
from saman.model.access import GROUND_KINDS, RelationKind, ground_words
from saman.model.care.party import PartyKind
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
GROUNDS = (
    mark("You have shared this with them."),
    mark("They are in your care team."),
    mark("They were asked to do something for you."),
    mark("They take part in a request about you."),
    mark("You have an appointment with them."),
    mark("You take part in a service that they run."),
    mark("It is your own general practice."),
    mark("They keep your record."),
)
"""What `saman.model.access` says of each ground, word for word, so that it can be translated."""
SYSTEM = "system"
"""The actor of everything that computers do by themselves."""
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
        people = [one for one in listed if one.actor != SYSTEM]
        days.append(
            LogDay(
                day=day,
                entries=_openings(own, [one for one in people if not _is_list(one)], names),
                grouped=_grouped(own, [one for one in people if _is_list(one)]),
                machine=machine_acts(own, [one for one in listed if one.actor == SYSTEM]),
            )
        )
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
    kinds = dict.fromkeys(_ground_kind(own, one) for one in run if one.ground)
    return [own.tell(ground_words(kind).text) for kind in kinds if kind is not None]


def _ground_kind(own: Own, entry: Logged) -> RelationKind | None:
    kind = GROUND_KINDS.get(entry.ground.partition("/")[0])
    party = own.model.party(entry.party)
    if kind is RelationKind.GENERAL_PRACTITIONER and (party is None or party.kind is not PartyKind.GP_PRACTICE):
        return RelationKind.MANAGING
    return kind


def _grouped(own: Own, lists: Sequence[Logged]) -> tuple[ListReads, ...]:
    units: dict[str, set[str]] = {}
    for one in lists:
        units.setdefault(one.party, set()).add(one.request)
    return tuple(ListReads(unit=_unit(own, party), lists=len(requests)) for party, requests in units.items())


def _unit(own: Own, party: str) -> str:
    known = own.model.party(party)
    return known.name if known else ""
