"""Writing a report: the questions of the service, the draft, and sending it once."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal

import msgspec

from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.views import Answer, Draft, Part, Question, Range, Receipt
from saman.flows.monitoring.enrolment import Enrolment
from saman.flows.monitoring.report import Report, Value, send
from saman.flows.monitoring.series import Reading, latest, readings_of
from saman.flows.writing import Once
from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.care import codes
from saman.model.care.measurement import Bounds, Measurement, Quantity
from saman.model.care.questionnaire import Question as Asked
from saman.record.drafts import Kept, drop_draft, find_draft, keep_draft

KIND = "report"
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

REMEMBERED = timedelta(days=30)
"""How far back the last answer to a question is looked for."""

Answers = dict[str, Answer]


async def draft(own: Own) -> Draft | Refusal:
    """The report being written, begun when there is none."""
    enrolment = await own.enrolled()
    if isinstance(enrolment, Refusal):
        return enrolment
    readings = await readings_of(own.record, own.model, own.person, own.record.context.now - REMEMBERED)
    if isinstance(readings, Refusal):
        return readings
    return await begun(own, enrolment, readings)


async def begun(own: Own, enrolment: Enrolment, readings: tuple[Reading, ...] = (), kept: Kept | None = None) -> Draft:
    """The draft with what `readings` say of each measure, begun when there is none; `kept` if it is known already."""
    kept = kept or await find_draft(own.record.store, own.record.context, KIND)
    if kept is None:
        kept = Kept(secrets.token_urlsafe(18), "{}")
        await keep_draft(own.record.store, own.record.context, KIND, kept)
    reader = own.reader(enrolment)
    return Draft(
        id=kept.key,
        questions=tuple(_questions(own, enrolment, readings)),
        answers=_read(kept.body),
        reader=reader,
        receiver=reader.who,
        self_treatment=True,
    )


def _read(body: str) -> Answers:
    return msgspec.convert(json.decode(body), Answers)


def _written(answers: Mapping[str, Answer]) -> str:
    return json.encode(msgspec.to_builtins(dict(answers), builtin_types=(Decimal,))).decode()


async def keep(own: Own, id: str, answers: Mapping[str, Answer]) -> Refusal | None:
    """Put answers into the draft with this id; a draft that was sent meanwhile begins anew under it."""
    kept = await find_draft(own.record.store, own.record.context, KIND)
    before = _read(kept.body) if kept is not None and kept.key == id else {}
    await keep_draft(own.record.store, own.record.context, KIND, Kept(id, _written(before | dict(answers))))
    return None


async def send_draft(own: Own, id: str, comment: str) -> Receipt | Refusal:
    """Send the draft once; a second time answers with the first receipt."""
    enrolment = await own.enrolled()
    if isinstance(enrolment, Refusal):
        return enrolment
    kept = await find_draft(own.record.store, own.record.context, KIND)
    if kept is not None and kept.key == id:
        done = await send(own.record, own.model, enrolment, _report(enrolment, id, _read(kept.body), comment))
    else:
        done = await _sent_before(own, id) or await send(
            own.record, own.model, enrolment, _report(enrolment, id, {}, comment)
        )
    if isinstance(done, Refusal):
        return done
    if kept is not None and kept.key == id:
        await drop_draft(own.record.store, own.record.context, KIND)
    return Receipt(
        report=done.stored.id,
        sent=done.stored.updated,
        reader=own.reader(enrolment),
        self_treatment=True,
        already=done.already,
    )


async def _sent_before(own: Own, id: str) -> Once | Refusal | None:
    """The report that the draft with this id has become, so that a second window is not told that it is empty."""
    found = await own.all("QuestionnaireResponse", ("identifier", f"{codes.READING}|{id}"))
    if isinstance(found, Refusal):
        return found
    return Once(found[0], already=True) if found else None


def _report(enrolment: Enrolment, key: str, answers: Mapping[str, Answer], comment: str) -> Report:
    values: dict[str, Value] = {}
    for measurement, _ in enrolment.asked.measurements:
        answer = answers.get(measurement.id)
        if answer is None or answer.not_today:
            continue
        for quantity, number in zip(measurement.quantities, answer.values, strict=False):
            values[quantity.id] = Value(number, quantity.unit.code, answer.confirmed)
    asked = [question.id for question, _ in enrolment.asked.questions]
    chosen = {id: answers[id].choice for id in asked if id in answers and answers[id].choice}
    return Report(key=key, values=values, answers=chosen, comment=comment)


def _questions(own: Own, enrolment: Enrolment, readings: tuple[Reading, ...]) -> Iterator[Question]:
    for measurement, _ in enrolment.asked.measurements:
        yield _measuring(own, measurement, readings)
    for question, _ in enrolment.asked.questions:
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
        hint=own.said(measurement.hint),
        advice=own.said(measurement.check_hint),
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
        hint=own.said(question.hint) if question.hint else "",
        options=tuple((answer.id, own.said(answer.text)) for answer in question.answers),
    )
