"""The arrangement between joint controllers (GDPR article 26): one part for each agreement that holds on the day."""

from __future__ import annotations

from collections.abc import Iterator

from saman.model.care.agreement import Agreement, Mandate
from saman.model.care.papers import common
from saman.model.care.papers.desk import Desk
from saman.model.care.papers.paper import PARTIES, Entry, Paper, Phrase, Section, Sentence, Value, alone, phrase


def arrangement(desk: Desk) -> Paper:
    """Who has agreed to do what for whom, and what they have yet to agree on as controllers."""
    return Paper(
        id="joint-controllers",
        title=phrase("Arrangement between joint controllers"),
        rule=phrase("Drafted for article %(article)s of the GDPR", article="26"),
        sections=(*(_agreement(desk, one) for one in desk.agreements()), _duties(desk), common.rights(desk)),
    )


def _agreement(desk: Desk, agreement: Agreement) -> Section:
    mandates = [_mandate(desk, one) for one in agreement.mandates]
    bases = [
        desk.says(one, phrase("%(law)s: %(what)s", law=one.law, what=one.text), "law") for one in agreement.legal_bases
    ]
    return Section(
        alone(agreement.name),
        (
            Entry(phrase("Parties"), (desk.says(agreement, desk.names(agreement.parties), "parties", by=PARTIES),)),
            Entry(phrase("Purpose"), (desk.says(agreement, agreement.purpose, "purpose", by=PARTIES),)),
            Entry(phrase("Holds"), (desk.says(agreement, holds(agreement), "valid_from", by=PARTIES),)),
            desk.entry(phrase("Services"), _services(desk, agreement), agreement, PARTIES),
            desk.entry(phrase("Who does what"), mandates, agreement, PARTIES),
            desk.entry(phrase("Legal ground"), bases, agreement, PARTIES),
        ),
    )


def holds(agreement: Agreement) -> Phrase:
    """From when to when an agreement holds."""
    first, last = agreement.valid_from, agreement.valid_to
    if first and last:
        return phrase("From %(first)s to %(last)s", first=first, last=last)
    if first:
        return phrase("From %(first)s, with no last day", first=first)
    if last:
        return phrase("Until %(last)s; the first day is not known", last=last)
    return phrase("The first and last day are not known")


def _services(desk: Desk, agreement: Agreement) -> Iterator[Sentence]:
    for part in agreement.services:
        service = desk.model.service(part.service)
        if service is not None and part.is_taken(desk.on):
            said = phrase("%(service)s: %(parties)s", service=service.name, parties=desk.names(part.parties))
            yield desk.says(part, said, by=PARTIES)


def _mandate(desk: Desk, mandate: Mandate) -> Sentence:
    who: Value = desk.role(mandate.role) if mandate.role else desk.names((mandate.party or "",))
    done = tuple(activity_names(desk, mandate))
    return desk.says(mandate, phrase("%(who)s: %(what)s", who=who, what=done), by=PARTIES)


def activity_names(desk: Desk, mandate: Mandate) -> Iterator[Value]:
    """What somebody is mandated for, in words."""
    known = {one.id: one.name for service in desk.model.services for one in service.activities}
    return (known.get(one, one) for one in mandate.activities)


def _duties(desk: Desk) -> Section:
    region = desk.model.region
    open_labels = (
        phrase("Which of the parties are controllers, and for what jointly"),
        phrase("Who informs the citizen"),
        phrase("Who answers when a citizen asks to see their data"),
        phrase("Who tells the authority and the citizen of a breach"),
        phrase("Whom the citizen can contact"),
        phrase("What the citizen is told of this arrangement"),
    )
    return Section(
        phrase("What the parties have to agree on"),
        tuple(desk.left_open(label, region, PARTIES) for label in open_labels),
    )
