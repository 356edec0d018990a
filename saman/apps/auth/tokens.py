"""Access tokens: signed, short-lived, without names (https://www.rfc-editor.org/rfc/rfc9068).

Tokens of apps say besides which app, within which scopes and about whom; they are for another audience, so that none
can pass for a token without scopes.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from saman.apps.auth.users import User
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Assignment, Holder
from saman.record.apps.approvals import Approval

ALGORITHM = "HS256"
LONGEST = timedelta(hours=24)
AUDIENCE = "saman-fhir"
FOR_APPS = "saman-fhir-app"
REMEMBERED = 1024
"""Tokens whose signature a process remembers to have checked, by their digest."""

Claims = dict[str, Any]


class AppToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token of an app, read: as whom and about whom it acts, within which scopes, and what it hangs on."""

    id: str
    client: str
    approval: str
    assignment: Assignment
    patient: str
    scope: str
    issued: datetime
    until: datetime


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
        return _assignment(claims) if claims is not None and _holds(claims, AUDIENCE, now) else _unusable()

    def make_for_app(self, approval: Approval, scope: str, now: datetime, until: datetime) -> str:
        """A token for what an app was let do, within `scope`."""
        claims = {
            "aud": FOR_APPS,
            "sub": approval.actor,
            "kind": approval.kind,
            "role": approval.role,
            "party": approval.party,
            "purpose": approval.purpose,
            "client_id": approval.client,
            "approval": approval.id,
            "scope": scope,
            "patient": approval.patient,
            "jti": secrets.token_urlsafe(12),
            "iat": int(now.timestamp()),
            "exp": int(until.timestamp()),
        }
        return jwt.encode({"alg": ALGORITHM}, claims, self._key)

    def read_of_app(self, token: str, now: datetime) -> AppToken | None:
        """What an app's token says; None for every other, and when it is out of time."""
        claims = self._claims(token)
        if claims is None or not _holds(claims, FOR_APPS, now):
            return None
        return AppToken(
            id=claims["jti"],
            client=claims["client_id"],
            approval=claims["approval"],
            assignment=_assignment(claims),
            patient=claims["patient"],
            scope=claims["scope"],
            issued=datetime.fromtimestamp(claims["iat"], UTC),
            until=datetime.fromtimestamp(claims["exp"], UTC),
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


def _holds(claims: Claims, audience: str, now: datetime) -> bool:
    moment = int(now.timestamp())
    return claims.get("aud") == audience and claims.get("iat", moment + 1) <= moment < claims.get("exp", 0)


def _assignment(claims: Claims) -> Assignment:
    """The assignment of a token's claims; its context number is still 0."""
    return Assignment(
        number=0,
        kind=Holder(claims["kind"]),
        purpose=claims["purpose"],
        role=claims["role"],
        party=claims["party"],
        actor=claims["sub"],
    )


def _unusable() -> Refusal:
    return refused(Kind.UNAUTHENTICATED, "login", "The access token is not valid or has run out.", key="auth.token")
