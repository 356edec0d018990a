"""Access tokens: signed, short-lived, without names (https://www.rfc-editor.org/rfc/rfc9068)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from saman.apps.auth.users import User
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Assignment, Holder

ALGORITHM = "HS256"
LONGEST = timedelta(hours=24)
AUDIENCE = "saman-fhir"
REMEMBERED = 1024
"""Tokens whose signature a process remembers to have checked, by their digest."""

Claims = dict[str, Any]


class Tokens:
    """Makes and reads tokens with a key of this database."""

    def __init__(self, secret: bytes) -> None:
        self._key = OctKey.import_key(hashlib.blake2s(b"token", key=secret).digest())
        self._signed: dict[bytes, Claims] = {}

    def make(self, user: User, purpose: str, now: datetime, lasting: timedelta) -> str:
        """A token for one assignment; it lasts at most a day."""
        claims = {
            "aud": AUDIENCE,
            "sub": user.actor,
            "kind": user.kind.value,
            "role": user.role,
            "party": user.party,
            "purpose": purpose,
            "iat": int(now.timestamp()),
            "exp": int((now + min(lasting, LONGEST)).timestamp()),
        }
        return jwt.encode({"alg": ALGORITHM}, claims, self._key)

    def read(self, token: str, now: datetime) -> Assignment | Refusal:
        """The assignment a token stands for (its context number is still 0); refused when forged or out of time."""
        claims = self._claims(token)
        if claims is None:
            return _unusable()
        moment = int(now.timestamp())
        if claims.get("aud") != AUDIENCE or not claims.get("iat", moment + 1) <= moment < claims.get("exp", 0):
            return _unusable()
        return Assignment(
            number=0,
            kind=Holder(claims["kind"]),
            purpose=claims["purpose"],
            role=claims["role"],
            party=claims["party"],
            actor=claims["sub"],
        )

    def _claims(self, token: str) -> Claims | None:
        """What a token says, None when it was not signed here; the signature of each is checked once."""
        digest = hashlib.blake2s(token.encode()).digest()
        claims = self._signed.get(digest)
        if claims is None:
            try:
                claims = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
            except (JoseError, ValueError):
                return None
            if len(self._signed) >= REMEMBERED:
                self._signed.clear()
            self._signed[digest] = claims
        return claims


def _unusable() -> Refusal:
    return refused(Kind.UNAUTHENTICATED, "login", "The access token is not valid or has run out.", key="auth.token")
