"""How a country's electronic identities work, as data: who issues them, what they say, and how sure they are.

Each part says where it was read and how far it was checked, like a row of law.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from saman.model.care.basis import Node, Note, Slug, Status

Uri = Annotated[str, Meta(pattern="^(urn:|https?://)\\S+$", max_length=200)]
Origin = Annotated[str, Meta(pattern="^https://[a-z0-9.-]+(:[0-9]{1,5})?$")]
Claims = dict[str, Any]


class Level(Enum):
    """How sure a sign-in is (Regulation (EU) No 910/2014 art. 8)."""

    LOW = "low"
    SUBSTANTIAL = "substantial"
    HIGH = "high"

    def reaches(self, wanted: Level) -> bool:
        """Whether this is at least `wanted`."""
        order = list(Level)
        return order.index(self) >= order.index(wanted)


class People(Enum):
    """Who signs in with an identity."""

    CITIZEN = "citizen"
    STAFF = "staff"


class Method(Enum):
    """How we prove to a provider who we are (https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication)."""

    PRIVATE_KEY_JWT = "private_key_jwt"
    CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105
    CLIENT_SECRET_POST = "client_secret_post"  # noqa: S105


class Place(Enum):
    """Where a claim stands."""

    ID_TOKEN = "id_token"  # noqa: S105
    USERINFO = "userinfo"


class Part(Node, frozen=True, kw_only=True):
    """A part with how far it was checked and where it was read."""

    status: Status
    source: str = ""
    note: str = ""


class Issuer(Part, frozen=True, kw_only=True):
    """Who issues. An empty address is that of a broker, which the installation names.

    `origins` are the other origins that its endpoints stand at; nothing else is ever called.
    """

    address: Annotated[str, Meta(pattern="^(https://[^\\s?#]+)?$")] = ""
    origins: tuple[Origin, ...] = ()


class Client(Part, frozen=True, kw_only=True):
    """What the provider takes from us: ways of proving who we are, and the scopes to ask for."""

    methods: tuple[Method, ...]
    scopes: tuple[str, ...]
    pushed: bool = False
    """Whether the provider takes requests only when they are pushed (RFC 9126)."""


class Assurance(Part, frozen=True, kw_only=True):
    """Which value of which claim means which level, and what to ask for (`acr_values`) to reach one."""

    claim: str = "acr"
    levels: dict[str, Level]
    ask: dict[str, str] = msgspec.field(default_factory=dict)

    def reached(self, claims: Claims) -> Level | None:
        """The level that a sign-in reached, None when it does not say one that is known."""
        said = claims.get(self.claim)
        return self.levels.get(said) if isinstance(said, str) else None

    def asked(self, wanted: Level) -> str:
        """The `acr_values` that ask for a level; empty when the provider is not asked."""
        return self.ask.get(wanted.value, "")


class System(Node, frozen=True, kw_only=True):
    """A system of numbers, as in `Patient.identifier.system`, and the whole shape of its numbers."""

    uri: Uri
    pattern: str


class NationalId(Part, frozen=True, kw_only=True):
    """Where the national identifier stands, and of which system it is; the first pattern that fits decides."""

    claim: str
    place: Place = Place.ID_TOKEN
    systems: tuple[System, ...]

    def of(self, claims: Claims) -> tuple[str, str] | None:
        """System and value, None when there is no identifier of a known shape."""
        value = claims.get(self.claim)
        if not isinstance(value, str):
            return None
        fitting = (one.uri for one in self.systems if re.fullmatch(one.pattern, value, re.ASCII))
        return next(((uri, value) for uri in fitting), None)


class Names(Part, frozen=True, kw_only=True):
    """The claims that hold a name. They are described only: whom a sign-in belongs to is never told by a name."""

    given: str = ""
    family: str = ""
    full: str = ""


class Protected(Part, frozen=True, kw_only=True):
    """How a protected identity shows to those who sign in."""

    shows: Note


class Provider(Node, frozen=True, kw_only=True):
    """One electronic identity."""

    id: Slug
    name: str
    people: tuple[People, ...]
    issuer: Issuer
    client: Client
    assurance: Assurance
    national_id: NationalId
    names: Names
    protected: Protected


class Least(Part, frozen=True, kw_only=True):
    """The level that citizens and relatives need."""

    level: Level


class Counted(Part, frozen=True, kw_only=True):
    """The level that a passkey of a local account counts as; never high, since nobody proved who enrolled."""

    level: Level


class Identity(Node, frozen=True, kw_only=True):
    """`countries/<cc>.identity.yaml`: how people in a country prove who they are."""

    schema: int
    country: str
    statement: str
    citizens: Least
    passkeys: Counted
    providers: tuple[Provider, ...]

    def provider(self, id: str) -> Provider | None:
        """The provider of an id."""
        return next((one for one in self.providers if one.id == id), None)
