"""A region: its places, its sources, the facts it is built from, and the roles people hold in it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated

from msgspec import Meta

from saman.model.care.basis import END, Count, Grounded, Node, Note, Slug, Source, Text
from saman.model.care.country import PhoneNumber

Release = Annotated[str, Meta(pattern="^[0-9A-Za-z][0-9A-Za-z.+-]{0,60}" + END)]
"""A version of a region, as it stands in the names of files."""


class Place(Grounded, frozen=True, kw_only=True):
    """A municipality: its official code, residents on the day of the count, and a point for the map (WGS84)."""

    code: str
    name: str
    slug: Slug
    residents: Count
    residents_65: Count
    latitude: Decimal
    longitude: Decimal


class Fact(Grounded, frozen=True, kw_only=True):
    """One stated fact about the region or the service, said in our own words."""

    id: Slug
    about: Slug
    text: Note


class Ancestor(Node, frozen=True, kw_only=True):
    """What a region was made from: its id, version and address, and the SHA-256 of the package where it was one."""

    id: Slug
    version: Release
    canonical: str
    sha256: str = ""


class RegionFile(Node, frozen=True, kw_only=True):
    """`region.yaml`: the name, the country profile, the languages, the places and every source.

    `numbers` replace those of the country that have the same id.
    """

    schema: int
    id: Slug
    version: Release
    name: Text
    country: str
    languages: tuple[str, ...]
    reviewed_languages: tuple[str, ...] = ()
    canonical: str
    statement: Text
    population_counted: date
    numbers: tuple[PhoneNumber, ...] = ()
    places: tuple[Place, ...]
    facts: tuple[Fact, ...] = ()
    sources: tuple[Source, ...]
    licence: str = ""
    author: str = ""
    ancestors: tuple[Ancestor, ...] = ()


class Sector(Enum):
    """Which side of integrated care: both count alike."""

    HEALTH = "health"
    SOCIAL = "social"
    BOTH = "both"


class Role(Node, frozen=True, kw_only=True):
    """What a person is at work, or for the citizen; the same ids in all regions.

    Who holds a `licensed` role has a licence for its `profession` (`nurse`).
    """

    id: Slug
    name: Text
    sector: Sector
    licensed: bool = False
    profession: str = ""


class RolesFile(Node, frozen=True, kw_only=True):
    """`regions/roles.yaml`: the roles that parties hold, services need and access rows name."""

    schema: int
    roles: tuple[Role, ...]
