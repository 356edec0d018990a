"""What several papers say in the same way: data of a service, who gets them, legal grounds, rights, measures."""

from __future__ import annotations

from collections.abc import Iterator

from saman.model.care.agreement import Coverage
from saman.model.care.papers.desk import Desk
from saman.model.care.papers.paper import PARTIES, DataWord, Entry, Section, Sentence, phrase
from saman.model.care.pathway import Pathway, PathwayStep
from saman.model.care.service_model import Flow, ServiceModel

RELATIVE = "relative"
CITIZEN = "citizen"
OUTSIDE = (CITIZEN, RELATIVE)
"""Roles of those who are no staff."""

RIGHTS = ("R24", "R21", "R05", "R13", "R25", "R15", "R17")
SECURITY = ("R01", "R02", "R03", "R26", "R18", "R19", "R20", "R22")


def purpose(desk: Desk, service: ServiceModel) -> Entry:
    """What a service is for."""
    said = desk.says(service, service.summary, "summary")
    return Entry(phrase("Purpose"), (said,))


def whose(desk: Desk, service: ServiceModel) -> Entry:
    """Who the data are about."""
    found = [desk.says(service, service.target_group, "target_group")]
    relatives = (role for role in service.roles if role.role == RELATIVE)
    found += [desk.says(one, phrase("Relatives whom the citizen lets take part")) for one in relatives]
    return Entry(phrase("Whose data"), tuple(found))


def taken_by(desk: Desk, service: ServiceModel) -> Entry:
    """The organisations that have the service on the day, agreement by agreement."""
    covered = (part for one in desk.agreements(service) for part in one.services if part.service == service.id)
    found = [_taken(desk, part) for part in covered if part.is_taken(desk.on)]
    return desk.entry(phrase("Organisations that take the service"), found, service, PARTIES)


def _taken(desk: Desk, part: Coverage) -> Sentence:
    return desk.says(part, desk.names(part.parties), by=PARTIES)


def kinds(desk: Desk, service: ServiceModel) -> Entry:
    """Which data there are: the kinds that flow, what is measured, and what things at home tell."""
    found = [*_flowing(desk, service.flows), *(desk.says(one, one.name) for one in service.measurements)]
    return desk.entry(phrase("Kinds of data"), [*found, *from_things(desk, service)], service)


def _flowing(desk: Desk, flows: tuple[Flow, ...]) -> Iterator[Sentence]:
    first = {word: flow for flow in reversed(flows) for word in flow.data}
    return (desk.says(first[word], DataWord(word)) for word in sorted(first))


def from_things(desk: Desk, service: ServiceModel) -> Iterator[Sentence]:
    """What a service learns over distance besides what is measured: alarms, looks, doses, openings, positions."""
    there = service.distance
    if there is None:
        return
    for alarm in there.alarms:
        yield desk.says(alarm, phrase("Alarm: %(name)s", name=alarm.name))
    if there.watch is not None:
        said = phrase(
            "Looks by camera at agreed times, at most %(count)s a night; each look is logged",
            count=there.watch.most_a_night,
        )
        yield desk.says(there.watch, said)
    if there.doses is not None:
        yield desk.says(there.doses, phrase("Doses of medicine that are taken, missed and taken back"))
    if there.lock is not None:
        yield desk.says(there.lock, phrase("Openings of the lock; each opening is logged"))
    if there.positions is not None:
        said = phrase("Where a device is; forgotten after %(hours)s hours", hours=there.positions.forgotten_after_hours)
        yield desk.says(there.positions, said)


def receivers(desk: Desk, service: ServiceModel) -> Entry:
    """Who gets what from whom."""
    found = [flow_of(desk, flow) for flow in service.flows]
    return desk.entry(phrase("Who receives what"), found, service)


def flow_of(desk: Desk, flow: Flow) -> Sentence:
    """One flow in words."""
    sender, receiver = desk.role(flow.sender), desk.role(flow.receiver)
    said = phrase("%(sender)s to %(receiver)s: %(what)s", sender=sender, receiver=receiver, what=flow.text)
    return desk.says(flow, said)


def grounds(desk: Desk, service: ServiceModel) -> Entry:
    """The legal grounds that its flows rest on."""
    return legal(desk, tuple(name for flow in service.flows for name in flow.legal_bases), service)


def legal(desk: Desk, ids: tuple[str, ...], part: ServiceModel | Pathway) -> Entry:
    """Legal grounds by their ids; a blank where none is named."""
    found = [desk.says(one, phrase("%(law)s: %(what)s", law=one.law, what=one.text), "law") for one in desk.bases(ids)]
    return desk.entry(phrase("Legal ground"), found, part)


def sent(desk: Desk, pathway: Pathway, step: PathwayStep) -> Sentence:
    """What a step of a pathway sends; stands on what the step stands on."""
    sends, sender, receiver = step.sends, pathway.lane(step.lane), pathway.lane(step.to)
    said = phrase(
        "%(sender)s to %(receiver)s: %(what)s",
        sender=sender.name if sender else step.lane,
        receiver=receiver.name if receiver else "–",
        what=sends.name if sends else step.name,
    )
    return desk.says(step, said, "sends")


def rights(desk: Desk) -> Section:
    """What the person can do, by the rows of access."""
    return Section(phrase("What the citizen can do"), desk.rows(*RIGHTS))


def security(desk: Desk) -> Section:
    """Measures that hold for everything: who sees what, how staff sign in, the log."""
    said = desk.left_open(phrase("Other measures of security"), desk.model.region)
    return Section(phrase("What holds for everything"), (*desk.rows(*SECURITY), said))
