"""Checks an ID token (https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation)."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError

from saman.apps.auth.oidc.discovery import Discovery
from saman.apps.auth.oidc.way import Way
from saman.kernel.outcome import Kind, Refusal, refused

TOLERANCE = timedelta(seconds=60)
"""How far a provider's clock may be from ours."""
OLDEST = timedelta(minutes=10)
"""How long ago a token may have been issued."""
KEY_TYPES = {"RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "PS256": "RSA", "ES256": "EC", "ES384": "EC"}
"""The signatures that are taken, and the type of key of each. No shared secret and no `none` is among them."""

Claims = dict[str, Any]


class _Times(msgspec.Struct, frozen=True):
    """Seconds since 1970 (https://www.rfc-editor.org/rfc/rfc7519#section-2)."""

    exp: int | float
    iat: int | float
    nbf: int | float = 0


async def claims_of(token: Any, way: Way, discovery: Discovery, nonce: str, now: datetime) -> Claims | Refusal:
    """The claims of a token that this provider signed for us, for this very request, now."""
    signed = await _signed(token, discovery, now) if isinstance(token, str) else _bad("missing")
    if isinstance(signed, Refusal):
        return signed
    reason = _party(signed, way) or _time(signed, now) or _request(signed, nonce)
    return _bad(reason) if reason else signed


async def _signed(token: str, discovery: Discovery, now: datetime) -> Claims | Refusal:
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError):
        return _bad("format")
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in KEY_TYPES or not isinstance(kid, str | None):
        return _bad("algorithm")
    key = await discovery.key(kid, frozenset({KEY_TYPES[algorithm]}), now)
    if isinstance(key, Refusal):
        return key
    try:
        return jwt.decode(token, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError):
        return _bad("signature")


def _party(claims: Claims, way: Way) -> str:
    """Who issued it, and for whom."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != way.issuer:
        return "issuer"
    if way.client_id not in audiences:
        return "audience"
    if claims.get("azp", way.client_id) != way.client_id or (len(audiences) > 1 and "azp" not in claims):
        return "authorized-party"
    subject = claims.get("sub")
    return "" if isinstance(subject, str) and subject else "subject"


def _time(claims: Claims, now: datetime) -> str:
    moment, slack = now.timestamp(), TOLERANCE.total_seconds()
    try:
        times = msgspec.convert(claims, _Times)
    except msgspec.ValidationError:
        return "times"
    if times.exp <= moment - slack or times.iat < moment - OLDEST.total_seconds() - slack:
        return "expired"
    return "early" if max(times.iat, times.nbf) > moment + slack else ""


def _request(claims: Claims, nonce: str) -> str:
    said = claims.get("nonce")
    return "" if isinstance(said, str) and secrets.compare_digest(said.encode(), nonce.encode()) else "nonce"


def _bad(reason: str) -> Refusal:
    return refused(Kind.FORBIDDEN, "security", "The provider's answer could not be trusted.", path=f"id-token-{reason}")
