"""Writing a report: the questions of the service, the draft, and sending it once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import msgspec

from saman.apps.citizen.recorded.asking import questions
from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.views import Answer, Draft, Receipt
from saman.apps.ui.advice import Advice
from saman.flows.monitoring.enrolment import Enrolment
from saman.flows.monitoring.report import Report, Value, send
from saman.flows.monitoring.series import Reading, readings_of
from saman.flows.writing import Once
from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.care import codes
from saman.record.drafts import Kept, drop_draft, find_draft, keep_draft

KIND = "report"
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
        questions=tuple(questions(own, enrolment.asked, readings)),
        answers=_read(kept.body),
        reader=reader,
        receiver=reader.who,
        self_treatment=True,
        fixed=fixed(own, enrolment),
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
        fixed=fixed(own, enrolment),
    )


def fixed(own: Own, enrolment: Enrolment) -> tuple[Advice, Advice]:
    """The service's own words, title and text, of that a report is no alarm."""
    words = enrolment.monitoring.not_an_alarm
    return own.advice(words.title), own.advice(words.text)


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
