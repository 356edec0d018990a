"""Who decides and works together: bodies with their drawings, shared goals, parties, agreements, the map."""

from __future__ import annotations

from datetime import date

import msgspec
from markupsafe import Markup

from saman.apps.region import names, seats
from saman.apps.region.agreements import AgreementView, agreement_view
from saman.apps.region.borders import Borders
from saman.apps.region.facts import Fact, Ground, Said, Teller
from saman.apps.region.maps import MapView, map_view
from saman.apps.region.people import HOSPITALS
from saman.apps.region.ties import Ties, ties
from saman.model.care.governance import Body, Seat, Standing, Voting
from saman.model.care.party import Party, PartyKind
from saman.model.care.service_model import ServiceModel

FOLDED_FROM = 4
"""A kind of party with more members than this is shown folded."""


class SeatLine(msgspec.Struct, frozen=True):
    """One line of the table twin; `count` is None when it is not known."""

    name: Said
    member: bool
    count: int | None
    ground: Ground


class BodyView(msgspec.Struct, frozen=True):
    """A body in words and as a drawing; `voting` is empty when it is not known."""

    id: str
    name: Said
    purpose: Said
    since: str
    voting: str
    ground: Ground
    seats: tuple[SeatLine, ...]
    svg: Markup
    hospital: bool
    observers: bool
    unknown: bool


class GoalView(msgspec.Struct, frozen=True):
    """A goal that several share."""

    text: Said
    owner: Said
    signatories: tuple[str, ...]
    indicator: Said
    target: Said
    ground: Ground


class PartyLine(msgspec.Struct, frozen=True):
    """A party and the units within it that are shown under it."""

    name: str
    ground: Ground
    place: str
    units: tuple[PartyLine, ...] = ()


class PartyGroup(msgspec.Struct, frozen=True):
    """All parties of one kind; `shared` is the ground when all stand on the same."""

    title: str
    parties: tuple[PartyLine, ...]
    shared: Ground | None
    folded: bool


class Together(msgspec.Struct, frozen=True):
    """Bodies, goals, parties, map and agreements, with the facts around them."""

    bodies: tuple[BodyView, ...]
    goals: tuple[GoalView, ...]
    groups: tuple[PartyGroup, ...]
    ties: Ties | None
    map: MapView
    agreements: tuple[AgreementView, ...]
    governance_facts: tuple[Fact, ...]
    place_facts: tuple[Fact, ...]
    other_facts: tuple[Fact, ...]


def together(tell: Teller, borders: Borders | None, service: ServiceModel | None = None) -> Together:
    """Everything about who works with whom; `service` is the one that the map shows."""
    model = tell.model
    services = {service.id for service in model.services}
    others = (
        fact
        for fact in model.region.facts
        if fact.about not in ("governance", "geography") and fact.about not in services
    )
    return Together(
        bodies=tuple(_body(tell, body) for body in model.bodies),
        goals=_goals(tell),
        groups=_groups(tell),
        ties=ties(tell),
        map=map_view(tell, borders, service),
        agreements=tuple(agreement_view(tell, one) for one in model.agreements),
        governance_facts=tell.facts("governance"),
        place_facts=tell.facts("geography"),
        other_facts=tuple(Fact(tell.said(fact.text), tell.ground(fact)) for fact in others),
    )


def _body(tell: Teller, body: Body) -> BodyView:
    members = [_chair(tell, seat) for seat in body.seats if seat.standing is Standing.MEMBER]
    observers = [_chair(tell, seat) for seat in body.seats if seat.standing is Standing.OBSERVER]
    gettext, ngettext = tell.words.gettext, tell.words.ngettext
    count = sum(chair.count for chair in members)
    counted = ngettext("%(count)s seat", "%(count)s seats", count)
    if not all(chair.known for chair in members):
        counted = gettext("seats not known")
    kind = gettext(names.BODIES[body.kind])
    table = seats.Table(
        title=tell.said(body.name).text,
        about=gettext("Seats of one size round a table. Members: %(members)s. Observers: %(observers)s.",
                      members="; ".join(chair.name for chair in members),
                      observers="; ".join(chair.name for chair in observers) or gettext("none")),
        on_table=[kind, counted]
        + ([gettext("equal say")] if body.equal_say else []),
        members=members,
        observers=observers,
        observers_title=gettext("Observers"),
    )  # fmt: skip
    return BodyView(
        id=body.id,
        name=tell.said(body.name),
        purpose=tell.said(body.purpose),
        since=_since(tell, body.since),
        voting="" if body.voting is Voting.NOT_KNOWN else gettext(names.VOTING[body.voting]),
        ground=tell.ground(body),
        seats=tuple(
            SeatLine(
                tell.said(seat.name),
                seat.standing is Standing.MEMBER,
                None if seat.not_known else seat.seats,
                tell.ground(seat),
            )
            for seat in body.seats
        ),
        svg=seats.draw(f"body-{body.id}", table),
        hospital=any(chair.hospital for chair in members),
        observers=bool(observers),
        unknown=any(not chair.known for chair in members),
    )


def _chair(tell: Teller, seat: Seat) -> seats.Chair:
    party = tell.model.party(seat.party) if seat.party else None
    is_hospital = party is not None and party.kind in HOSPITALS
    return seats.Chair(tell.said(seat.name).text, seat.seats, is_hospital, known=not seat.not_known)


def _since(tell: Teller, since: date | int | None) -> str:
    return "" if since is None else str(since) if isinstance(since, int) else tell.words.full_date(since)


def _goals(tell: Teller) -> tuple[GoalView, ...]:
    bodies = {body.id: body.name for body in tell.model.bodies}
    indicators = {one.id: one.name for one in tell.model.indicators}
    parties = {party.id: party.name for party in tell.model.parties}

    return tuple(
        GoalView(
            text=tell.said(goal.text),
            owner=tell.said(bodies[goal.owner]) if goal.owner in bodies else Said(parties.get(goal.owner, goal.owner)),
            signatories=tuple(parties.get(name, name) for name in goal.signatories),
            indicator=tell.said(indicators.get(goal.indicator, {})),
            target=tell.said(goal.target),
            ground=tell.ground(goal),
        )
        for goal in tell.model.goals
    )


def _groups(tell: Teller) -> tuple[PartyGroup, ...]:
    nested = {one.id for one in tell.model.parties if one.parent and _kind_of(tell, one.parent) in HOSPITALS}
    groups = []
    for kind, title in names.PARTIES.items():
        found = [party for party in tell.model.parties if party.kind is kind and party.id not in nested]
        if not found:
            continue
        parties = tuple(_party(tell, party, nested) for party in found)
        grounds = {party.ground for party in parties}
        shared = grounds.pop() if len(parties) > FOLDED_FROM and len(grounds) == 1 else None
        groups.append(PartyGroup(tell.words.gettext(title), parties, shared, len(parties) > FOLDED_FROM))
    return tuple(groups)


def _kind_of(tell: Teller, id_: str) -> PartyKind | None:
    party = tell.model.party(id_)
    return party.kind if party else None


def _party(tell: Teller, party: Party, nested: set[str]) -> PartyLine:
    place = tell.model.place(party.place)
    within = [child for child in tell.model.children(party.id) if child.id in nested]
    return PartyLine(
        party.name,
        tell.ground(party),
        place.name if place else "",
        tuple(_party(tell, child, nested) for child in within),
    )
