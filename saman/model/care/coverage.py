"""Who takes a service, and at which hours of the week nobody takes what comes from them."""

from __future__ import annotations

from collections.abc import Iterator

from saman.model.care.caremodel import CareModel
from saman.model.care.party import Hours, Party, PartyKind
from saman.model.care.service_model import Receiver, ServiceModel

DAY = 24 * 60
WEEK = 7 * DAY
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

COUNTIES = (PartyKind.WELLBEING_COUNTY, PartyKind.REGION)
"""Organisations that take a service for the municipalities they serve."""

Minutes = tuple[int, int]
"""From and until, in minutes since Monday 00:00."""


def takers(model: CareModel, service: ServiceModel) -> tuple[Party, ...]:
    """The municipalities that take the service by any agreement; all of them when no agreement says.

    A county that takes it does so for all municipalities that it serves.
    """
    covered = [part for agreement in model.agreements for part in agreement.services if part.service == service.id]
    named = {name for part in covered for name in part.parties}
    counties = (model.party(name) for name in named)
    served = {code for one in counties if one is not None and one.kind in COUNTIES for code in one.serves}
    municipalities = (party for party in model.parties if party.kind is PartyKind.MUNICIPALITY)
    return tuple(party for party in municipalities if not named or party.id in named or party.place in served)


def gaps(model: CareModel, service: ServiceModel) -> Iterator[tuple[str, str]]:
    """Each gap in an ordinary week: the municipality's name, and `on Sunday from 22:00 to 24:00`."""
    for taker, spans in uncovered(model, service):
        for begins, ends in spans:
            yield taker.name, _words(begins, ends)


def uncovered(model: CareModel, service: ServiceModel) -> Iterator[tuple[Party, tuple[Minutes, ...]]]:
    """The gaps in an ordinary week, once for the first municipality of those that have the same."""
    seen: set[tuple[Minutes, ...]] = set()
    for taker in takers(model, service):
        covered = tuple(sorted({span for one in service.receivers for span in _receives(model, one, taker.place)}))
        if covered in seen:
            continue
        seen.add(covered)
        yield taker, tuple(_between(covered))


def _receives(model: CareModel, receiver: Receiver, place: str) -> Iterator[Minutes]:
    if receiver.hours is not None:
        yield from _week(receiver.hours)
    elif receiver.number is not None:
        yield (0, WEEK)
    elif receiver.party_kind is not None:
        for party in model.serving(place, receiver.party_kind):
            if receiver.role in party.roles and party.hours is not None:
                yield from _week(party.hours)


def _week(hours: Hours) -> Iterator[Minutes]:
    for weekday in range(7):
        for interval in hours.of_weekday(weekday):
            begins, ends = (_minutes(clock) for clock in interval.split("-"))
            yield weekday * DAY + begins, weekday * DAY + ends


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _between(covered: tuple[Minutes, ...]) -> Iterator[Minutes]:
    reached = 0
    for begins, ends in covered:
        if begins > reached:
            yield reached, begins
        reached = max(reached, ends)
    if reached < WEEK:
        yield reached, WEEK


def _words(begins: int, ends: int) -> str:
    until = ends if ends // DAY == begins // DAY else ends - 1
    last = "24:00" if ends % DAY == 0 else _clock(ends)
    if begins // DAY == until // DAY:
        return f"on {NAMES[begins // DAY]} from {_clock(begins)} to {last}"
    return f"from {NAMES[begins // DAY]} {_clock(begins)} to {NAMES[until // DAY]} {last}"


def _clock(minutes: int) -> str:
    return f"{minutes % DAY // 60:02d}:{minutes % 60:02d}"
