"""Simulated home readings: the stated rule by which numbers, gaps and slips are made.

For each measure and day: a personal mean, plus an autoregressive deviation with coefficient 0.7 from day to day
(stationary standard deviation from the person's row), plus 0.3 of that deviation on Mondays, plus the instrument's
own noise (a quarter of the standard deviation), rounded to the instrument's step. Answers to the questions are "as
usual" in 86 of 100 cases. A report is left out with the person's own chance, and on days away. Values of `tail`
are set, not drawn: they end with the last report. Everything comes from the seed and the person's id.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from math import sqrt
from random import Random

import msgspec

from saman.ops.demo.hours import at
from saman.ops.demo.measures import MEASURES, QUESTIONS
from saman.ops.demo.plan import SCHEDULES
from saman.ops.demo.profile import Enrolment, Person, Slip
from saman.ops.demo.setting import Setting

DAYS = 90
"""How far back readings go."""

_PHI = 0.7
_MONDAY = 0.3
_NOISE = 0.25
_JITTER_MINUTES = 18
_ANSWERS = ("better",) * 5 + ("as-usual",) * 86 + ("slightly-worse",) * 8 + ("much-worse",)


class Reading(msgspec.Struct, frozen=True):
    """One value: what stands, what was `typed` before it was put right, and whether it was confirmed when asked."""

    value: Decimal
    typed: Decimal | None = None
    confirmed: bool = False


class Report(msgspec.Struct, frozen=True):
    """What was sent at one time: readings by measure, answers by question, and a comment."""

    sent: datetime
    readings: dict[str, Reading]
    answers: dict[str, str]
    comment: dict[str, str] | None = None
    last: bool = False


def reports(person: Person, enrolled: Enrolment, setting: Setting) -> list[Report]:
    """The reports of the 90 days up to now, oldest first."""
    rng = setting.chance(f"reports {person.id}")
    walks = {name: _walk(rng, *spread) for name, spread in enrolled.measures.items()}
    drawn = [_draw(rng, offset, walks, setting) for offset in range(-DAYS, 1)]
    moments = list(_moments(enrolled, setting, rng))
    days = [offset for offset, _ in moments]
    slips = {_nearest(slip.day, days): slip for slip in enrolled.errors}
    remarks = {_nearest(remark.day, days): remark.text for remark in enrolled.comments}
    made = [
        _report(drawn[day + DAYS], sent, len(days) - turn - 1, enrolled) for turn, (day, sent) in enumerate(moments)
    ]
    return [
        msgspec.structs.replace(report, readings=_with_slip(report.readings, slips.get(day)), comment=remarks.get(day))
        for day, report in zip(days, made, strict=True)
    ]


def _nearest(day: int, days: list[int]) -> int:
    """The day of the report nearest to `day`, so that what happened is there on any weekday of loading."""
    return min(days, key=lambda each: abs(each - day))


def _walk(rng: Random, mean: float, spread: float) -> list[tuple[float, float]]:
    """A (value, spread) for each day."""
    deviation = rng.gauss(0, spread)
    values = []
    for _ in range(DAYS + 1):
        values.append((mean + deviation, spread))
        deviation = _PHI * deviation + sqrt(1 - _PHI**2) * rng.gauss(0, spread)
    return values


_Drawn = tuple[dict[str, Decimal], dict[str, str]]


def _draw(rng: Random, offset: int, walks: dict[str, list[tuple[float, float]]], setting: Setting) -> _Drawn:
    monday = setting.day(offset).weekday() == 0
    values = {}
    for name, walk in walks.items():
        value, spread = walk[offset + DAYS]
        shown = value + _MONDAY * spread * monday + rng.gauss(0, spread * _NOISE)
        values[name] = rounded(shown, MEASURES[name].step)
    return values, {question: rng.choice(_ANSWERS) for question in QUESTIONS}


def rounded(value: float, step: Decimal) -> Decimal:
    """`value` as an instrument with this step shows it."""
    return Decimal(str(round(value, 6))).quantize(step)


def _moments(enrolled: Enrolment, setting: Setting, rng: Random) -> Iterator[tuple[int, datetime]]:
    """Day offset and time of each report; chance is drawn for every day, so that one day changes no other."""
    last = _last_day(enrolled, setting)
    for offset in range(-DAYS, 1):
        left_out, minutes = rng.random() < enrolled.missed, rng.randint(-_JITTER_MINUTES, _JITTER_MINUTES)
        usual = time.fromisoformat(enrolled.at)
        sent = at(setting.day(offset), usual) + timedelta(minutes=minutes)
        if offset == last and enrolled.last_at:
            sent = setting.at(offset, enrolled.last_at)
        near_end = offset >= last - len(max(enrolled.tail.values(), key=len, default=()))
        if sent <= setting.now and offset <= last and _asked(enrolled, offset, setting) and (near_end or not left_out):
            yield offset, sent


def _last_day(enrolled: Enrolment, setting: Setting) -> int:
    if enrolled.last == "workday":
        return (setting.hours.last_workday(setting.today) - setting.today).days
    return enrolled.silent_since if enrolled.silent_since is not None else 0


def _asked(enrolled: Enrolment, offset: int, setting: Setting) -> bool:
    weekdays = SCHEDULES[enrolled.schedule][0]
    away = any(first <= offset <= last for first, last in enrolled.away)
    return setting.day(offset).weekday() in weekdays and not away


def _report(drawn: _Drawn, sent: datetime, before_last: int, enrolled: Enrolment) -> Report:
    values, answers = drawn
    readings = {
        name: Reading(
            Decimal(tail(name, before_last, enrolled) or value),
            confirmed=enrolled.confirmed.get(name) == before_last,
        )
        for name, value in values.items()
    }
    told = {question: tail(question, before_last, enrolled) or answer for question, answer in answers.items()}
    return Report(sent, readings, told, last=before_last == 0)


def tail(name: str, before_last: int, enrolled: Enrolment) -> str | None:
    """The value set for a measure or question in the report that many before the last, or None."""
    values = enrolled.tail.get(name, [])
    return values[-1 - before_last] if before_last < len(values) else None


def _with_slip(readings: dict[str, Reading], slip: Slip | None) -> dict[str, Reading]:
    if slip is None or slip.measure not in readings:
        return readings
    typed, shown = Decimal(slip.typed), readings[slip.measure].value
    return readings | {slip.measure: Reading(shown, typed) if slip.corrected else Reading(typed, confirmed=True)}
