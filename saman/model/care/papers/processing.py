"""The record of processing activities (GDPR article 30): one part for each service and pathway with person data."""

from __future__ import annotations

from saman.model.care.papers import common
from saman.model.care.papers.desk import Desk
from saman.model.care.papers.paper import OFFICER, PARTIES, Entry, Paper, Section, alone, phrase
from saman.model.care.pathway import Pathway
from saman.model.care.service_model import ServiceModel


def record(desk: Desk) -> Paper:
    """The record of the region as it stands on the day."""
    services = (_service(desk, one) for one in desk.model.services if one.flows)
    pathways = (_pathway(desk, one) for one in desk.model.pathways if any(step.sends for step in one.steps))
    return Paper(
        id="record-of-processing",
        title=phrase("Record of processing activities"),
        rule=phrase("Drafted for article %(article)s of the GDPR", article="30"),
        sections=(_keeper(desk), *services, *pathways, common.security(desk)),
    )


def _keeper(desk: Desk) -> Section:
    region = desk.model.region
    return Section(
        phrase("Who keeps this record"),
        (
            desk.left_open(phrase("Controller, and whom to contact there"), region),
            desk.left_open(phrase("Data protection officer"), region, OFFICER),
        ),
    )


def _service(desk: Desk, service: ServiceModel) -> Section:
    return Section(
        alone(service.name),
        (
            common.purpose(desk, service),
            common.taken_by(desk, service),
            desk.left_open(phrase("Which of them is controller, alone or jointly"), service, PARTIES),
            common.whose(desk, service),
            common.kinds(desk, service),
            common.receivers(desk, service),
            common.grounds(desk, service),
            *_left_open(desk, service),
        ),
    )


def _pathway(desk: Desk, pathway: Pathway) -> Section:
    steps = [step for step in pathway.steps if step.sends]
    named = tuple(name for step in steps if step.sends for name in step.sends.legal_bases)
    return Section(
        alone(pathway.name),
        (
            Entry(phrase("Purpose"), (desk.says(pathway, pathway.summary, "summary"),)),
            Entry(phrase("Who receives what"), tuple(common.sent(desk, pathway, step) for step in steps)),
            common.legal(desk, named, pathway),
            *_left_open(desk, pathway),
        ),
    )


def _left_open(desk: Desk, part: ServiceModel | Pathway) -> tuple[Entry, ...]:
    return (
        desk.left_open(phrase("Sent outside the European Economic Area"), part),
        desk.left_open(phrase("How long the data are kept"), part),
    )
