"""A person in the service of a region's demo: referral, episode, own limits, plan for worse days, and readings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from saman.flows.monitoring.enrolment import Enrolment
from saman.flows.monitoring.report import Report, Value, resources
from saman.kernel.clock import instant
from saman.model.care import codes
from saman.model.care.calendar import answer_by, due_times
from saman.model.care.combine import asked_for, chosen
from saman.model.care.measurement import Quantity
from saman.model.care.monitoring import Module
from saman.ops.demo.anywhere.cast import Cast, Citizen
from saman.ops.demo.anywhere.people import sheet, text
from saman.ops.demo.anywhere.plan import SINCE
from saman.ops.demo.anywhere.scene import Scene
from saman.ops.demo.bundle import post, put, urn
from saman.ops.demo.marks import HAND_MADE, SIMULATED, Resource, concept, mark, reference, words
from saman.ops.demo.profile import Words

BACK = timedelta(days=30)
"""How far readings go back."""

USUAL_ANSWER = 1
"""Where "as usual" stands among the answers to a question of how one feels."""

ZONES = ("green", "yellow", "red")
SOON = timedelta(hours=4)
"""So long after they could be read, all reports but those left unread have been."""

SPREAD = Decimal("0.05")
"""Standard deviation, as a part of the whole usual span, of what the data file says nothing of."""


def modules_of(citizen: Citizen, cast: Cast) -> tuple[Module, ...]:
    """What a person is followed for."""
    found, place = cast.service.modules, citizen.row.followed
    return () if place is None or not found else (found[place % len(found)],)


def service_entries(citizen: Citizen, scene: Scene) -> Iterator[Resource]:
    """Referral and episode; of who measures at home also own limits and the plan for worse days."""
    modules = modules_of(citizen, scene.cast)
    made = [_referral(citizen, scene, modules), _episode(citizen, scene)]
    for module in modules:
        asked = {one.id for one in module.measurements}
        quantities = (q for one in scene.cast.service.measurements if one.id in asked for q in one.quantities)
        made += [_limit(citizen, scene, one) for one in quantities if _has_limit(one)]
        made.append(_self_treatment(citizen, scene, module))
    return (put(mark(one, HAND_MADE)) for one in made)


def _referral(citizen: Citizen, scene: Scene, modules: tuple[Module, ...]) -> Resource:
    cast = scene.cast
    doctor = cast.worker("general-practitioner")
    reasons = [
        {"coding": [codes.coding(c.system, c.code, c.display) for c in one.codes], **words("text", one.name)}
        for one in modules
    ]
    return {
        "resourceType": "ServiceRequest",
        "id": f"{citizen.id}-referral",
        "status": "active",
        "intent": "order",
        "category": [concept(codes.SERVICE, "health")],
        "code": {**concept(codes.ACTIVITY, cast.service.id), **words("text", cast.service.name)},
        "subject": reference(citizen.patient),
        "authoredOn": instant(scene.at(SINCE - 6, "09:20")),
        **({"requester": reference(doctor.practitioner_role, doctor.name)} if doctor else {}),
        "performer": [reference(f"Organization/{cast.reader.id}")],
        **({"reasonCode": reasons} if reasons else {}),
        "note": [words("text", text("said-yes"))],
    }


def _episode(citizen: Citizen, scene: Scene) -> Resource:
    return {
        "resourceType": "EpisodeOfCare",
        "id": f"{citizen.id}-service",
        "status": "active",
        "type": [concept(codes.SERVICE, scene.cast.service.id)],
        "patient": reference(citizen.patient),
        "managingOrganization": reference(f"Organization/{scene.cast.reader.id}"),
        "period": {"start": scene.day(SINCE).isoformat()},
        "referralRequest": [reference(f"ServiceRequest/{citizen.id}-referral")],
        "team": [reference(f"CareTeam/{citizen.id}-team")],
    }


def _has_limit(quantity: Quantity) -> bool:
    return quantity.default_limit.low is not None or quantity.default_limit.high is not None


def _limit(citizen: Citizen, scene: Scene, quantity: Quantity) -> Resource:
    """The limit that the service starts from, as it was agreed with the person."""
    setter = scene.cast.worker("general-practitioner") or scene.cast.worker(scene.cast.reader_role)
    assert setter is not None
    ends = {"low": quantity.default_limit.low, "high": quantity.default_limit.high}
    shown = "–".join(str(end) if end is not None else "" for end in ends.values())
    named: Words = {language: f"{name}: {shown} {quantity.unit.text}" for language, name in quantity.name.items()}
    measure = {"coding": [codes.coding(one.system, one.code, one.display) for one in quantity.codes]}
    day = scene.day(SINCE + 10).isoformat()
    return {
        "resourceType": "Goal",
        "id": f"{citizen.id}-limit-{quantity.id}",
        "lifecycleStatus": "active",
        "category": [concept(codes.GOAL, "limit")],
        "description": words("text", named),
        "subject": reference(citizen.patient),
        "startDate": day,
        "target": [
            {
                "measure": measure,
                "detailRange": {name: _quantity(quantity, end) for name, end in ends.items() if end is not None},
            }
        ],
        "statusDate": day,
        "expressedBy": reference(setter.practitioner, setter.name),
        "note": [
            {"authorReference": reference(setter.practitioner), "time": f"{day}T12:00:00Z"}
            | words("text", text("agreed"))
        ],
    }


def _quantity(quantity: Quantity, value: Decimal) -> Resource:
    unit = quantity.unit
    return {"value": value, "unit": unit.text, "system": "http://unitsofmeasure.org", "code": unit.code}


def _self_treatment(citizen: Citizen, scene: Scene, module: Module) -> Resource:
    plan = module.self_treatment
    doctor = scene.cast.worker("general-practitioner")
    last = len(plan.steps) - 1
    return {
        "resourceType": "CarePlan",
        "id": f"{citizen.id}-self-treatment",
        "partOf": [reference(f"CarePlan/{citizen.id}-plan")],
        "status": "active",
        "intent": "plan",
        "category": [concept(codes.PLAN, "self-treatment")],
        **words("title", plan.title),
        "subject": reference(citizen.patient),
        "period": {"start": scene.day(SINCE).isoformat()},
        "created": instant(scene.at(SINCE, "12:00")),
        **({"author": reference(doctor.practitioner_role, doctor.name)} if doctor else {}),
        "activity": [
            {
                "extension": [{"url": codes.ZONE, "valueCode": ZONES[2 if turn == last else min(turn, 1)]}],
                "detail": {"status": "in-progress", **words("description", _with_numbers(step.text, scene))},
            }
            for turn, step in enumerate(plan.steps)
        ],
    }


def _with_numbers(said: Words, scene: Scene) -> Words:
    """The words with the country's numbers to call in them."""
    numbers = {one.id: one.shown for one in scene.country.numbers}

    def filled(words_: str) -> str:
        for id, shown in numbers.items():
            words_ = words_.replace(f"{{{id}}}", shown)
        return words_

    return {language: filled(one) for language, one in said.items()}


def report_entries(citizen: Citizen, scene: Scene) -> Iterator[Resource]:
    """The reports of the last month, as the citizen's page sends them, and the reading of each."""
    enrolment = _enrolment(citizen, scene.cast)
    if enrolment is None:
        return
    moments = list(_moments(enrolment, citizen, scene))
    for turn, sent in enumerate(moments):
        last = turn == len(moments) - 1
        report = _report(enrolment, sent, scene.chance(f"{citizen.id} {turn}"), last=last)
        made = list(resources(scene.cast.model, enrolment, report, f"{citizen.id}-report-{turn + 1}", sent))
        answers, *observations, task = (mark(one, SIMULATED) for one in made)
        if report.comment:
            answers["item"][-1]["answer"] = [words("valueString", text("restless"))]
        yield put(answers)
        yield from (post(one, urn(one["identifier"][0]["value"])) for one in observations)
        waits = last and citizen.row.unread
        yield post(task if waits else _read(task, enrolment, sent, scene), urn(f"task {answers['id']}"))


def _enrolment(citizen: Citizen, cast: Cast) -> Enrolment | None:
    service = cast.service
    if service.monitoring is None:
        return None
    modules = tuple(one.id for one in modules_of(citizen, cast))
    return Enrolment(
        person=citizen.id,
        episode=f"EpisodeOfCare/{citizen.id}-service",
        service=service,
        monitoring=service.monitoring,
        modules=tuple(one.id for one in chosen(service, modules)),
        receiver=cast.reader,
        asked=asked_for(service, cast.model.questionnaire(service.questionnaire), modules),
        limits=(),
    )


def _moments(enrolment: Enrolment, citizen: Citizen, scene: Scene) -> Iterator[datetime]:
    """When reports were sent: in the morning of each day before today on which anything is to be measured."""
    rng = scene.chance(f"{citizen.id} moments")
    schedules = dict.fromkeys(schedule for _, schedule in enrolment.asked.measurements)
    span = scene.country, scene.now - BACK, scene.at(0, "00:00")
    found = sorted((due.opens, due.closes) for schedule in schedules for due in due_times(schedule, *span))
    for opens, closes in {opens.date(): (opens, closes) for opens, closes in found}.values():
        yield opens + (closes - opens) * rng.uniform(0.1, 0.4)


def _report(enrolment: Enrolment, sent: datetime, rng: Random, *, last: bool) -> Report:
    values = {
        quantity.id: Value(_shown(quantity, rng), quantity.unit.code)
        for measurement, schedule in enrolment.asked.measurements
        if sent.weekday() in {day.number for day in schedule.days}
        for quantity in measurement.quantities
    }
    answers = {
        question.id: question.answers[min(USUAL_ANSWER, len(question.answers) - 1)].id
        for question, _ in enrolment.asked.questions
    }
    key = f"demo-{enrolment.person}-{sent:%Y%m%d%H%M%S}"
    return Report(key=key, values=values, answers=answers, comment=text("restless")["en"] if last else "")


def _shown(quantity: Quantity, rng: Random) -> Decimal:
    """A value that the instrument can show, within what is usual."""
    low, high = quantity.usual.low or Decimal(0), quantity.usual.high or Decimal(100)
    known = next((found for one in quantity.codes if (found := sheet().usual.get(one.code))), None)
    mean, spread = known or (float(low + high) / 2, float((high - low) * SPREAD))
    drawn = Decimal(str(round(rng.gauss(mean, spread), 6)))
    return min(max(drawn, low), high).quantize(Decimal(1).scaleb(-quantity.decimals))


def _read(task: Resource, enrolment: Enrolment, sent: datetime, scene: Scene) -> Resource:
    """The task done soon after it could be read, and in time; as it is while that is still to come."""
    answer = answer_by(enrolment.monitoring, enrolment.receiver, scene.country, sent)
    start = answer.read_from or sent
    due = min(start + SOON, answer.answer_by or start + SOON)
    if due > scene.now:
        return task
    readers = [one for one in scene.cast.staff if one.organization == scene.cast.reader.id]
    able = [one for one in readers if one.role == scene.cast.reader_role]
    rng = scene.chance(f"read {task['focus']['reference']}")
    reader, done = rng.choice(able), start + (due - start) * rng.uniform(0.1, 0.6)
    output = {
        "type": concept(codes.TASK_OUTPUT, "acknowledged-by"),
        "valueReference": reference(reader.practitioner_role, reader.name),
    }
    return task | {
        "status": "completed",
        "lastModified": instant(done),
        "executionPeriod": {"start": instant(start), "end": instant(done)},
        "output": [output],
    }
