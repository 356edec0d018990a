"""The code flow with PKCE, from the first redirect to a proven identifier.

RFC 6749 § 4.1, RFC 7636 (S256), RFC 9126 (pushed requests), RFC 9207 (issuer in the answer), as RFC 9700 advises.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec

from saman.apps.auth.oidc.discovery import Discovery, Metadata
from saman.apps.auth.oidc.id_token import claims_of
from saman.apps.auth.oidc.outgoing import Outgoing
from saman.apps.auth.oidc.proof import proof
from saman.apps.auth.oidc.way import Signed, Way
from saman.apps.ui.locales import mark
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.identity import Level, Place

Fields = Mapping[str, str]

UNTRUSTED = mark("The answer could not be trusted, so nobody was signed in. Begin again.")
CANCELLED = mark("You stopped before you were done, so nobody was signed in.")
WEAK = mark("You signed in with less certainty than is needed here. Choose a stronger way to sign in.")
UNNAMED = mark("The answer does not say who you are by a number that we know, so nobody was signed in.")
AWAY = mark("%(name)s does not answer just now. Try again soon, or sign in another way.")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request that went off, kept under the browser's own token until its answer comes, once."""

    way: str
    state: str
    nonce: str
    verifier: str
    level: Level
    redirect: str


class Client:
    """Signs people in with one provider. `base_url` is ours; answers come to an address of this provider alone."""

    def __init__(self, way: Way, base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.way = way
        self.redirect = f"{base_url}/auth/eid/{way.id}/back"
        self._base_url = base_url
        self._outgoing = Outgoing(way.origins, transport)
        self._discovery = Discovery(way, self._outgoing)

    async def begin(self, level: Level, language: str, now: datetime) -> tuple[Asked, str] | Refusal:
        """What to keep, and where to send the browser, to sign somebody in at a level or above."""
        metadata = await self._discovery.metadata(now)
        if isinstance(metadata, Refusal):
            return self._named(metadata)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        asked = Asked(way=self.way.id, state=state, nonce=nonce, verifier=verifier, level=level, redirect=self.redirect)
        address = await self._address(metadata, self._request(asked, language), now)
        return self._named(address) if isinstance(address, Refusal) else (asked, address)

    def _request(self, asked: Asked, language: str) -> dict[str, str]:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(asked.verifier.encode()).digest()).decode().rstrip("=")
        fields = {
            "response_type": "code",
            "client_id": self.way.client_id,
            "redirect_uri": asked.redirect,
            "scope": " ".join(self.way.provider.client.scopes),
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            # Two people may share a browser: the provider shall not sign in whoever was there before.
            "prompt": "login",
            "ui_locales": language,
        }
        wanted = self.way.provider.assurance.asked(asked.level)
        return fields | ({"acr_values": wanted} if wanted else {})

    async def _address(self, metadata: Metadata, request: dict[str, str], now: datetime) -> str | Refusal:
        pushed = metadata.pushed_authorization_request_endpoint
        if not pushed and self.way.provider.client.pushed:
            return _distrust("not-pushed")
        if pushed:
            own = proof(self.way, now)
            answer = await self._outgoing.post(pushed, request | own.fields, own.headers)
            if isinstance(answer, Refusal):
                return answer
            if not isinstance(answer.get("request_uri"), str):
                return _distrust("pushed-answer")
            request = {"client_id": self.way.client_id, "request_uri": answer["request_uri"]}
        joint = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return f"{metadata.authorization_endpoint}{joint}{urlencode(request)}"

    async def finish(self, asked: Asked, answer: Fields, now: datetime) -> Signed | Refusal:
        """Who came back; refused for any answer that is not to what was asked, from this provider, sure enough."""
        metadata = await self._discovery.metadata(now)
        if isinstance(metadata, Refusal):
            return self._named(metadata)
        reason = self._mismatch(asked, answer, metadata)
        if reason:
            return _distrust(reason)
        if "error" in answer:
            return _stopped(answer["error"])
        tokens = await self._exchange(asked, answer.get("code", ""), metadata, now)
        if isinstance(tokens, Refusal):
            return self._named(tokens)
        claims = await claims_of(tokens.get("id_token"), self.way, self._discovery, asked.nonce, now)
        if isinstance(claims, Refusal):
            return self._named(claims)
        return await self._signed(asked, claims, tokens, metadata)

    def _mismatch(self, asked: Asked, answer: Fields, metadata: Metadata) -> str:
        """Why an answer does not belong to a request; empty when it does."""
        if not secrets.compare_digest(answer.get("state", "").encode(), asked.state.encode()):
            return "state"
        said = answer.get("iss")
        if said is None and metadata.authorization_response_iss_parameter_supported:
            return "no-issuer"
        if said is not None and said != self.way.issuer:
            return "mix-up"
        return "" if answer.get("code") or "error" in answer else "no-code"

    async def _exchange(self, asked: Asked, code: str, metadata: Metadata, now: datetime) -> dict[str, Any] | Refusal:
        own = proof(self.way, now)
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.redirect,
            "client_id": self.way.client_id,
            "code_verifier": asked.verifier,
        }
        return await self._outgoing.post(metadata.token_endpoint, fields | own.fields, own.headers)

    async def _signed(
        self, asked: Asked, claims: dict[str, Any], tokens: dict[str, Any], metadata: Metadata
    ) -> Signed | Refusal:
        provider = self.way.provider
        level = provider.assurance.reached(claims)
        if level is None or not level.reaches(asked.level):
            return refused(Kind.FORBIDDEN, "security", "The sign-in is not sure enough.", "level", key=WEAK)
        if provider.national_id.place is Place.USERINFO:
            more = await self._userinfo(tokens, metadata)
            if isinstance(more, Refusal):
                return self._named(more)
            if more.get("sub") != claims["sub"]:
                return _distrust("userinfo-subject")
            claims = claims | more
        found = provider.national_id.of(claims)
        if found is None:
            text = "The answer holds no national identifier of a known shape."
            return refused(Kind.FORBIDDEN, "security", text, "national-id", key=UNNAMED)
        return Signed(system=found[0], value=found[1], level=level)

    async def _userinfo(self, tokens: dict[str, Any], metadata: Metadata) -> dict[str, Any] | Refusal:
        token = tokens.get("access_token")
        if not metadata.userinfo_endpoint or not isinstance(token, str) or not token.isascii():
            return _distrust("userinfo")
        return await self._outgoing.get(metadata.userinfo_endpoint, {"authorization": f"Bearer {token}"})

    async def leaving(self, now: datetime) -> str | None:
        """Where a browser ends its session at the provider; None when the provider has no such place.

        The ID token is not sent as a hint: it may hold the national identifier, and this is an address.
        """
        metadata = await self._discovery.metadata(now)
        if isinstance(metadata, Refusal) or not metadata.end_session_endpoint:
            return None
        fields = {"client_id": self.way.client_id, "post_logout_redirect_uri": f"{self._base_url}/"}
        joint = "&" if urlsplit(metadata.end_session_endpoint).query else "?"
        return f"{metadata.end_session_endpoint}{joint}{urlencode(fields)}"

    def _named(self, refusal: Refusal) -> Refusal:
        """A refusal of the machinery in words for the one who signs in; its reason stays in `path`."""
        issue = refusal.issues[0]
        if issue.key:
            return refusal
        key = AWAY if refusal.kind is Kind.UNAVAILABLE else UNTRUSTED
        return refused(refusal.kind, issue.code, issue.text, issue.path, key=key, name=self.way.name)


def _distrust(reason: str) -> Refusal:
    return refused(Kind.FORBIDDEN, "security", "The answer does not belong to the request.", reason, key=UNTRUSTED)


def _stopped(error: str) -> Refusal:
    """The provider's error, of which only known words go further."""
    cancelled = error in ("access_denied", "login_required", "interaction_required")
    known = error if cancelled or error in ("server_error", "temporarily_unavailable", "invalid_request") else "other"
    text = "The provider signed nobody in."
    return refused(Kind.FORBIDDEN, "security", text, f"error-{known}", key=CANCELLED if cancelled else UNTRUSTED)
