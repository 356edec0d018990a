"""Reports as FHIR: the answers, one Observation for each instrument, and the task of reading them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import msgspec

from saman.model.access.domain import HOME_MONITORING
from saman.ops.demo.bundle import post, put, urn
from saman.ops.demo.codes import MDC, coded
from saman.ops.demo.hours import iso
from saman.ops.demo.local import CENTRE, QUESTIONNAIRE
from saman.ops.demo.marks import (
    ANSWER_SYSTEM,
    CATEGORY_SYSTEM,
    CONFIRMED,
    READING_SYSTEM,
    SIMULATED,
    Resource,
    coding,
    concept,
    mark,
    reference,
    words,
)
from saman.ops.demo.measures import (
    ANSWERS,
    BLOOD_PRESSURE,
    BLOOD_PRESSURE_MDC,
    COMMENT,
    DEVICES,
    MEASURES,
    QUESTIONS,
)
from saman.ops.demo.profile import Enrolment, Person
from saman.ops.demo.setting import Setting
from saman.ops.demo.simulate import Reading, Report, reports
from saman.ops.demo.staff import roster

_CATEGORIES = [
    {
        **concept("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs", "Vital Signs"),
    },
    concept("http://hl7.org/fhir/uv/phd/CodeSystem/PhdObservationCategories", "phd"),
    concept(CATEGORY_SYSTEM, HOME_MONITORING),
]


class Sender(msgspec.Struct, frozen=True):
    """Whose reports they are, and how they are sent."""

    person: Person
    enrolled: Enrolment

    @property
    def performer(self) -> str:
        """Who typed the numbers: the citizen, or the nurse who was told them on the phone."""
        told_to = self.enrolled.told_to
        return roster()[told_to].practitioner if told_to else self.person.patient


class SentReport(msgspec.Struct, frozen=True):
    """A report and the `urn:uuid:` of its QuestionnaireResponse in the same Bundle."""

    report: Report
    full_url: str


def device_entries(sender: Sender) -> Iterator[Resource]:
    """The instruments a person has at home."""
    kinds = dict.fromkeys(MEASURES[name].device for name in sender.enrolled.measures)
    for kind in kinds:
        code, name, text = DEVICES[kind]
        yield put(mark(_device(sender.person, kind, {"code": code, "display": name}, text), SIMULATED))


def _device(person: Person, kind: str, specialisation: Resource, text: dict[str, str]) -> Resource:
    return {
        "resourceType": "Device",
        "id": f"{person.id}-{kind}",
        "identifier": [{"system": "urn:saman:demo:device", "value": serial(person, kind)}],
        "status": "active",
        "serialNumber": serial(person, kind),
        "type": coded(MDC, "65573", text),
        "specialization": [{"systemType": {"coding": [{"system": MDC, **specialisation}]}}],
        "patient": reference(person.patient),
        "owner": reference(f"Organization/{CENTRE}"),
    }


def serial(person: Person, kind: str) -> str:
    """An invented serial number that tells nothing of the person."""
    return urn(f"device {person.id} {kind}").removeprefix("urn:uuid:")[:13].upper()


def report_entries(sender: Sender, setting: Setting) -> Iterator[tuple[SentReport, list[Resource]]]:
    """Each report with its QuestionnaireResponse and Observations, oldest first."""
    for report in reports(sender.person, sender.enrolled, setting):
        full_url = urn(f"report {setting.seed} {sender.person.id} {report.sent.isoformat()}")
        answers = mark(_answers(sender, report), SIMULATED)
        observations = [mark(each, SIMULATED) for each in _observations(sender, report, full_url)]
        entries = [post(answers, full_url), *(post(each, urn(each["identifier"][0]["value"])) for each in observations)]
        yield SentReport(report, full_url), entries


def _answers(sender: Sender, report: Report) -> Resource:
    items: list[Resource] = [_item(question, answer) for question, answer in report.answers.items()]
    if report.comment:
        items.append({"linkId": COMMENT, "answer": [words("valueString", report.comment)]})
    return {
        "resourceType": "QuestionnaireResponse",
        "identifier": {
            "system": READING_SYSTEM,
            "value": f"{serial(sender.person, 'report')}-{_stamp(report.sent)}",
        },
        "questionnaire": QUESTIONNAIRE,
        "status": "completed",
        "subject": reference(sender.person.patient),
        "authored": iso(report.sent),
        "author": reference(sender.performer),
        "source": reference(sender.person.patient),
        "item": items,
    }


def _item(question: str, answer: str) -> Resource:
    chosen = coding(ANSWER_SYSTEM, answer, ANSWERS[question][answer])
    return {"linkId": question, "text": QUESTIONS[question], "answer": [{"valueCoding": chosen}]}


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%d%H%M%S")


def _observations(sender: Sender, report: Report, full_url: str) -> Iterator[Resource]:
    for name, reading in report.readings.items():
        if name not in ("systolic", "diastolic"):
            value = {"valueQuantity": MEASURES[name].quantity(reading.value)}
            yield _observation(sender, report, full_url, name, reading) | value
    if "systolic" in report.readings:
        pressure = _observation(sender, report, full_url, "systolic", report.readings["systolic"])
        yield pressure | {
            "code": BLOOD_PRESSURE,
            "component": [_component(report, n) for n in ("systolic", "diastolic")],
        }


def _component(report: Report, name: str) -> Resource:
    measure = MEASURES[name]
    return {"code": measure.concept(), "valueQuantity": measure.quantity(report.readings[name].value)}


def _observation(sender: Sender, report: Report, full_url: str, name: str, reading: Reading) -> Resource:
    measure, person = MEASURES[name], sender.person
    code = BLOOD_PRESSURE_MDC if name == "systolic" else measure.mdc[0]
    key = f"{serial(person, measure.device)}-{code}-{_stamp(report.sent)}"
    return {
        "resourceType": "Observation",
        **({"extension": [{"url": CONFIRMED, "valueBoolean": True}]} if reading.confirmed else {}),
        "identifier": [{"system": READING_SYSTEM, "value": key}],
        "status": "final" if reading.typed is None else "corrected",
        "category": _CATEGORIES,
        "code": measure.concept(),
        "subject": reference(person.patient),
        "effectiveDateTime": iso(report.sent),
        "issued": iso(report.sent),
        "performer": [reference(sender.performer)],
        **({"note": [_correction(reading.typed, reading.value)]} if reading.typed is not None else {}),
        "device": reference(f"Device/{person.id}-{measure.device}"),
        "derivedFrom": [reference(full_url)],
    }


def _correction(typed: Decimal, value: Decimal) -> Resource:
    return words(
        "text",
        {
            "en": f"First typed as {typed}; put right by the citizen to {value}.",
            "nb": f"Først skrevet som {typed}; rettet av innbyggeren til {value}.",
        },
    )
