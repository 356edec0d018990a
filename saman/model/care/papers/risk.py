"""The risk assessment of services: what could fail between organisations, what the files say then, room for answers."""

from __future__ import annotations

from collections.abc import Iterator

from saman.model.care.papers import common
from saman.model.care.papers.desk import Desk
from saman.model.care.papers.paper import PROFESSIONALS, Entry, Paper, Phrase, Section, Sentence, alone, phrase
from saman.model.care.service_model import Occasion, ServiceModel

FAILS = (Occasion.MISSED, Occasion.WRONG, Occasion.ALARMED)


def assessment(desk: Desk, rule: Phrase) -> Paper:
    """One part for each service and pathway, then what holds for everything."""
    services = (_service(desk, one) for one in desk.model.services if one.flows)
    return Paper(
        id="risk-assessment",
        title=phrase("Risk assessment"),
        rule=rule,
        sections=(*services, _late(desk), common.security(desk), _decided(desk)),
    )


def _service(desk: Desk, service: ServiceModel) -> Section:
    return Section(
        alone(service.name),
        (
            common.kinds(desk, service),
            Entry(phrase("If it reaches somebody else, is wrong or does not come"), tuple(_flows(desk, service))),
            desk.entry(phrase("What happens when something fails"), _steps(desk, service), service),
            Entry(phrase("How soon"), tuple(_times(desk, service))),
            *_judged(desk, service),
        ),
    )


def _flows(desk: Desk, service: ServiceModel) -> Iterator[Sentence]:
    return (common.flow_of(desk, flow) for flow in service.flows)


def _steps(desk: Desk, service: ServiceModel) -> Iterator[Sentence]:
    for step in service.steps:
        if step.on in FAILS:
            yield desk.says(step, phrase("%(when)s: %(what)s", when=step.on, what=step.text))


def _times(desk: Desk, service: ServiceModel) -> Iterator[Sentence]:
    times = service.response
    if service.monitoring is not None:
        answered = service.monitoring.report_answered
        yield desk.says(answered, phrase("A report is read and answered %(within)s", within=answered))
    asked, done = times.own_request_answered, times.request_done
    yield desk.says(asked, phrase("What the citizen asks is answered %(within)s", within=asked))
    yield desk.says(done, phrase("What was asked for is done %(within)s", within=done))


def _judged(desk: Desk, service: ServiceModel) -> Iterator[Entry]:
    labels = (
        phrase("Confidentiality: how likely, how grave"),
        phrase("Integrity: how likely, how grave"),
        phrase("Availability: how likely, how grave"),
    )
    yield from (desk.left_open(label, service, PROFESSIONALS) for label in labels)
    yield desk.left_open(phrase("Measures, and who carries them out"), service)


def _late(desk: Desk) -> Section:
    late = [desk.says(step.late, step.late.text) for one in desk.model.pathways for step in one.steps if step.late]
    said = desk.entry(phrase("What happens when a step is late"), late, desk.model.region)
    return Section(phrase("Between organisations"), (said,))


def _decided(desk: Desk) -> Section:
    region = desk.model.region
    return Section(
        phrase("Who decides"),
        (
            desk.left_open(phrase("What risk is acceptable"), region),
            desk.left_open(phrase("Decision, and when it is looked at again"), region),
        ),
    )
