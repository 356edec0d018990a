"""Who looked: the audit log about the citizen, in plain words; lists and acts of computers are put together by day.

Somebody looked only where something was shown. What was asked for and not shown is said apart from that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby

from babel.lists import format_list

from saman.apps.citizen.recorded.machine import WRITES, machine_acts
from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.views import AccessLog, ListReads, LogDay, LogEntry, Side, Unseen
from saman.apps.ui.locales import mark
from saman.flows.directory import Named
from saman.model.access import GROUND_KINDS, RelationKind, ground_words
from saman.model.care.party import PartyKind
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
    "MedicationStatement": mark("medicines"),
    "Appointment": mark("contacts"),
    "Encounter": mark("contacts"),
    "RelatedPerson": mark("relatives"),
    "ServiceRequest": mark("referrals and decisions"),
    "EpisodeOfCare": mark("services you take part in"),
}
OTHER = mark("other information")
LOOKED = mark("Looked at %(what)s.")
WROTE = mark("Added or changed %(what)s.")
NOT_SHOWN = mark("Asked for %(what)s as well; there was nothing to show.")
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
        runs = list(_openings([one for one in people if not _is_list(one)]))
        days.append(
            LogDay(
                day=day,
                entries=tuple(_entry(own, run, names) for run in runs if any(map(showed, run))),
                unseen=tuple(_unseen(own, run, names) for run in runs if not any(map(showed, run))),
                grouped=_grouped(own, [one for one in people if _is_list(one)]),
                machine=machine_acts(own, [one for one in listed if one.actor == SYSTEM]),
            )
        )
    return AccessLog(days=tuple(days), period=period)


def _is_list(one: Logged) -> bool:
    return one.is_list


def showed(one: Logged) -> bool:
    """Whether something of the citizen was shown or written."""
    return one.showed


def _openings(entries: Sequence[Logged]) -> list[list[Logged]]:
    """What one person of one unit asked for without a longer pause, newest first."""
    found: list[list[Logged]] = []
    ordered = sorted(entries, key=lambda one: (one.actor, one.party, one.at))
    for _, of_actor in groupby(ordered, key=lambda one: (one.actor, one.party)):
        run: list[Logged] = []
        for one in of_actor:
            if not run or one.at - run[-1].at > OPENING:
                run = []
                found.append(run)
            run.append(one)
    return sorted(found, key=lambda run: run[0].at, reverse=True)


def _entry(own: Own, run: Sequence[Logged], names: dict[str, Named]) -> LogEntry:
    seen = [one for one in run if showed(one)]
    first, last = seen[0], seen[-1]
    who = names.get(first.actor)
    return LogEntry(
        id=str(first.entry),
        who=_who(own, first, who),
        initials=who.initials if who else "",
        side=SIDES.get(first.role, "health"),
        unit=_unit(own, first.party),
        start=first.at,
        end=last.at if last.at - first.at > timedelta(minutes=1) else None,
        what=" ".join(_done(own, seen)),
        asked=_asked(own, run),
        grounds=tuple(_grounds(own, seen)),
    )


def _unseen(own: Own, run: Sequence[Logged], names: dict[str, Named]) -> Unseen:
    first = run[0]
    who = (_who(own, first, names.get(first.actor)), _unit(own, first.party))
    return Unseen(
        who=", ".join(part for part in who if part),
        when=first.at,
        what=_listed(own, _missed(run)),
    )


def _who(own: Own, entry: Logged, who: Named | None) -> str:
    return ", ".join(part for part in (who.name if who else "", own.role(entry.role)) if part)


def _done(own: Own, seen: Iterable[Logged]) -> Iterator[str]:
    """What was looked at and what was written, a sentence each."""
    entries = list(seen)
    looked = _kinds(one for one in entries if one.action not in WRITES)
    wrote = _kinds(one for one in entries if one.action in WRITES)
    if looked:
        yield own.tell(LOOKED, what=_listed(own, looked))
    if wrote:
        yield own.tell(WROTE, what=_listed(own, wrote))


def _asked(own: Own, run: Sequence[Logged]) -> str:
    """What was asked for and not shown, as a sentence; empty when everything was."""
    seen = _kinds(run)
    missed = [kind for kind in _missed(run) if kind not in seen]
    return own.tell(NOT_SHOWN, what=_listed(own, missed)) if missed else ""


def _kinds(entries: Iterable[Logged]) -> list[str]:
    """The kinds of what was shown or written, each once, in the order in which they stand in `KINDS`."""
    return _ordered(kind for one in entries for kind in one.shown_types)


def _missed(entries: Iterable[Logged]) -> list[str]:
    """The kinds of what was asked for and not shown."""
    return _ordered(kind for one in entries for kind in one.missed_types)


def _ordered(types: Iterable[str]) -> list[str]:
    kinds = {KINDS.get(one, OTHER) for one in types}
    return [kind for kind in dict.fromkeys((*KINDS.values(), OTHER)) if kind in kinds]


def _listed(own: Own, kinds: Iterable[str]) -> str:
    """`name and address, readings and plan`, as the reader's language writes a list."""
    return format_list([own.tell(kind) for kind in kinds], locale=own.words.shape.locale)


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
