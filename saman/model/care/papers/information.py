"""Information for citizens: one page for each service, in words to them."""

from __future__ import annotations

from collections.abc import Iterator

from saman.model.care.papers import common
from saman.model.care.papers.desk import Desk
from saman.model.care.papers.impact import choices
from saman.model.care.papers.paper import Entry, Paper, Section, Sentence, Value, phrase
from saman.model.care.service_model import Receiver, ServiceModel


def information(desk: Desk, service: ServiceModel) -> Paper:
    """What the service is, what is written down, who sees it, and whom to turn to."""
    return Paper(
        id=f"citizen-information-{service.id}",
        title=phrase("Information for you: %(service)s", service=service.name),
        rule=phrase("Drafted for articles %(article)s of the GDPR", article="13, 14"),
        sections=(_about(desk, service), _data(desk, service), _contact(desk, service), _rights(desk, service)),
    )


def _about(desk: Desk, service: ServiceModel) -> Section:
    return Section(
        phrase("What it is"),
        (
            Entry(phrase("In short"), (desk.says(service, service.summary, "summary"),)),
            Entry(phrase("Who it is for"), (desk.says(service, service.target_group, "target_group"),)),
            Entry(phrase("What you choose"), tuple(choices(desk, service))),
            desk.entry(phrase("It ends when"), (desk.says(one, one.text) for one in service.ends), service),
        ),
    )


def _data(desk: Desk, service: ServiceModel) -> Section:
    seen = (desk.says(one, one.text) for one in service.citizen_sees)
    shared = (desk.says(one, one.text) for one in service.relative_sees)
    return Section(
        phrase("What is written down about you"),
        (
            common.kinds(desk, service),
            desk.entry(phrase("Who gets it"), _receivers(desk, service), service),
            desk.entry(phrase("You see"), seen, service),
            desk.entry(phrase("Those you let take part see"), shared, service),
            common.grounds(desk, service),
            desk.left_open(phrase("How long the data are kept"), service),
        ),
    )


def _receivers(desk: Desk, service: ServiceModel) -> Iterator[Sentence]:
    for flow in service.flows:
        if flow.receiver not in common.OUTSIDE:
            said = phrase("%(who)s: %(what)s", who=desk.role(flow.receiver), what=flow.text)
            yield desk.says(flow, said)


def _contact(desk: Desk, service: ServiceModel) -> Section:
    asked = service.response.own_request_answered
    fixed = service.monitoring.not_an_alarm.text if service.monitoring else None
    told = [desk.says(service.monitoring, fixed, "not_an_alarm")] if service.monitoring and fixed else []
    return Section(
        phrase("Whom to turn to"),
        (
            Entry(phrase("Who answers"), tuple(_answering(desk, one) for one in service.receivers)),
            Entry(phrase("What you ask is answered"), (desk.says(asked, asked),)),
            *([Entry(phrase("Good to know"), tuple(told))] if told else []),
        ),
    )


def _answering(desk: Desk, receiver: Receiver) -> Sentence:
    who: Value = desk.role(receiver.role) if receiver.role else ""
    number = next((one for one in desk.model.country.numbers if one.id == receiver.number), None)
    if number is not None:
        return desk.says(receiver, phrase("%(who)s: %(what)s", who=number.shown, what=receiver.takes))
    return desk.says(receiver, phrase("%(who)s: %(what)s", who=who, what=receiver.takes))


def _rights(desk: Desk, service: ServiceModel) -> Section:
    open_labels = (
        phrase("Controller, and whom to contact there"),
        phrase("Data protection officer"),
        phrase("Where you can complain"),
    )
    left = tuple(desk.left_open(label, service) for label in open_labels)
    return Section(phrase("What you can do"), (*desk.rows(*common.RIGHTS), *left))
