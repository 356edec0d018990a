"""The region's page: everything the care model says, every fact with its ground."""

from __future__ import annotations

import msgspec

from saman.apps.region.borders import Borders
from saman.apps.region.facts import Said, Teller, ordered_sources
from saman.apps.region.offered import Offered, offered
from saman.apps.region.paths import PathLink, path_links
from saman.apps.region.seen import Seen, seen
from saman.apps.region.together import Together, together
from saman.model.access import Policy


class SourceLine(msgspec.Struct, frozen=True):
    """A source in the list."""

    id: str
    mark: str
    publisher: str
    title: str
    url: str
    licence: str
    read_in_part: bool


class RegionPage(msgspec.Struct, frozen=True):
    """The whole page."""

    name: Said
    country: Said
    version: str
    statement: Said
    together: Together
    offered: Offered
    pathways: tuple[PathLink, ...]
    seen: Seen
    sources: tuple[SourceLine, ...]


def region_page(tell: Teller, policy: Policy, borders: Borders | None) -> RegionPage:
    """The page of a region in the reader's language."""
    region = tell.model.region
    return RegionPage(
        name=tell.said(region.name),
        country=tell.said(tell.model.country.name),
        version=region.version,
        statement=tell.said(region.statement),
        together=together(tell, borders),
        offered=offered(tell),
        pathways=path_links(tell),
        seen=seen(tell, policy),
        sources=tuple(
            SourceLine(one.id, one.mark.value, one.publisher, one.title, one.url, one.licence, one.read_in_part)
            for one in ordered_sources(region.sources)
        ),
    )
