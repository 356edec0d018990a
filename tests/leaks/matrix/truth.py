"""What the tables of `tests/policy/tables` say of people in a generated world.

The tables are cases that a lawyer can read and correct; here they are read as they stand, without the rules that they
judge and without any code of the evaluator. A case speaks of one age or of one time after a tie has ended; between two
cases the younger one and the later one hold, and each table has a case on either side of every border.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.policy.book import NOON, Case, table

from .people import Kin, Person, Persona, Tie

COUNTRIES = ("SE", "NO", "DK", "FI", "IS")
WORDS = {
    "gp": "general_practitioner", "team": "care_team", "episode": "episode", "task": "task", "request": "request",
    "visit": "task about home-visit", "sharing": "relative about plan", "mandate": "mandate about record",
    "guardian": "guardian",
}  # fmt: skip
"""How the tables call each tie."""
ENDED = re.compile(r"(.+) ended ([0-9]+) (days|seconds) ago")
SECONDS = {"days": 24 * 3600, "seconds": 1}
FILLED = "test-"
"""Rules of the agreement that tables try, which no world here has."""


class Held(NamedTuple):
    """A tie in the words of the tables, and how many seconds ago it ended; None: it holds."""

    word: str
    ended: float | None


class Situation(NamedTuple):
    """Who asks about whom: the role, all ties held or ended, the facts beside them, and the person's age."""

    who: str
    held: frozenset[Held]
    facts: frozenset[str]
    age: int


class Told(NamedTuple):
    """What a case answers to one tie: at which age and how long after its end."""

    case: Case
    age: int | None
    ended: float | None


def zone(country: str) -> ZoneInfo:
    """The time zone of a country."""
    return ZoneInfo(table(country.lower()).zone)


def age(born: date, at: datetime, where: ZoneInfo) -> int:
    """Whole years at a moment, by the calendar of a zone; who was born on 29 February turns a year older on 1 March."""
    day = at.astimezone(where).date()
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def situation(country: str, who: Persona, person: Person, at: datetime) -> Situation:
    """Somebody and a person at a moment, in the words of the tables."""
    mine: list[Tie] | list[Kin] = []
    facts = {"protected"} if person.protected else set()
    if who.kind == "staff":
        mine = [tie for tie in person.ties if tie.unit == who.unit]
        facts |= {"consent" for to, span in person.consents if to in ("", who.unit) and span.holds(at)}
    elif who.kind == "relative":
        mine = [kin for kin in person.kin if who.actor == f"RelatedPerson/{kin.id}"]
    held = {one for tie in mine for one in _held(tie, at)}
    if who.kind == "citizen" and who.about == person.id:
        held = {Held("self", None)}
    role = who.role if who.kind == "staff" else who.kind
    return Situation(role, frozenset(held), frozenset(facts), age(person.born, at, zone(country)))


def _held(tie: Tie | Kin, at: datetime) -> Iterator[Held]:
    """A tie as the tables call it, and as the more general tie that it is too."""
    span = tie.span
    if span.start is not None and at < span.start:
        return
    ended = (at - span.end).total_seconds() if span.end is not None and at >= span.end else None
    word = WORDS.get(tie.kind if isinstance(tie, Tie) else tie.holds, "relative")
    about = word.partition(" about ")[2]
    close = {f"relative about {about}" if about else "relative", "relative"} if isinstance(tie, Kin) else set()
    for each in {word, word.partition(" about ")[0], *close}:
        yield Held(each, ended)


@cache
def reads(country: str, asked: Situation) -> frozenset[str]:
    """The kinds of data that may be seen, by all cases together: what one closes stays closed."""
    opened: set[str] = set()
    closed: set[str] = set()
    for held in asked.held:
        for case in _deciding(country, asked, held):
            opened |= {kind for kind, rules in case.reads.items() if _opens(country, kind, rules)}
            closed |= set(case.never)
    return frozenset(opened - closed)


def _opens(country: str, kind: str, rules: str) -> bool:
    """Whether one of the rules opens things that carry no label and belong to no visit, without an agreement."""
    keeps = table(country.lower()).keeps
    told = [rule for rule in rules.split() if keeps.get(rule) != "only_opened" or kind == "person"]
    return bool(told) and not any(rule.startswith(FILLED) for rule in told)


def _deciding(country: str, asked: Situation, held: Held) -> Iterator[Case]:
    """The cases that answer to one tie: of each set of facts those of the nearest age and time."""
    found = [one for case in table(country.lower()).cases for one in _told(country, case, asked, held)]
    for facts in {frozenset(one.case.besides) for one in found}:
        group = [one for one in found if frozenset(one.case.besides) == facts]
        aged = [one for one in group if one.age is not None]
        group = _nearest_age(aged, asked.age) if aged else group
        yield from (one.case for one in (group if held.ended is None else _nearest_end(group, held.ended)))


def _told(country: str, case: Case, asked: Situation, held: Held) -> Iterator[Told]:
    """How a case speaks of a tie, if it does."""
    words = asked.facts | {one.word for one in asked.held if one.ended is None}
    named = asked.who not in case.who if case.who[0] == "all but" else asked.who in case.who
    if not named or not set(case.besides) <= words:
        return
    at = datetime.fromisoformat(case.at).replace(tzinfo=zone(country)).astimezone(UTC) if case.at else NOON
    years = None if case.born is None else age(case.born, at, zone(country))
    for ended in _ends(case.ties, held):
        yield Told(case, years, ended)


def _ends(ties: tuple[str, ...], held: Held) -> Iterable[float | None]:
    """The times after the end of a tie that a case speaks of; None while it holds."""
    if held.ended is not None:
        found = [ENDED.fullmatch(tie) for tie in ties]
        return [int(one[2]) * SECONDS[one[3]] for one in found if one and one[1] == held.word]
    if ties[:1] == ("all but",):
        general = held.word.partition(" about ")[0]
        return [] if held.word in ties or general in ties else [None]
    return [None] if held.word in ties else []


def _nearest_age(told: list[Told], years: int) -> list[Told]:
    ages = sorted({one.age for one in told if one.age is not None})
    nearest = max((one for one in ages if one <= years), default=ages[0])
    return [one for one in told if one.age == nearest]


def _nearest_end(told: list[Told], ended: float) -> list[Told]:
    times = sorted({one.ended for one in told if one.ended is not None})
    if not times:
        return []
    nearest = min((one for one in times if one >= ended), default=times[-1])
    return [one for one in told if one.ended == nearest]
