"""Services, questionnaires and indicators as PlanDefinition, ActivityDefinition, Questionnaire and Measure."""

from __future__ import annotations

from collections.abc import Iterator

from saman.model.care.caremodel import CareModel
from saman.model.care.codes import ACTIVITY, ANSWER, CATEGORY, ROLE, SERVICE, reference
from saman.model.care.fhir_words import MODULE, Resource, canonical, coded, concept, definition, own_id, resource, words
from saman.model.care.governance import Direction, Indicator
from saman.model.care.measurement import Measurement, Schedule
from saman.model.care.monitoring import Module
from saman.model.care.questionnaire import Question, Questionnaire
from saman.model.care.service_model import Activity, ServiceModel

TOPIC = "http://terminology.hl7.org/CodeSystem/definition-topic"
POPULATION = "http://terminology.hl7.org/CodeSystem/measure-population"
IMPROVEMENT = "http://terminology.hl7.org/CodeSystem/measure-improvement-notation"
SCORING = "http://terminology.hl7.org/CodeSystem/measure-scoring"


def resources(model: CareModel) -> Iterator[Resource]:
    """Every service, questionnaire and indicator of a region."""
    for service in model.services:
        yield _offer(model, service)
        yield _plan(model, service)
        for activity in service.activities:
            yield _activity(model, service, activity)
        for measurement in service.measurements:
            yield _measuring(model, service, measurement)
    for questionnaire in model.questionnaires:
        yield _questionnaire(model, questionnaire)
    for indicator in model.indicators:
        yield _measure(model, indicator)


def _offer(model: CareModel, service: ServiceModel) -> Resource:
    made = resource(model, "HealthcareService", own_id(model, service.id), service)
    made["identifier"] = [{"system": SERVICE, "value": service.id}]
    made["active"] = True
    provider = _provider(model, service)
    if provider is not None:
        made["providedBy"] = reference(f"Organization/{provider}")
    made["category"] = [concept(CATEGORY, service.category.value)]
    made["type"] = [concept(SERVICE, service.id)]
    made |= words(model, "name", service.name)
    return made | words(model, "comment", service.summary)


def _provider(model: CareModel, service: ServiceModel) -> str | None:
    kind = next((one.party_kind for one in service.receivers if one.party_kind is not None), None)
    return next((party.id for party in model.parties if party.kind is kind), None)


def _plan(model: CareModel, service: ServiceModel) -> Resource:
    made = definition(model, "PlanDefinition", service.id, service.version, service)
    made |= words(model, "title", service.name)
    made["type"] = concept(
        "http://terminology.hl7.org/CodeSystem/plan-definition-type", "clinical-protocol", display="Clinical Protocol"
    )
    made |= words(model, "description", service.summary)
    made["jurisdiction"] = [concept("urn:iso:std:iso:3166", model.country.code)]
    made["relatedArtifact"] = [
        {"type": "citation", "label": source.mark.value, "display": source.title, "url": source.url}
        for source in model.region.sources
        if source.id in service.source
    ]
    made["action"] = [_module(model, service, module) for module in service.modules]
    return {name: value for name, value in made.items() if value != []}


def _module(model: CareModel, service: ServiceModel, module: Module) -> Resource:
    action: Resource = {"id": module.id} | words(model, "title", module.name)
    action["code"] = [concept(MODULE, module.id)]
    action["reason"] = [coded(module.codes)]
    action["groupingBehavior"] = "logical-group"
    action["action"] = [
        _asked(canonical(model, "ActivityDefinition", f"measure-{one.id}"), one.id, one.schedule)
        for one in module.measurements
    ]
    if service.questionnaire and module.questions:
        url = canonical(model, "Questionnaire", service.questionnaire)
        action["action"].append(_asked(url, service.questionnaire, module.questions[0].schedule))
    return action


def _asked(url: str, id: str, schedule: Schedule) -> Resource:
    days = [day.value for day in schedule.days]
    # In R4 a schedule holds either times of the day or codes for parts of it, and no window.
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d", "dayOfWeek": days, "timeOfDay": [f"{schedule.opens}:00"]}
    participant = [{"type": "patient"}]
    return {"id": id, "timingTiming": {"repeat": repeat}, "participant": participant, "definitionCanonical": url}


def _activity(model: CareModel, service: ServiceModel, activity: Activity) -> Resource:
    made = definition(model, "ActivityDefinition", activity.id, service.version, activity)
    made |= words(model, "title", activity.name)
    made["topic"] = [concept(CATEGORY, activity.sector.value)]
    made["kind"] = "ServiceRequest"
    made["code"] = concept(ACTIVITY, activity.id)
    is_patient = activity.role == "citizen"
    kind = "patient" if is_patient else "related-person" if activity.role == "relative" else "practitioner"
    made["participant"] = [{"type": kind, "role": concept(ROLE, activity.role)}]
    return made


def _measuring(model: CareModel, service: ServiceModel, measurement: Measurement) -> Resource:
    made = definition(model, "ActivityDefinition", f"measure-{measurement.id}", service.version)
    made |= words(model, "title", measurement.name)
    made |= words(model, "description", measurement.hint)
    made["kind"] = "ServiceRequest"
    made["code"] = coded(measurement.codes)
    made["participant"] = [{"type": "patient"}]
    return made


def _questionnaire(model: CareModel, questionnaire: Questionnaire) -> Resource:
    made = definition(model, "Questionnaire", questionnaire.id, questionnaire.version, questionnaire)
    made |= words(model, "title", questionnaire.title)
    made["subjectType"] = ["Patient"]
    made["publisher"] = questionnaire.author
    made["copyright"] = questionnaire.licence
    made["item"] = [_question(model, question) for question in questionnaire.questions]
    return made


def _question(model: CareModel, question: Question) -> Resource:
    item: Resource = {"linkId": question.id} | words(model, "text", question.text)
    item |= {"type": "choice", "required": False, "repeats": False}
    item["answerOption"] = [
        {"valueCoding": {"system": f"{ANSWER}:{question.id}", "code": answer.id} | words(model, "display", answer.text)}
        for answer in question.answers
    ]
    return item


def _measure(model: CareModel, indicator: Indicator) -> Resource:
    made = definition(model, "Measure", indicator.id, model.region.version, indicator)
    made |= words(model, "title", indicator.name)
    made |= words(model, "description", indicator.drawn_from)
    if indicator.target:
        made |= words(model, "guidance", indicator.target)
    percent = indicator.unit == "per cent"
    made["scoring"] = concept(SCORING, "proportion" if percent else "ratio")
    if indicator.direction is not Direction.NONE:
        better = "increase" if indicator.direction is Direction.UP else "decrease"
        made["improvementNotation"] = concept(IMPROVEMENT, better)
    made["relatedArtifact"] = [
        {"type": "citation", "label": source.mark.value, "display": source.title, "url": source.url}
        for source in model.region.sources
        if source.id in indicator.source
    ]
    populations = (("numerator", indicator.numerator), ("denominator", indicator.denominator))
    made["group"] = [
        {
            "population": [
                {"code": concept(POPULATION, code)}
                | words(model, "description", text)
                | {"criteria": {"language": "text/plain", "expression": text["en"]}}
                for code, text in populations
            ]
        }
    ]
    return {name: value for name, value in made.items() if value != []}
