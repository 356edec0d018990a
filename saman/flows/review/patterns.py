"""Patterns worth asking about: plain rules with their numbers, never a verdict. Pure.

Each rule says what it compared and what it found. What is behind a pattern is for a human to ask about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta, tzinfo
from itertools import groupby
from statistics import median
from typing import Literal

import msgspec

from saman.flows.review.visits import Visit

Rule = Literal["family", "neighbour", "colleague", "many", "no-act", "out-of-hours"]
RULES: tuple[Rule, ...] = ("family", "neighbour", "colleague", "many", "no-act", "out-of-hours")

MANY_LEAST = 15
"""Different people in one day from which it is asked about."""
MANY_TIMES = 3
"""And so many times the usual of the same person's own days."""
ALONE_LEAST = 5
"""Visits to people about whom the unit wrote nothing, from which it is asked about; and more than half of all."""
ACT_WITHIN = timedelta(days=7)
CLOSED_LEAST = 1


class Address(msgspec.Struct, frozen=True):
    """A place to live: `street` without its number, folded; `line` with it."""

    line: str
    street: str
    code: str


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared of somebody: folded names, numbers of identity, day of birth, addresses."""

    name: str = ""
    family: str = ""
    identifiers: frozenset[str] = frozenset()
    born: str = ""
    addresses: tuple[Address, ...] = ()


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule found: who looked (reference), at whom (empty: many), in which visits, with the numbers it used."""

    rule: Rule
    actor: str
    unit: str
    person: str = ""
    visits: tuple[Visit, ...]
    numbers: tuple[tuple[str, str], ...] = ()


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules look at: visits of the time looked at and of the time before it, who is who, when a unit is open.

    `closed` answers None where the hours of a unit are not known.
    """

    visits: Sequence[Visit]
    earlier: Sequence[Visit]
    people: Mapping[str, Known]
    staff: Mapping[str, Known]
    zone: tzinfo
    closed: Callable[[Visit], bool | None]


def patterns(world: World) -> tuple[Pattern, ...]:
    """Everything the rules find, rule by rule; the newest first in each."""
    found = [one for rule in _RULES for one in rule(world)]
    newest = {one: max(visit.start for visit in one.visits) for one in found}
    return tuple(sorted(found, key=lambda one: (RULES.index(one.rule), -newest[one].timestamp(), one.actor)))


def _pairs(world: World) -> Iterator[tuple[Known, Known, list[Visit]]]:
    """Who looked, at whom, in which visits, where both are known."""
    ordered = sorted(world.visits, key=lambda one: (one.first.actor, one.first.person or ""))
    for (actor, person), of_pair in groupby(ordered, key=lambda one: (one.first.actor, one.first.person or "")):
        looker, looked_at = world.staff.get(actor), world.people.get(person)
        if looker is not None and looked_at is not None:
            yield looker, looked_at, list(of_pair)


def _family(world: World) -> Iterator[Pattern]:
    """The same family name, and the same address where the address of who looked is known."""
    bearers: dict[str, int] = {}
    for one in world.people.values():
        bearers[one.family] = bearers.get(one.family, 0) + 1
    for looker, person, found in _pairs(world):
        same_name = bool(looker.family) and looker.family == person.family
        if same_name and (not looker.addresses or _same_home(looker, person)):
            numbers = [("bearers", str(bearers[person.family])), ("people", str(len(world.people)))]
            yield _of(found, "family", *numbers, ("address", "same" if looker.addresses else "unknown"))


def _same_home(one: Known, other: Known) -> bool:
    return not {(a.line, a.code) for a in one.addresses}.isdisjoint((a.line, a.code) for a in other.addresses)


def _neighbour(world: World) -> Iterator[Pattern]:
    """The same street and postal code."""
    for looker, person, found in _pairs(world):
        streets = {(a.street, a.code) for a in looker.addresses if a.street}
        shared = streets & {(a.street, a.code) for a in person.addresses}
        if shared and not (looker.family == person.family and _same_home(looker, person)):
            yield _of(found, "neighbour", ("home", "same" if _same_home(looker, person) else "street"))


def _colleague(world: World) -> Iterator[Pattern]:
    """The person looked at works in the same organisation: the same identity number, or name and day of birth."""
    for actor, person, found in _of_pairs(world):
        others = ((ref, one) for ref, one in world.staff.items() if ref != actor)
        by = next((how for _, one in others if (how := _same_person(one, person))), "")
        if by:
            yield _of(found, "colleague", ("by", by))


def _of_pairs(world: World) -> Iterator[tuple[str, Known, list[Visit]]]:
    for _, person, found in _pairs(world):
        yield found[0].first.actor, person, found


def _same_person(one: Known, other: Known) -> str:
    if not one.identifiers.isdisjoint(other.identifiers):
        return "number"
    born = not one.born or not other.born or one.born == other.born
    return "name" if one.name and one.name == other.name and born else ""


def _many(world: World) -> Iterator[Pattern]:
    """Many different people in one day, against the same person's own usual days."""
    before = _by_day(world, world.earlier)
    for (actor, _), found in _by_day(world, world.visits).items():
        people = len({one.first.person for one in found})
        days = [len({v.first.person for v in each}) for (who, _), each in before.items() if who == actor]
        usual = median(days) if days else 0
        if people >= MANY_LEAST and people >= MANY_TIMES * usual:
            numbers = (("people", str(people)), ("usual", f"{usual:g}"), ("days", str(len(days))))
            yield _of(found, "many", *numbers, person="")


def _by_day(world: World, found: Iterable[Visit]) -> dict[tuple[str, date], list[Visit]]:
    days: dict[tuple[str, date], list[Visit]] = {}
    for one in found:
        if not one.refused:
            days.setdefault((one.first.actor, one.start.astimezone(world.zone).date()), []).append(one)
    return days


def _no_act(world: World) -> Iterator[Pattern]:
    """Looks at people about whom the unit wrote nothing within a week before or after."""
    wrote: dict[tuple[str, str | None], list[Visit]] = {}
    for one in (*world.visits, *world.earlier):
        if one.wrote:
            wrote.setdefault((one.first.party, one.first.person), []).append(one)
    ordered = sorted(world.visits, key=lambda one: one.first.actor)
    for _, found in groupby((one for one in ordered if not one.refused), key=lambda one: one.first.actor):
        of_actor = list(found)
        alone = [one for one in of_actor if not any(_near(one, act) for act in wrote.get(_about(one), ()))]
        if len(alone) >= ALONE_LEAST and 2 * len(alone) > len(of_actor):
            numbers = (("alone", str(len(alone))), ("visits", str(len(of_actor))))
            yield _of(alone, "no-act", *numbers, person="")


def _about(one: Visit) -> tuple[str, str | None]:
    return one.first.party, one.first.person


def _near(one: Visit, act: Visit) -> bool:
    return abs(act.end - one.start) <= ACT_WITHIN


def _out_of_hours(world: World) -> Iterator[Pattern]:
    """Looks while the unit is closed, where its hours are known."""
    ordered = sorted(world.visits, key=lambda one: one.first.actor)
    for _, found in groupby((one for one in ordered if not one.refused), key=lambda one: one.first.actor):
        of_actor = list(found)
        closed = [one for one in of_actor if world.closed(one)]
        if len(closed) >= CLOSED_LEAST:
            numbers = (("closed", str(len(closed))), ("visits", str(len(of_actor))))
            yield _of(closed, "out-of-hours", *numbers, person="")


def _of(found: Sequence[Visit], rule: Rule, *numbers: tuple[str, str], person: str | None = None) -> Pattern:
    newest = sorted(found, key=lambda one: (one.start, one.number), reverse=True)
    first = newest[0].first
    about = (first.person or "") if person is None else person
    return Pattern(rule=rule, actor=first.actor, unit=first.party, person=about, visits=tuple(newest), numbers=numbers)


_RULES: tuple[Callable[[World], Iterator[Pattern]], ...] = (
    _family, _neighbour, _colleague, _many, _no_act, _out_of_hours,
)  # fmt: skip
