"""The token endpoint: codes, refresh tokens and assertions become access tokens.

Sources: https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#obtain-access-token and
https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import Any

import msgspec

from saman.apps.auth.identity import Identity
from saman.apps.auth.smart.answers import Form, Wrong
from saman.apps.auth.smart.configuration import Addresses
from saman.apps.auth.smart.identity_tokens import IdentityTokens
from saman.apps.auth.smart.noting import Notes
from saman.apps.auth.tokens import Tokens
from saman.kernel.outcome import Refusal
from saman.model.access import Assignment, Holder, Purpose
from saman.model.access.scopes import FHIR_USER, OFFLINE, ONLINE, OPENID, Asked, Level, read_scopes
from saman.record import Context
from saman.record.apps.approvals import Approval, Approvals, Bound
from saman.record.apps.clients import Client

TOKEN_LASTS = timedelta(hours=1)
MACHINE_TOKEN_LASTS = timedelta(minutes=5)

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)
_UNUSABLE = Wrong("invalid_grant", "it is not known, has been used, has run out or is not yours")

Answer = dict[str, Any]


class Issuing:
    """Makes tokens out of what a client brings; the client has proved who it is."""

    def __init__(
        self,
        approvals: Approvals,
        identity: Identity,
        tokens: Tokens,
        names: IdentityTokens,
        notes: Notes,
        at: Addresses,
    ) -> None:
        self._approvals = approvals
        self._identity = identity
        self._tokens = tokens
        self._names = names
        self._notes = notes
        self._at = at

    async def of_code(self, client: Client, form: Form, request: str, now: datetime) -> Answer | Wrong:
        """Tokens for a code; one that comes twice, or with the wrong proof, ends all that was made for it."""
        redeemed = await self._approvals.redeem(form.get("code", ""), now)
        if redeemed is None:
            return _UNUSABLE
        approval, bound = redeemed
        if approval.client != client.id or not _bound(bound, form):
            await self._approvals.end(approval.id, now)
            return _UNUSABLE
        return await self._answer(approval, read_scopes(approval.scope), bound.nonce, request, now)

    async def of_refresh_token(self, client: Client, form: Form, request: str, now: datetime) -> Answer | Wrong:
        """Tokens for a refresh token, which is used up; `scope` may ask for less than before."""
        token = form.get("refresh_token", "")
        approval = await self._approvals.of_refresh(token, now)
        if approval is not None and approval.client != client.id:
            await self._approvals.end(approval.id, now)
            return _UNUSABLE
        granted = read_scopes(approval.scope if approval else "")
        asked = read_scopes(form["scope"]) if "scope" in form else granted
        if approval is not None and (asked.unknown or not granted.covers(asked)):
            return Wrong("invalid_scope", "a refresh token gives no more than was approved")
        approval = await self._approvals.rotate(token, now)
        if approval is None:
            return _UNUSABLE
        return await self._answer(approval, asked, "", request, now)

    async def of_client(self, client: Client, form: Form, request: str, now: datetime) -> Answer | Wrong:
        """A token for a back-end client itself, for five minutes."""
        if client.kind != "keys":
            return Wrong("unauthorized_client", "only a client with keys of its own gets tokens for itself")
        granted = read_scopes(form.get("scope", "")).of_levels(Level.SYSTEM).within(read_scopes(client.scope))
        if not granted.scopes:
            return Wrong("invalid_scope", "ask for system scopes this client is registered for")
        approval = Approval(
            id=secrets.token_hex(16),
            client=client.id,
            actor="system",
            kind=Holder.SYSTEM.value,
            role="system",
            party=client.party,
            purpose=Purpose.SYSTEM_ADMINISTRATION.value,
            patient="",
            scope=granted.text,
            begun=now,
            until=now + MACHINE_TOKEN_LASTS,
        )
        await self._approvals.begin(approval)
        return await self._answer(approval, granted, "", request, now)

    async def _answer(
        self, approval: Approval, granted: Asked, nonce: str, request: str, now: datetime
    ) -> Answer | Wrong:
        context = await self._standing(approval, request)
        if context is None:
            await self._approvals.end(approval.id, now)
            return _UNUSABLE
        until = min(now + TOKEN_LASTS, approval.until)
        answer: Answer = {
            "access_token": self._tokens.make_for_app(approval, granted.text, now, until),
            "token_type": "Bearer",
            "expires_in": int((until - now).total_seconds()),
            "scope": granted.text,
        }
        if approval.patient:
            answer |= {"patient": approval.patient, "need_patient_banner": True}
        if granted.words & {OFFLINE, ONLINE}:
            answer["refresh_token"] = await self._approvals.refresh_token(approval)
        if OPENID in granted.words:
            answer["id_token"] = await self._names.made(approval, granted, nonce, now)
        if {OPENID, FHIR_USER} <= granted.words:
            answer["fhirUser"] = f"{self._at.fhir}/{approval.actor}"
        await self._notes.given(context, approval.client, f"token {granted.text}")
        return answer

    async def _standing(self, approval: Approval, request: str) -> Context | None:
        """As whom a token is given out; None when that role is no longer held."""
        assignment = Assignment(
            number=0,
            kind=Holder(approval.kind),
            purpose=approval.purpose,
            role=approval.role,
            party=approval.party,
            actor=approval.actor,
        )
        context = await self._identity.of_assignment(assignment, request)
        return None if isinstance(context, Refusal) else msgspec.structs.replace(context, party=approval.party)


def _bound(bound: Bound, form: Form) -> bool:
    """Whether a code comes back from where it went, by whoever asked for it (RFC 7636, S256 alone)."""
    verifier = form.get("code_verifier", "")
    if form.get("redirect_uri", "") != bound.redirect or not _VERIFIER.fullmatch(verifier):
        return False
    return secrets.compare_digest(challenge_of(verifier), bound.challenge)


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (https://www.rfc-editor.org/rfc/rfc7636#section-4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
