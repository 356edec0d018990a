"""The impact assessment (GDPR article 35): what the files describe, what to assess in it, and room for the answers.

Nothing here is assessed: how likely and how grave something is, people say.
"""

from __future__ import annotations

from collections.abc import Iterator

from saman.model.care.agreement import LegalBasis
from saman.model.care.basis import Status
from saman.model.care.papers import common
from saman.model.care.papers.desk import Desk
from saman.model.care.papers.paper import OFFICER, Entry, Paper, Phrase, Section, Sentence, alone, phrase
from saman.model.care.service_model import ServiceModel


def assessment(desk: Desk) -> Paper:
    """One part for each service, then what the person can do, and who has been heard."""
    return Paper(
        id="impact-assessment",
        title=phrase("Impact assessment"),
        rule=phrase("Drafted for article %(article)s of the GDPR", article="35"),
        sections=(
            *(_service(desk, one) for one in desk.model.services if one.flows),
            common.rights(desk),
            common.security(desk),
            _heard(desk),
        ),
    )


def _service(desk: Desk, service: ServiceModel) -> Section:
    return Section(
        alone(service.name),
        (
            common.purpose(desk, service),
            common.whose(desk, service),
            common.kinds(desk, service),
            common.receivers(desk, service),
            common.grounds(desk, service),
            desk.entry(phrase("Who it is for"), (desk.says(one, one.text) for one in service.inclusion), service),
            Entry(phrase("What the citizen chooses"), tuple(choices(desk, service))),
            *_to_assess(desk, service),
        ),
    )


def choices(desk: Desk, service: ServiceModel) -> Iterator[Sentence]:
    """The modes there are, and what there is instead of one."""
    for mode in service.modes:
        if mode.instead is None:
            yield desk.says(mode, mode.mode)
        else:
            yield desk.says(mode, phrase("%(mode)s, or instead: %(other)s", mode=mode.mode, other=mode.instead))


def _to_assess(desk: Desk, service: ServiceModel) -> Iterator[Entry]:
    yield _asked(desk, service, phrase("To assess: data reach somebody whom they should not"), _flows(desk, service))
    there = service.distance
    if there and there.watch:
        masked = phrase("The picture is masked") if there.watch.masked else phrase("The picture is not masked")
        seen = desk.says(there.watch, masked, "masked")
        yield _asked(desk, service, phrase("To assess: a camera at home"), (seen,))
    if there and there.positions:
        roles = tuple(desk.role(one) for one in there.positions.seen_by)
        seen = desk.says(there.positions, phrase("Seen by: %(roles)s", roles=roles))
        yield _asked(desk, service, phrase("To assess: where somebody is"), (seen,))
    if there and there.lock:
        otherwise = desk.says(there.lock, there.lock.otherwise)
        yield _asked(desk, service, phrase("To assess: others open the door"), (otherwise,))
    if there and there.alarms:
        yield _asked(desk, service, phrase("To assess: an alarm is not answered"), tuple(_alarms(desk, service)))
    if unconfirmed := tuple(_unconfirmed(desk, service)):
        yield _asked(desk, service, phrase("To assess: legal grounds that nobody has confirmed"), unconfirmed)
    yield _asked(desk, service, phrase("To assess: the service is not needed, or goes further than it has to"), ())


def _asked(desk: Desk, service: ServiceModel, label: Phrase, said: tuple[Sentence, ...]) -> Entry:
    """A question with what the files say, and blanks for how likely, how grave, and what is done about it."""
    return Entry(label, (*said, desk.blank(service)))


def _flows(desk: Desk, service: ServiceModel) -> tuple[Sentence, ...]:
    between = [flow for flow in service.flows if flow.sender not in common.OUTSIDE]
    return tuple(common.flow_of(desk, flow) for flow in between)


def _alarms(desk: Desk, service: ServiceModel) -> Iterator[Sentence]:
    for one in service.distance.alarms if service.distance else ():
        yield desk.says(one.answered, phrase("%(name)s: answered %(within)s", name=one.name, within=one.answered))


def _unconfirmed(desk: Desk, service: ServiceModel) -> Iterator[Sentence]:
    named = (name for flow in service.flows for name in flow.legal_bases)
    bases: tuple[LegalBasis, ...] = desk.bases(named)
    return (desk.says(one, one.law, "law") for one in bases if one.status is not Status.SOURCED)


def _heard(desk: Desk) -> Section:
    region = desk.model.region
    return Section(
        phrase("Who has been heard, and what was decided"),
        (
            desk.left_open(phrase("What citizens and relatives say"), region),
            desk.left_open(phrase("Advice of the data protection officer"), region, OFFICER),
            desk.left_open(phrase("Decision, and when it is looked at again"), region),
        ),
    )
