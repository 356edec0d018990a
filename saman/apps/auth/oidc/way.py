"""One electronic identity as this installation uses it: the country's profile with an issuer, a client and a key."""

from __future__ import annotations

import msgspec
from joserfc.jwk import ECKey, RSAKey

from saman.model.identity import Level, Method, People, Provider

ClientKey = RSAKey | ECKey


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """A provider that is on. `origins` are all that is ever called for it, its issuer's own among them."""

    provider: Provider
    issuer: str
    origins: frozenset[str]
    client_id: str
    method: Method
    key: ClientKey | None = None
    secret: str = ""

    @property
    def id(self) -> str:
        """The provider's id, part of our own addresses."""
        return self.provider.id

    @property
    def name(self) -> str:
        """What people call it."""
        return self.provider.name

    def serves(self, people: People) -> bool:
        """Whether citizens, or staff, sign in with it."""
        return people in self.provider.people


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has proved who they are; lives for one request only and is never kept or logged."""

    system: str
    value: str
    level: Level
