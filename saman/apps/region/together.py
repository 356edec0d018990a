"""Who decides and works together: bodies with their drawings, shared goals, parties, agreements, the map."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import msgspec
from markupsafe import Markup

from saman.apps.region import borders as map_
from saman.apps.region import names, seats
from saman.apps.region.borders import Borders
from saman.apps.region.facts import Fact, Ground, Said, Teller
from saman.model.care.agreement import Agreement, Take
from saman.model.care.basis import Status
from saman.model.care.governance import Body, Seat, Standing, Voting
from saman.model.care.party import Party, PartyKind
from saman.model.care.region import Place

HOSPITALS = (PartyKind.HOSPITAL_TRUST, PartyKind.HOSPITAL)
FOLDED_FROM = 4
"""A kind of party with more members than this is shown folded."""

SHADES = 5


class SeatLine(msgspec.Struct, frozen=True):
    """One line of the table twin."""

    name: Said
    member: bool
    count: int
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


class PlaceLine(msgspec.Struct, frozen=True):
    """A municipality as counted; `share` is written in per cent."""

    number: int
    name: str
    residents: int
    residents_65: int
    share: str
    shade: str


class MapView(msgspec.Struct, frozen=True):
    """Municipalities with residents, and the map when the region has borders; `steps` explains the shades."""

    places: tuple[PlaceLine, ...]
    counted: date
    ground: Ground
    steps: tuple[tuple[str, str], ...]
    svg: Markup | None
    borders: Borders | None


class BasisLine(msgspec.Struct, frozen=True):
    """A rule of law that an agreement rests on, with how far it was checked."""

    law: str
    text: Said
    shape: str
    status: str


class AgreementView(msgspec.Struct, frozen=True):
    """What is known of an agreement."""

    name: str
    kind: str
    purpose: Said
    ground: Ground
    period: str
    in_force: bool
    parties: tuple[tuple[str, int], ...]
    services: tuple[tuple[Said, str, Ground], ...]
    mandates: tuple[tuple[Said, tuple[Said, ...], Ground], ...]
    bases: tuple[BasisLine, ...]
    funding: tuple[tuple[str, str, Ground], ...]


class Together(msgspec.Struct, frozen=True):
    """Bodies, goals, parties, map and agreements, with the facts around them."""

    bodies: tuple[BodyView, ...]
    goals: tuple[GoalView, ...]
    groups: tuple[PartyGroup, ...]
    map: MapView
    agreements: tuple[AgreementView, ...]
    governance_facts: tuple[Fact, ...]
    place_facts: tuple[Fact, ...]
    other_facts: tuple[Fact, ...]


def together(tell: Teller, borders: Borders | None) -> Together:
    """Everything about who works with whom."""
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
        map=_map(tell, borders),
        agreements=tuple(_agreement(tell, one) for one in model.agreements),
        governance_facts=tell.facts("governance"),
        place_facts=tell.facts("geography"),
        other_facts=tuple(Fact(tell.said(fact.text), tell.ground(fact)) for fact in others),
    )


def _body(tell: Teller, body: Body) -> BodyView:
    members = [_chair(tell, seat) for seat in body.seats if seat.standing is Standing.MEMBER]
    observers = [_chair(tell, seat) for seat in body.seats if seat.standing is Standing.OBSERVER]
    gettext, ngettext = tell.words.gettext, tell.words.ngettext
    count = sum(chair.count for chair in members)
    kind = gettext(names.BODIES[body.kind])
    table = seats.Table(
        title=tell.said(body.name).text,
        about=gettext("Seats of one size round a table. Members: %(members)s. Observers: %(observers)s.",
                      members="; ".join(chair.name for chair in members),
                      observers="; ".join(chair.name for chair in observers) or gettext("none")),
        on_table=[kind, ngettext("%(count)s seat", "%(count)s seats", count)]
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
            SeatLine(tell.said(seat.name), seat.standing is Standing.MEMBER, seat.seats, tell.ground(seat))
            for seat in body.seats
        ),
        svg=seats.draw(f"body-{body.id}", table),
        hospital=any(chair.hospital for chair in members),
        observers=bool(observers),
    )


def _chair(tell: Teller, seat: Seat) -> seats.Chair:
    party = tell.model.party(seat.party) if seat.party else None
    return seats.Chair(tell.said(seat.name).text, seat.seats, party is not None and party.kind in HOSPITALS)


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


def _map(tell: Teller, borders: Borders | None) -> MapView:
    places = sorted(tell.model.region.places, key=lambda place: place.code)
    shares = [_share(place) for place in places]
    step = (max(shares) - min(shares)) / SHADES or Decimal(1)
    edges = [min(shares) + step * index for index in range(SHADES + 1)]
    lines = tuple(
        PlaceLine(number, place.name, place.residents, place.residents_65, _per_cent(tell, share),
                  f"q{min(SHADES, 1 + int((share - edges[0]) / step))}")
        for number, (place, share) in enumerate(zip(places, shares, strict=True), 1)
    )  # fmt: skip
    gettext = tell.words.gettext
    steps = tuple(
        (f"q{index + 1}", f"{_per_cent(tell, edges[index])}–{_per_cent(tell, edges[index + 1])}")
        for index in range(SHADES)
    )
    svg = None
    if borders:
        drawn = {
            place.code: map_.Place(line.number, f"{line.name}: {line.share} %", line.shade)
            for place, line in zip(places, lines, strict=True)
        }
        about = gettext("Each municipality has the number and the figures of the table.")
        svg = map_.draw("map", gettext("Map of the municipalities"), about, borders, drawn)
    counted = tell.model.region.population_counted
    return MapView(lines, counted, tell.ground(*places), steps, svg, borders)


def _share(place: Place) -> Decimal:
    whole = Decimal(max(1, place.residents))
    return (100 * place.residents_65 / whole).quantize(Decimal("0.1"))


def _per_cent(tell: Teller, share: Decimal) -> str:
    return tell.words.number(share, 1)


def _agreement(tell: Teller, one: Agreement) -> AgreementView:
    gettext = tell.words.gettext
    kinds = Counter(party.kind for name in one.parties if (party := tell.model.party(name)))
    takes = {Take.ACTIVE: gettext("from the start"), Take.OPTIONAL: gettext("as an option")}
    services = {service.id: service.name for service in tell.model.services}
    return AgreementView(
        name=one.name,
        kind=gettext(names.AGREEMENTS[one.kind]),
        purpose=tell.said(one.purpose),
        ground=tell.ground(one),
        period=_period(tell, one),
        in_force=one.holds(tell.words.today),
        parties=tuple((gettext(names.PARTIES[kind]), count) for kind, count in kinds.items()),
        services=tuple(
            (
                tell.said(services.get(part.service, {"en": part.service})),
                tell.words.ngettext(
                    "%(count)s party, %(take)s", "%(count)s parties, %(take)s", len(part.parties), take=takes[part.take]
                ),
                tell.ground(part),
            )
            for part in one.services
        ),
        mandates=_mandates(tell, one),
        bases=tuple(
            BasisLine(basis.law, tell.said(basis.text), *_status(tell, basis.status)) for basis in one.legal_bases
        ),
        funding=tuple(
            (_party_name(tell, share.party), "" if share.percent is None else f"{share.percent} %", tell.ground(share))
            for share in one.funding
        ),
    )


def _mandates(tell: Teller, one: Agreement) -> tuple[tuple[Said, tuple[Said, ...], Ground], ...]:
    activities = {activity.id: activity.name for service in tell.model.services for activity in service.activities}
    return tuple(
        (
            role_name(tell, mandate.role) if mandate.role else Said(_party_name(tell, mandate.party or "")),
            tuple(tell.said(activities.get(name, {"en": name})) for name in mandate.activities),
            tell.ground(mandate),
        )
        for mandate in one.mandates
    )


def role_name(tell: Teller, id_: str) -> Said:
    """What a role is called."""
    role = tell.model.role(id_)
    return tell.said(role.name) if role else Said(id_)


def _party_name(tell: Teller, id_: str) -> str:
    party = tell.model.party(id_)
    return party.name if party else id_


def _status(tell: Teller, status: Status) -> tuple[str, str]:
    shape, words = next(pair for one, pair in names.STATUSES.items() if one.value == status.value)
    return shape, tell.words.gettext(words)


def _period(tell: Teller, one: Agreement) -> str:
    written = [tell.words.full_date(day) if day else "…" for day in (one.valid_from, one.valid_to)]
    return " – ".join(written) if one.valid_from or one.valid_to else ""
