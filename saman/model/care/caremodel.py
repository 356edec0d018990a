"""The whole care model of one region, as the rest of Saman reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property

import msgspec

from saman.model.care.agreement import Agreement
from saman.model.care.assessment import AssessmentFile
from saman.model.care.basis import Source, Text
from saman.model.care.competence import Competence, Competences
from saman.model.care.country import Country, PhoneNumber
from saman.model.care.governance import Body, Indicator, SharedGoal
from saman.model.care.kept import Version, standing_in
from saman.model.care.measurement import Measurement, Quantity
from saman.model.care.party import Party, PartyKind
from saman.model.care.pathway import Pathway
from saman.model.care.portfolio import Lesson, Project
from saman.model.care.questionnaire import Questionnaire
from saman.model.care.region import Place, RegionFile, Role
from saman.model.care.service_model import ServiceModel
from saman.model.care.way import WayFile


class CareModel(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A region with its country, parties, agreements, bodies and services; made by `saman.model.care.load`.

    One that is in force knows the `versions` that were applied, itself last, and `earlier` ones by their number as far
    as they hold services or parties that it has not.
    """

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
    versions: tuple[Version, ...] = ()
    earlier: Mapping[int, CareModel] = msgspec.field(default_factory=dict)
    assessment: AssessmentFile | None = None

    def party(self, id: str) -> Party | None:
        """A party by its id, also one that takes part no longer."""
        return self._parties.get(id)

    @cached_property
    def _parties(self) -> Mapping[str, Party]:
        before = {party.id: party for _, model in sorted(self.earlier.items()) for party in model.parties}
        return before | {party.id: party for party in reversed(self.parties)}

    @cached_property
    def every_service(self) -> tuple[ServiceModel, ...]:
        """The services, and then those that people may still be in as they stood in earlier versions, newest first."""
        found = list(self.services)
        for _, model in sorted(self.earlier.items(), reverse=True):
            found += [service for service in model.services if service not in found]
        return tuple(found)

    @cached_property
    def every_question(self) -> tuple[Questionnaire, ...]:
        """The same of questionnaires."""
        found = list(self.questionnaires)
        for _, model in sorted(self.earlier.items(), reverse=True):
            found += [one for one in model.questionnaires if one not in found]
        return tuple(found)

    def number_at(self, moment: datetime) -> int:
        """The number of the version that was in force at a moment, or of the first; 0 when none was applied."""
        begun = [one.number for one in self.versions if one.at <= moment]
        return max(begun, default=self.versions[0].number if self.versions else 0)

    def as_begun(self, service: str, number: int) -> CareModel:
        """The model in which a service stands as in an applied version; itself where the service has not changed."""
        held = standing_in(self.versions, service, number)
        if held is None or self.versions[-1].services.get(service) == held.services[service]:
            return self
        same = (one.number for one in self.versions if one.services.get(service) == held.services[service])
        return next((self.earlier[one] for one in same if one in self.earlier), self)

    @cached_property
    def numbers(self) -> Mapping[str, PhoneNumber]:
        """The numbers that people call, by id: the region's own, and those of the country that it does not replace."""
        return {one.id: one for one in (*self.country.numbers, *self.region.numbers)}

    def with_numbers(self, text: Text) -> Text:
        """A text in all its languages, with each number where its id stands in braces."""
        shown = {f"{{{id}}}": number.shown for id, number in self.numbers.items()}
        return {language: _replaced(one, shown) for language, one in text.items()}

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
        """Every quantity that some service measures or has measured, by its id in the order of the files."""
        before = reversed(self.every_service[len(self.services) :])
        kept = {q.id: (m, q) for service in before for m in service.measurements for q in m.quantities}
        own = {q.id: (m, q) for service in self.services for m in service.measurements for q in m.quantities}
        return own | {id: one for id, one in kept.items() if id not in own}

    @cached_property
    def quantity_codes(self) -> Mapping[tuple[str, str], Quantity]:
        """The quantity behind each system and code, such as a device sends; of several services' the first."""
        measured = [q for service in self.every_service for m in service.measurements for q in m.quantities]
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


def _replaced(text: str, by: Mapping[str, str]) -> str:
    for old, new in by.items():
        text = text.replace(old, new.replace(" ", "\N{NO-BREAK SPACE}"))
    return text
