"""Clients that prove themselves by a signed assertion of their own keys.

Source: https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html, RFC 7523. The key is the one
registered under the `kid`, whatever else the header says: no address in it is ever fetched and no key in it is used.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any, TypeGuard

import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from saman.apps.auth.smart.configuration import ASSERTION_ALGORITHMS
from saman.apps.auth.smart.registration import read_keys

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST = timedelta(minutes=5)
MOST_LETTERS = 8000

_FAMILY = {"RS384": RSAKey, "ES384": ECKey}
_NEVER = frozenset({"jku", "jwk", "x5u", "x5c", "crit"})
"""Headers that name or bring a key, or ask for what nobody here understands; keys are registered."""


class Assertion(msgspec.Struct, frozen=True):
    """A proof that came from the client's own key; it counts once, until it would have run out."""

    client: str
    jti: str
    until: datetime


def claimed_client(text: str) -> str:
    """Which client an assertion says it is of, before anything is proved; empty when it is not an assertion."""
    if not text or len(text) > MOST_LETTERS:
        return ""
    try:
        claims = msgspec.json.decode(jws.extract_compact(text.encode()).payload)
    except (JoseError, ValueError):
        return ""
    client = claims.get("iss") if isinstance(claims, dict) else None
    return client if isinstance(client, str) else ""


def proved(text: str, keys: str, client: str, audiences: frozenset[str], now: datetime) -> Assertion | str:
    """The assertion, or in a few words why it proves nothing; `keys` is the client's registered key set."""
    header = _header(text)
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ASSERTION_ALGORITHMS:
        return "the algorithm must be RS384 or ES384"
    if not isinstance(kid, str) or not kid:
        return "kid is missing"
    if named := sorted(_NEVER & header.keys()):
        return f"{named[0]} is not taken, keys are registered"
    registered = read_keys(keys)
    key = next((one for one in registered.keys if one.kid == kid), None) if registered else None
    if key is None or not isinstance(key, _FAMILY[algorithm]):
        return "no registered key has this kid and algorithm"
    try:
        claims = jwt.decode(text, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError):
        return "the signature does not match"
    return _claims(claims, client, audiences, now)


def _header(text: str) -> dict[str, Any]:
    if len(text) > MOST_LETTERS:
        return {}
    try:
        return dict(jws.extract_compact(text.encode()).headers())
    except (JoseError, ValueError):
        return {}


def _claims(claims: dict[str, Any], client: str, audiences: frozenset[str], now: datetime) -> Assertion | str:
    if claims.get("iss") != client or claims.get("sub") != client:
        return "iss and sub must be the client's id"
    named = claims.get("aud")
    if not any(isinstance(one, str) and one in audiences for one in (named if isinstance(named, list) else [named])):
        return "aud must be the address of the token endpoint"
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= 255:
        return "jti is missing"
    return _in_time(claims, now) or Assertion(client, jti, now + LONGEST)


def _in_time(claims: dict[str, Any], now: datetime) -> str:
    moment = now.timestamp()
    until, since = claims.get("exp"), claims.get("nbf", claims.get("iat", 0))
    if not _is_number(until) or not _is_number(since):
        return "exp must be a time"
    if until <= moment:
        return "it has run out"
    if until > moment + LONGEST.total_seconds():
        return "exp is more than five minutes ahead"
    return "it is not yet good" if since > moment + LONGEST.total_seconds() else ""


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
