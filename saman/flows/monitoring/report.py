"""A report from home: answers, one Observation for each measurement, and the task of reading them, sent once.

Source of the Observation's shape: https://hl7.org/fhir/R4/observation-vitalsigns.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from saman.flows.monitoring.enrolment import Enrolment
from saman.flows.writing import Once, new_id, once
from saman.kernel.clock import instant
from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.care import codes
from saman.model.care.calendar import answer_by
from saman.model.care.caremodel import CareModel
from saman.model.care.measurement import Measurement, Quantity, plausibility
from saman.model.care.questionnaire import Question
from saman.record import Change, Record

VITAL_SIGNS = "http://terminology.hl7.org/CodeSystem/observation-category"
UCUM = "http://unitsofmeasure.org"
COMMENT = "comment"

Resource = dict[str, Any]


class Value(msgspec.Struct, frozen=True):
    """One number as it was read from the meter. `confirmed` once the person has said that the meter shows it."""

    number: Decimal
    unit: str
    confirmed: bool = False


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a person reports: values by quantity, answers by question, a comment.

    `key` makes it be stored once; `told_to` is who typed it for somebody who told it ("as told by the citizen").
    """

    key: str
    values: Mapping[str, Value]
    answers: Mapping[str, str]
    comment: str = ""
    told_to: str = ""


async def send(record: Record, model: CareModel, enrolment: Enrolment, report: Report) -> Once | Refusal:
    """Store a report and ask the receiving unit to read it, all in one transaction and once for its key.

    The answer holds the QuestionnaireResponse, and whether it had been stored before.
    """
    refusal = unfit(enrolment, report)
    if refusal is not None:
        return refusal
    return await once(
        record,
        "QuestionnaireResponse",
        f"identifier={codes.READING}|{report.key}",
        lambda inner: list(changes(inner, model, enrolment, report)),
    )


def unfit(enrolment: Enrolment, report: Report) -> Refusal | None:
    """What is wrong with a report: an empty one, another unit, a value that nobody has confirmed."""
    issues = [issue for quantity, value in _measured(enrolment, report) for issue in _unfit(quantity, value)]
    asked = {question.id: question for question, _ in enrolment.asked.questions}
    issues += [
        Issue("value", "This is not an answer to the question.", id, key="report.answer")
        for id, answer in report.answers.items()
        if id not in asked or answer not in {one.id for one in asked[id].answers}
    ]
    known = {quantity.id for quantity, _ in _measured(enrolment, report)}
    issues += [
        Issue("not-supported", "This is not asked for.", id, key="report.unasked")
        for id in report.values
        if id not in known
    ]
    if not report.values and not report.answers and not report.comment:
        issues.append(Issue("required", "The report is empty.", "report", key="report.empty"))
    return Refusal(Kind.UNPROCESSABLE, tuple(issues)) if issues else None


def _unfit(quantity: Quantity, value: Value) -> Iterator[Issue]:
    found = plausibility(quantity, value.number, value.unit)
    if found.refused:
        text = f"The unit must be {found.expected_unit.code}."
        yield Issue("value", text, quantity.id, key="report.unit", args=(("unit", found.expected_unit.text),))
    elif found.asks and not value.confirmed:
        yield Issue("business-rule", "Confirm that the meter shows this value.", quantity.id, key="report.confirm")


def changes(record: Record, model: CareModel, enrolment: Enrolment, report: Report) -> Iterator[Change]:
    """The resources of a report as they are stored, those of `resources`."""
    answers_id = new_id(record, enrolment.person)
    answers, *others = resources(model, enrolment, report, answers_id, record.context.now)
    yield Change(answers, answers_id)
    yield from map(Change, others)


def resources(
    model: CareModel, enrolment: Enrolment, report: Report, answers_id: str, now: datetime
) -> Iterator[Resource]:
    """What a report sent `now` is made of: the answers first, then the Observations, then the task."""
    yield _answers(model, enrolment, report, now) | {"id": answers_id}
    for measurement, _ in enrolment.asked.measurements:
        observation = _observation(enrolment, report, measurement, answers_id, now)
        if observation is not None:
            yield observation
    due = answer_by(enrolment.monitoring, enrolment.receiver, model.country, now).answer_by
    yield read_task(enrolment, answers_id, now, due)


def _measured(enrolment: Enrolment, report: Report) -> Iterator[tuple[Quantity, Value]]:
    for measurement, _ in enrolment.asked.measurements:
        for quantity in measurement.quantities:
            if quantity.id in report.values:
                yield quantity, report.values[quantity.id]


def _answers(model: CareModel, enrolment: Enrolment, report: Report, now: datetime) -> Resource:
    questions = {question.id: question for question, _ in enrolment.asked.questions}
    items = [_item(questions[id], answer) for id, answer in report.answers.items()]
    if report.comment:
        items.append({"linkId": COMMENT, "answer": [{"valueString": report.comment}]})
    canonical = model.region.canonical
    response: Resource = {
        "resourceType": "QuestionnaireResponse",
        "identifier": {"system": codes.READING, "value": report.key},
        "questionnaire": f"{canonical}/Questionnaire/{enrolment.service.questionnaire}",
        "status": "completed",
        "subject": codes.reference(f"Patient/{enrolment.person}"),
        "authored": instant(now),
        "author": codes.reference(report.told_to or f"Patient/{enrolment.person}"),
        "source": codes.reference(f"Patient/{enrolment.person}"),
    }
    return response | ({"item": items} if items else {})


def _item(question: Question, answer: str) -> Resource:
    text = next(one.text for one in question.answers if one.id == answer)
    return {
        "linkId": question.id,
        "text": question.text["en"],
        "answer": [{"valueCoding": codes.coding(codes.ANSWER, answer, text["en"])}],
    }


def _observation(
    enrolment: Enrolment, report: Report, measurement: Measurement, answers_id: str, now: datetime
) -> Resource | None:
    given = [(one, report.values[one.id]) for one in measurement.quantities if one.id in report.values]
    if not given:
        return None
    observation: Resource = {
        "resourceType": "Observation",
        "identifier": [{"system": codes.READING, "value": f"{report.key}-{measurement.id}"}],
        "status": "final",
        "category": [
            codes.concept(VITAL_SIGNS, "vital-signs"),
            codes.concept(codes.CATEGORY, "home-monitoring"),
        ],
        "code": _coded(measurement.codes, measurement.name["en"]),
        "subject": codes.reference(f"Patient/{enrolment.person}"),
        "effectiveDateTime": instant(now),
        "issued": instant(now),
        "performer": [codes.reference(report.told_to or f"Patient/{enrolment.person}")],
        "derivedFrom": [codes.reference(f"QuestionnaireResponse/{answers_id}")],
    }
    if any(value.confirmed for _, value in given):
        observation["extension"] = [{"url": codes.CONFIRMED, "valueBoolean": True}]
    if len(measurement.quantities) == 1:
        quantity, value = given[0]
        return observation | {
            "code": _coded(quantity.codes, quantity.name["en"]),
            "valueQuantity": _quantity(quantity, value),
        }
    parts = [{"code": _coded(q.codes, q.name["en"]), "valueQuantity": _quantity(q, v)} for q, v in given]
    return observation | {"component": parts}


def _coded(coded: Any, text: str) -> Resource:
    return {"coding": [codes.coding(one.system, one.code, one.display) for one in coded], "text": text}


def _quantity(quantity: Quantity, value: Value) -> Resource:
    return {"value": value.number, "unit": quantity.unit.text, "system": UCUM, "code": quantity.unit.code}


def read_task(enrolment: Enrolment, answers_id: str, received: datetime, due: datetime | None) -> Resource:
    """The task of reading a report, owned by the receiving unit."""
    task: Resource = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "priority": "routine",
        "code": codes.concept(codes.TASK, codes.READ_REPORT),
        "focus": codes.reference(f"QuestionnaireResponse/{answers_id}"),
        "for": codes.reference(f"Patient/{enrolment.person}"),
        "authoredOn": instant(received),
        "lastModified": instant(received),
        "requester": codes.reference(f"Patient/{enrolment.person}"),
        "owner": codes.reference(enrolment.owner),
    }
    return task | ({"restriction": {"period": {"end": instant(due)}}} if due else {})
