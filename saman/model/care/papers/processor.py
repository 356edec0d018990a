"""The annex for those who process data for others (GDPR article 28): one part for each party mandated by name."""

from __future__ import annotations

from collections.abc import Iterator

from saman.model.care.agreement import Agreement, Mandate
from saman.model.care.papers import common
from saman.model.care.papers.arrangement import activity_names, holds
from saman.model.care.papers.desk import Desk
from saman.model.care.papers.paper import PARTIES, DataWord, Entry, Paper, Section, Sentence, alone, phrase
from saman.model.care.service_model import Activity, ServiceModel


def annex(desk: Desk) -> Paper:
    """What each such party does with which data, and what has to be agreed with it and with whoever runs Saman."""
    done = (_mandated(desk, one, mandate) for one in desk.agreements() for mandate in one.mandates if mandate.party)
    return Paper(
        id="processor-annex",
        title=phrase("Annex for processors"),
        rule=phrase("Drafted for article %(article)s of the GDPR", article="28"),
        sections=(*done, _platform(desk), common.security(desk)),
    )


def _mandated(desk: Desk, agreement: Agreement, mandate: Mandate) -> Section:
    activities = tuple(_activities(desk, mandate))
    steps = [
        desk.says(step, step.text)
        for service, activity in activities
        for step in service.steps
        if step.activity == activity.id
    ]
    return Section(
        alone(desk.names((mandate.party or "",))),
        (
            Entry(phrase("Works for"), (desk.says(agreement, desk.names(agreement.parties), "parties", by=PARTIES),)),
            Entry(phrase("What it does"), (desk.says(mandate, tuple(activity_names(desk, mandate)), by=PARTIES),)),
            Entry(phrase("Holds"), (desk.says(agreement, holds(agreement), "valid_from", by=PARTIES),)),
            desk.entry(phrase("Kinds of data"), _data(desk, activities), mandate, PARTIES),
            desk.entry(phrase("Whose data"), _whose(desk, activities), mandate, PARTIES),
            desk.entry(phrase("How it is done"), steps, mandate, PARTIES),
            Entry(phrase("Whether it is a processor or a controller"), (desk.blank(mandate, by=PARTIES),)),
            *(Entry(label, (desk.blank(mandate, by=PARTIES),)) for label in _OPEN),
        ),
    )


_OPEN = (
    phrase("Other processors it uses"),
    phrase("Where the data are processed"),
    phrase("Help with the citizen's rights and with breaches"),
    phrase("What happens to the data at the end"),
    phrase("How the controller can inspect"),
)


def _activities(desk: Desk, mandate: Mandate) -> Iterator[tuple[ServiceModel, Activity]]:
    for service in desk.model.services:
        yield from ((service, one) for one in service.activities if one.id in mandate.activities)


def _data(desk: Desk, activities: tuple[tuple[ServiceModel, Activity], ...]) -> Iterator[Sentence]:
    said: set[str] = set()
    for service, activity in activities:
        for flow in service.flows:
            if activity.role in (flow.sender, flow.receiver):
                new = tuple(word for word in flow.data if word not in said)
                said.update(new)
                if new:
                    yield desk.says(flow, tuple(DataWord(word) for word in new))


def _whose(desk: Desk, activities: tuple[tuple[ServiceModel, Activity], ...]) -> Iterator[Sentence]:
    services = {service.id: service for service, _ in activities}
    return (desk.says(one, one.target_group, "target_group") for one in services.values())


def _platform(desk: Desk) -> Section:
    region = desk.model.region
    labels = (phrase("Organisation"), *_OPEN)
    return Section(phrase("Whoever runs Saman"), tuple(desk.left_open(label, region, PARTIES) for label in labels))
