"""What a provider says of itself, and its keys, kept for a while (https://openid.net/specs/openid-connect-discovery-1_0.html)."""

from __future__ import annotations

from datetime import datetime, timedelta
from warnings import catch_warnings

import msgspec
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, RSAKey

from saman.apps.auth.oidc.outgoing import Answer, Outgoing
from saman.apps.auth.oidc.way import Way
from saman.kernel.outcome import Kind, Refusal, refused

KEPT = timedelta(hours=1)
"""How long metadata and keys are believed."""
AGAIN = timedelta(minutes=1)
"""How long after keys were fetched an unknown one lets them be fetched again, so that nobody makes us ask for ever."""

SignatureKey = RSAKey | ECKey
_TYPES: dict[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a provider's metadata that signing in uses."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    pushed_authorization_request_endpoint: str = ""
    end_session_endpoint: str = ""
    authorization_response_iss_parameter_supported: bool = False
    code_challenge_methods_supported: tuple[str, ...] = ("S256",)

    def endpoints(self) -> tuple[str, ...]:
        """Every address that a browser or we would be sent to."""
        optional = (self.userinfo_endpoint, self.pushed_authorization_request_endpoint, self.end_session_endpoint)
        return (self.authorization_endpoint, self.token_endpoint, self.jwks_uri, *filter(None, optional))


class Discovery:
    """One provider's metadata and keys."""

    def __init__(self, way: Way, outgoing: Outgoing) -> None:
        self._way = way
        self._outgoing = outgoing
        self._metadata: Metadata | None = None
        self._read_at: datetime | None = None
        self._keys: tuple[SignatureKey, ...] = ()
        self._keys_at: datetime | None = None

    async def metadata(self, now: datetime) -> Metadata | Refusal:
        """What the provider says of itself; refused when it names another issuer, or an address elsewhere."""
        if self._metadata is not None and self._read_at is not None and now - self._read_at < KEPT:
            return self._metadata
        answer = await self._outgoing.get(f"{self._way.issuer.rstrip('/')}/.well-known/openid-configuration")
        found = answer if isinstance(answer, Refusal) else self._checked(answer)
        if isinstance(found, Refusal):
            return found
        self._metadata, self._read_at = found, now
        return found

    def _checked(self, answer: Answer) -> Metadata | Refusal:
        try:
            found = msgspec.convert(answer, Metadata)
        except msgspec.ValidationError:
            return _wrong("metadata", "The provider's metadata lacks what signing in needs.")
        if found.issuer != self._way.issuer:
            return _wrong("issuer", "The provider's metadata name another issuer.")
        if "S256" not in found.code_challenge_methods_supported:
            return _wrong("pkce", "The provider does not take S256 challenges.")
        if not all(self._outgoing.allows(one) for one in found.endpoints()):
            return _wrong("origin", "An address of the provider is not at one of its own origins.")
        return found

    async def key(self, kid: str | None, kinds: frozenset[str], now: datetime) -> SignatureKey | Refusal:
        """The key for signatures with an id; without one, the only key of the `kinds`. An unknown one is asked for."""
        known = self._keys_at is not None and now - self._keys_at < KEPT
        found = self._find(kid, kinds) if known else None
        if found is None and (self._keys_at is None or now - self._keys_at >= AGAIN):
            refusal = await self._fetch(now)
            if refusal is not None:
                return refusal
            found = self._find(kid, kinds)
        return found or _wrong("key", "The provider has no such key.")

    def _find(self, kid: str | None, kinds: frozenset[str]) -> SignatureKey | None:
        fitting = [one for one in self._keys if one.key_type in kinds and (kid is None or one.kid == kid)]
        return fitting[0] if len(fitting) == 1 else None

    async def _fetch(self, now: datetime) -> Refusal | None:
        metadata = await self.metadata(now)
        if isinstance(metadata, Refusal):
            return metadata
        answer = await self._outgoing.get(metadata.jwks_uri)
        if isinstance(answer, Refusal):
            return answer
        listed = answer.get("keys")
        self._keys = tuple(filter(None, map(_key, listed if isinstance(listed, list) else ())))
        self._keys_at = now
        return None


def _key(part: object) -> SignatureKey | None:
    """A public key for signatures, None for any other, for a weak one, and for one that cannot be read."""
    if not isinstance(part, dict) or part.get("use", "sig") != "sig" or part.get("kty") not in _TYPES:
        return None
    try:
        with catch_warnings(action="error", category=SecurityWarning):
            return _TYPES[part["kty"]].import_key(part)
    except (JoseError, SecurityWarning, ValueError, TypeError):
        return None


def _wrong(reason: str, text: str) -> Refusal:
    return refused(Kind.UNAVAILABLE, "transient", text, path=reason)
