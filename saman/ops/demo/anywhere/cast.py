"""Who is in the demo of a region: one place, one service that follows people there, staff of its parties, citizens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

import msgspec

from saman.model.care.caremodel import CareModel
from saman.model.care.party import Party
from saman.model.care.region import Place, Role
from saman.model.care.service_model import Category, ServiceModel
from saman.ops.demo.anywhere.numbers import Numbered, Numbers
from saman.ops.demo.anywhere.people import Close, Row, sheet
from saman.ops.demo.names import draw_name, names_of, slug
from saman.ops.demo.staff import Worker

CARED_FOR = ("citizen", "relative")
READERS = 2
"""How many there are who read what comes in."""

OVERSEERS = ("team-leader", "local-administrator", "log-reviewer", "data-protection-officer")
"""Roles that look after others' access, for the unit that reads and for home care."""


class Citizen(msgspec.Struct, frozen=True, kw_only=True):
    """A person of the demo; `id` is the Patient's."""

    id: str
    name: str
    row: Row
    born: date
    numbered: Numbered
    turn: int
    close: CloseTo | None = None

    @property
    def patient(self) -> str:
        """Reference to the Patient."""
        return f"Patient/{self.id}"


class CloseTo(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody close to a person of the demo; `id` is the RelatedPerson's."""

    id: str
    name: str
    row: Close
    numbered: Numbered


class Cast(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody, and where: `reader_role` is held in `reader`, the unit that reads what people of the service send."""

    model: CareModel
    place: Place
    service: ServiceModel
    reader_role: str
    reader: Party
    staff: tuple[Worker, ...]
    citizens: dict[str, Citizen]

    def party(self, role: str) -> Party | None:
        """The party that fills a role for people of the service."""
        return _filling(self.model, self.service, self.place, role)

    def worker(self, role: str) -> Worker | None:
        """Somebody who holds a role where it is filled for people of the service."""
        party = self.reader if role == self.reader_role else self.party(role)
        held = (one for one in self.staff if one.role == role and (party is None or one.organization == party.id))
        return next(held, None)


def cast_of(model: CareModel) -> Cast | None:
    """The demo's people for a region; None where no service has both a place and somebody licensed who reads."""
    named = _Named(model)
    for service in sorted(model.services, key=_tells_most, reverse=True):
        place = max(model.region.places, key=lambda one: (_filled(model, service, one), one.residents))
        role = next((one.id for one in _roles(model, service) if one.licensed), "")
        reader = _filling(model, service, place, role)
        if reader is not None:
            staff = tuple(named.worker(*one) for one in _positions(model, service, place, (role, reader)))
            citizens = {key: named.citizen(row, turn) for turn, (key, row) in enumerate(sheet().people.items())}
            return Cast(
                model=model, place=place, service=service, reader_role=role, reader=reader, staff=staff,
                citizens=citizens,
            )  # fmt: skip
    return None


def _tells_most(service: ServiceModel) -> tuple[bool, int, bool, int]:
    """Services with most to see first: those that measure at home, then meetings, then those with many roles."""
    meets = service.category is Category.REMOTE_MEETING
    return service.monitoring is not None, len(service.modules), meets, len(service.roles)


def _roles(model: CareModel, service: ServiceModel) -> Iterator[Role]:
    found = (model.role(one.role) for one in service.roles if one.role not in CARED_FOR)
    return (role for role in found if role is not None)


def _filled(model: CareModel, service: ServiceModel, place: Place) -> int:
    return sum(_filling(model, service, place, role.id) is not None for role in _roles(model, service))


def _filling(model: CareModel, service: ServiceModel, place: Place, role: str) -> Party | None:
    """The party that fills a role in a place: the one the service names, else the one that is most the place's own."""
    kinds = [one.party_kind for one in service.roles if one.role == role and one.party_kind]
    serving = [one for one in model.parties if place.code in one.serves and role in one.roles]
    return min(serving, key=lambda one: (one.kind not in kinds, len(one.serves), one.place != place.code), default=None)


def _positions(
    model: CareModel, service: ServiceModel, place: Place, reading: tuple[str, Party]
) -> Iterator[tuple[str, str]]:
    """Role and party of everybody at work, each once, except that two read."""
    role, reader = reading
    found = [(role, reader)]
    found += [(one.id, filling) for one in model.roles if (filling := _filling(model, service, place, one.id))]
    home_care = _filling(model, service, place, "home-care-nurse")
    for unit in (reader, home_care):
        overseen = _overseers(model, unit) if unit is not None else ()
        found += overseen
    yield from [(role, reader.id)] * (READERS - 1)
    yield from dict.fromkeys((held, party.id) for held, party in found)


def _overseers(model: CareModel, unit: Party) -> list[tuple[str, Party]]:
    """Who looks after a unit: held in the unit itself, else in the nearest organisation around it."""
    around = [*model.lineage(unit.id)]
    held = ((role, next((one for one in around if role in one.roles), None)) for role in OVERSEERS)
    return [(role, party) for role, party in held if party is not None]


class _Named:
    """Draws names and numbers, each once, by the region's id alone."""

    def __init__(self, model: CareModel) -> None:
        self._names = names_of(model.country.code)
        self._numbers = Numbers(model.country)
        self._rng = Random(f"demo {model.region.id}")  # noqa: S311 - invented names, nothing secret
        self._taken: set[str] = set()

    def worker(self, role: str, party: str) -> Worker:
        sex = self._rng.choice(("female", "female", "male"))
        name = self._name(sex, self._rng.randint(1965, 1998))
        return Worker(slug(name), name, sex, role, party)

    def citizen(self, row: Row, turn: int) -> Citizen:
        numbered = self._numbers.give(row.born, row.sex, f"person-{turn + 1}")
        name = self._name(row.sex, row.born.year)
        close = self._close(row.close, turn) if row.close else None
        return Citizen(
            id=slug(name), name=name, row=row, born=numbered[2], numbered=numbered, turn=turn, close=close
        )  # fmt: skip

    def _close(self, row: Close, turn: int) -> CloseTo:
        name = self._name(row.sex, row.born.year)
        numbered = self._numbers.give(row.born, row.sex, f"close-{turn + 1}")
        return CloseTo(id=slug(name), name=name, row=row, numbered=numbered)

    def _name(self, sex: str, year: int) -> str:
        while True:
            name = " ".join(draw_name(self._rng, sex, year, self._names))
            if slug(name) not in self._taken:
                self._taken.add(slug(name))
                return name
