"""How we prove to a provider who we are: a signed assertion (RFC 7523) or a shared secret."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta
from urllib.parse import quote_plus

import msgspec
from joserfc import jwt
from joserfc.jwk import RSAKey

from saman.apps.auth.oidc.way import ClientKey, Way
from saman.model.identity import Method

LASTING = timedelta(seconds=60)
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TYPE = "client-authentication+jwt"


class Proof(msgspec.Struct, frozen=True):
    """What goes along with a form to a provider."""

    fields: dict[str, str]
    headers: dict[str, str]


def proof(way: Way, now: datetime) -> Proof:
    """The proof for one call; an assertion is for this issuer alone, once, for a minute."""
    if way.key is not None:
        return Proof({"client_assertion_type": ASSERTION, "client_assertion": assertion(way, way.key, now)}, {})
    if way.method is Method.CLIENT_SECRET_POST:
        return Proof({"client_secret": way.secret}, {})
    pair = f"{quote_plus(way.client_id)}:{quote_plus(way.secret)}"
    return Proof({}, {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"})


def assertion(way: Way, key: ClientKey, now: datetime) -> str:
    """A JWT that only the holder of the client's key can make."""
    issued = int(now.timestamp())
    claims = {
        "iss": way.client_id,
        "sub": way.client_id,
        "aud": way.issuer,
        "jti": secrets.token_urlsafe(24),
        "iat": issued,
        "nbf": issued,
        "exp": issued + int(LASTING.total_seconds()),
    }
    header = {"alg": algorithm(key), "kid": key.kid or key.thumbprint(), "typ": TYPE}
    return jwt.encode(header, claims, key, algorithms=[header["alg"]])


def algorithm(key: ClientKey) -> str:
    """The signature that goes with a client's key."""
    return "RS256" if isinstance(key, RSAKey) else {"P-256": "ES256", "P-384": "ES384"}[key.curve_name]
