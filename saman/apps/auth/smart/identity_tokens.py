"""Identity tokens: who signed in, for apps that were let know (https://openid.net/specs/openid-connect-core-1_0.html)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from saman.apps.auth.smart.configuration import SIGNED_BY, Addresses
from saman.model.access.scopes import FHIR_USER, Asked
from saman.record import Store
from saman.record.apps.approvals import Approval
from saman.record.apps.signing import signing_key

LASTS = timedelta(minutes=10)


class IdentityTokens:
    """Signs identity tokens and publishes the key."""

    def __init__(self, store: Store, at: Addresses) -> None:
        self._store = store
        self._at = at
        self._key: RSAKey | None = None

    async def made(self, approval: Approval, granted: Asked, nonce: str, now: datetime) -> str:
        """A token about who approved; their reference only when `fhirUser` was granted."""
        claims: dict[str, Any] = {
            "iss": self._at.base,
            "sub": self.subject(approval.actor),
            "aud": approval.client,
            "iat": int(now.timestamp()),
            "exp": int((now + LASTS).timestamp()),
        }
        if nonce:
            claims["nonce"] = nonce
        if FHIR_USER in granted.words:
            claims["fhirUser"] = f"{self._at.fhir}/{approval.actor}"
        key = await self._signing(now)
        return jwt.encode({"alg": SIGNED_BY, "kid": key.kid}, claims, key, algorithms=[SIGNED_BY])

    async def published(self, now: datetime) -> Mapping[str, Any]:
        """The public keys, as a JSON Web Key Set."""
        return {"keys": [(await self._signing(now)).as_dict(private=False)]}

    def subject(self, actor: str) -> str:
        """A name for somebody that says nothing about them and stays the same."""
        return hashlib.blake2s(
            actor.encode(), key=self._store.secret[:32], person=b"subject", digest_size=16
        ).hexdigest()

    async def _signing(self, now: datetime) -> RSAKey:
        if self._key is None:
            self._key = await signing_key(self._store.pool, now)
        return self._key
