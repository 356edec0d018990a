"""The form of a report: what a service measures and asks, in the reader's language, in the service's own words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.views import Answer, Part, Question, Range
from saman.flows.monitoring.series import Reading, latest
from saman.model.care.combine import AskedFor
from saman.model.care.measurement import Bounds, Measurement, Quantity
from saman.model.care.questionnaire import Question as Asked

ACCEPTED = Range(low=Decimal(0), high=Decimal(999))
ICONS = {
    "spo2": "drop",
    "pulse": "heart",
    "weight": "scale",
    "blood-pressure": "cuff",
    "breathing": "lungs",
    "sleep": "bed",
    "daily-life": "foot",
}
QUESTION_ICON = "ask"


def questions(own: Own, asked: AskedFor, readings: tuple[Reading, ...] = ()) -> Iterator[Question]:
    """Each measurement and question as a page asks for it, with the latest of `readings` where there is one."""
    for measurement, _ in asked.measurements:
        yield _measuring(own, measurement, readings)
    for question, _ in asked.questions:
        yield _asking(own, question)


def _measuring(own: Own, measurement: Measurement, readings: tuple[Reading, ...]) -> Question:
    before = [latest(readings, quantity.id) for quantity in measurement.quantities]
    newest = [one for one in before if one is not None]
    complete = len(newest) == len(before) and bool(newest)
    return Question(
        id=measurement.id,
        icon=ICONS.get(measurement.id, QUESTION_ICON),
        name=own.said(measurement.name),
        text=own.said(measurement.ask),
        hint=own.advice(measurement.hint),
        advice=own.advice(measurement.check_hint),
        parts=tuple(_part(own, quantity) for quantity in measurement.quantities),
        last=Answer(values=tuple(one.value for one in newest)) if complete else None,
        last_on=newest[0].when.date() if complete else None,
    )


def _part(own: Own, quantity: Quantity) -> Part:
    return Part(
        id=quantity.id,
        label=own.said(quantity.name),
        unit=quantity.unit.text,
        digits=quantity.decimals,
        accepted=ACCEPTED,
        possible=_range(quantity.possible),
        usual=_range(quantity.usual),
        example=_example(own, quantity),
    )


def _example(own: Own, quantity: Quantity) -> str:
    """A number as the meter shows it, from the middle of the usual ones: nobody's reading, so that it leads nobody."""
    low, high = quantity.usual.low or ACCEPTED.low, quantity.usual.high or ACCEPTED.high
    assert low is not None
    assert high is not None
    return own.words.number((low + high) / 2, quantity.decimals)


def _range(bounds: Bounds) -> Range:
    return Range(low=bounds.low, high=bounds.high)


def _asking(own: Own, question: Asked) -> Question:
    return Question(
        id=question.id,
        icon=ICONS.get(question.id, QUESTION_ICON),
        name=own.said(question.short),
        text=own.said(question.text),
        hint=own.advice(question.hint) if question.hint else "",
        options=tuple((answer.id, own.said(answer.text)) for answer in question.answers),
    )
