"""The region's page: everything the care model says, every fact with its ground."""

from __future__ import annotations

import msgspec

from saman.apps.region.borders import Borders
from saman.apps.region.facts import Said, Teller, grounded, ordered_sources
from saman.apps.region.national import NationalLine, national
from saman.apps.region.offered import Offered, offered
from saman.apps.region.paths import PathLink, path_links
from saman.apps.region.portfolio import Portfolio, portfolio
from saman.apps.region.seen import Seen, seen
from saman.apps.region.terms import Term, terms
from saman.apps.region.together import Together, together
from saman.model.access import Policy
from saman.model.care.caremodel import CareModel
from saman.model.care.service_model import ServiceModel


class SourceLine(msgspec.Struct, frozen=True):
    """A source in the list."""

    id: str
    mark: str
    publisher: str
    title: str
    url: str
    licence: str
    read_in_part: bool


class Glance(msgspec.Struct, frozen=True):
    """The region in a few figures; `gaps` counts what the sources do not say."""

    municipalities: int
    residents: int
    residents_65: int
    parties: int
    services: int
    pathways: int
    agreements: int
    gaps: int


class RegionPage(msgspec.Struct, frozen=True):
    """The whole page."""

    name: Said
    country: Said
    version: str
    statement: Said
    glance: Glance
    together: Together
    offered: Offered
    pathways: tuple[PathLink, ...]
    portfolio: Portfolio
    terms: tuple[Term, ...]
    national: tuple[NationalLine, ...]
    seen: Seen
    sources: tuple[SourceLine, ...]


def region_page(
    tell: Teller, policy: Policy, borders: Borders | None, glance: Glance, service: ServiceModel | None = None
) -> RegionPage:
    """The page of a region in the reader's language; `service` is the one that the map shows."""
    region = tell.model.region
    return RegionPage(
        name=tell.said(region.name),
        country=tell.said(tell.model.country.name),
        version=region.version,
        statement=tell.said(region.statement),
        glance=glance,
        together=together(tell, borders, service),
        offered=offered(tell),
        pathways=path_links(tell),
        portfolio=portfolio(tell),
        terms=terms(tell),
        national=national(tell),
        seen=seen(tell, policy),
        sources=tuple(
            SourceLine(one.id, one.mark.value, one.publisher, one.title, one.url, one.licence, one.read_in_part)
            for one in ordered_sources(region.sources)
        ),
    )


def glance_of(model: CareModel) -> Glance:
    """The figures of a care model; they are in no language and stay the same as long as it does."""
    places = model.region.places
    return Glance(
        municipalities=len(places),
        residents=sum(place.residents for place in places),
        residents_65=sum(place.residents_65 for place in places),
        parties=sum(party.parent is None for party in model.parties),
        services=len(model.services),
        pathways=len(model.pathways),
        agreements=len(model.agreements),
        gaps=sum(one.not_known for one in grounded(model)),
    )
