"""The whole care model of one region, as the rest of Saman reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec

from saman.model.care.agreement import Agreement
from saman.model.care.basis import Source
from saman.model.care.competence import Competence, Competences
from saman.model.care.country import Country
from saman.model.care.governance import Body, Indicator, SharedGoal
from saman.model.care.measurement import Measurement, Quantity
from saman.model.care.party import Party, PartyKind
from saman.model.care.pathway import Pathway
from saman.model.care.portfolio import Lesson, Project
from saman.model.care.questionnaire import Questionnaire
from saman.model.care.region import Place, RegionFile, Role
from saman.model.care.service_model import ServiceModel
from saman.model.care.way import WayFile


class CareModel(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A region with its country, parties, agreements, bodies and services; made by `saman.model.care.load`."""

    region: RegionFile
    country: Country
    roles: tuple[Role, ...]
    parties: tuple[Party, ...]
    agreements: tuple[Agreement, ...] = ()
    bodies: tuple[Body, ...] = ()
    goals: tuple[SharedGoal, ...] = ()
    services: tuple[ServiceModel, ...] = ()
    questionnaires: tuple[Questionnaire, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    competences: tuple[Competence, ...] = ()
    way: WayFile | None = None
    pathways: tuple[Pathway, ...] = ()
    projects: tuple[Project, ...] = ()
    lessons: tuple[Lesson, ...] = ()

    def party(self, id: str) -> Party | None:
        """A party by its id."""
        return self._parties.get(id)

    @cached_property
    def _parties(self) -> Mapping[str, Party]:
        return {party.id: party for party in reversed(self.parties)}

    @cached_property
    def skills(self) -> Competences:
        """The competences by id, and which of them each activity of any service requires."""
        required: dict[str, tuple[str, ...]] = {}
        for activity in (activity for service in self.services for activity in service.activities):
            if activity.requires:
                required[activity.id] = tuple(dict.fromkeys((*required.get(activity.id, ()), *activity.requires)))
        return Competences(known={one.id: one for one in self.competences}, required=required)

    @cached_property
    def quantities(self) -> Mapping[str, tuple[Measurement, Quantity]]:
        """Every quantity that some service measures, by its id in the order of the files."""
        return {q.id: (m, q) for service in self.services for m in service.measurements for q in m.quantities}

    @cached_property
    def quantity_codes(self) -> Mapping[tuple[str, str], Quantity]:
        """The quantity behind each system and code, such as a device sends; of several services' the first."""
        measured = [q for service in self.services for m in service.measurements for q in m.quantities]
        return {(code.system, code.code): q for q in reversed(measured) for code in q.codes}

    def role(self, id: str) -> Role | None:
        """A role by its id."""
        return next((role for role in self.roles if role.id == id), None)

    def service(self, id: str) -> ServiceModel | None:
        """A service model by its id."""
        return next((service for service in self.services if service.id == id), None)

    def pathway(self, id: str) -> Pathway | None:
        """A pathway by its id."""
        return next((pathway for pathway in self.pathways if pathway.id == id), None)

    def questionnaire(self, id: str | None) -> Questionnaire | None:
        """A questionnaire by its id."""
        return next((one for one in self.questionnaires if one.id == id), None)

    def place(self, code: str) -> Place | None:
        """A municipality by its code."""
        return next((place for place in self.region.places if place.code == code), None)

    def sources(self) -> dict[str, Source]:
        """Every source by its id."""
        return {source.id: source for source in self.region.sources}

    def children(self, id: str) -> tuple[Party, ...]:
        """The units directly within a party."""
        return tuple(party for party in self.parties if party.parent == id)

    def lineage(self, id: str) -> Iterator[Party]:
        """A party and then its parents, from the inside out; stops at a circle."""
        seen: set[str] = set()
        party = self.party(id)
        while party is not None and party.id not in seen:
            seen.add(party.id)
            yield party
            party = self.party(party.parent) if party.parent else None

    def serving(self, place: str, kind: PartyKind) -> tuple[Party, ...]:
        """The parties of a kind that work for a municipality, in the order of the file."""
        return tuple(party for party in self.parties if party.kind is kind and place in party.serves)
