"""What clients call themselves: token, introspection (RFC 7662), revocation (RFC 7009), keys, discovery."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from saman.apps.auth.smart.answers import Form, Wrong, answered, form_of, refused
from saman.apps.auth.smart.bearer import Bearer
from saman.apps.auth.smart.configuration import Addresses, openid_configuration, smart_configuration
from saman.apps.auth.smart.identity_tokens import IdentityTokens
from saman.apps.auth.smart.issuing import Issuing
from saman.apps.auth.smart.noting import Notes
from saman.apps.auth.smart.proof import Doorkeeper
from saman.apps.auth.tokens import AppToken, Tokens
from saman.kernel.clock import Clock
from saman.model.access import Holder
from saman.model.access.scopes import FHIR_USER, OPENID, read_scopes
from saman.record.apps.approvals import Approvals
from saman.record.apps.clients import Client

_NAMES = frozenset({"client_id", "client_assertion"})
"""Fields by which a client says who it is; an app without a secret need not when it brings its refresh token."""

KEPT = {"cache-control": "public, max-age=300", "pragma": ""}


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """What answers to clients are made with."""

    doorkeeper: Doorkeeper
    issuing: Issuing
    approvals: Approvals
    bearer: Bearer
    tokens: Tokens
    names: IdentityTokens
    notes: Notes
    clock: Clock
    at: Addresses


class Tokening:
    """Answers clients; nobody is signed in here and no cookie counts."""

    def __init__(self, tools: Tools) -> None:
        self._with = tools

    async def token(self, request: Request) -> Response:
        """An access token for a code, a refresh token or an assertion."""
        called = await self._called(request)
        if isinstance(called, Wrong):
            return refused(called)
        client, form = called
        ways = {
            "authorization_code": self._with.issuing.of_code,
            "refresh_token": self._with.issuing.of_refresh_token,
            "client_credentials": self._with.issuing.of_client,
        }
        way = ways.get(form.get("grant_type", ""))
        if way is None:
            return refused(Wrong("unsupported_grant_type", f"grant_type is one of {', '.join(ways)}"))
        answer = await way(client, form, request.state.request_id, self._with.clock())
        if isinstance(answer, Wrong):
            await self._with.notes.refused(client.id, f"token: {answer.error}")
            return refused(answer)
        return answered(answer)

    async def introspect(self, request: Request) -> Response:
        """What a token is good for, for a client that may ask, or whose own token it is."""
        called = await self._called(request)
        if isinstance(called, Wrong):
            return refused(called)
        client, form = called
        if client.kind == "public":
            return refused(Wrong("invalid_client", "only a client that proves who it is may ask", 401))
        token = self._with.tokens.read_of_app(form.get("token", ""), self._with.clock())
        mine = token is not None and (client.introspects or token.client == client.id)
        if token is None or not mine or await self._with.bearer.in_force(token) is None:
            return answered({"active": False})
        return answered(self._described(token))

    def _described(self, token: AppToken) -> dict[str, Any]:
        asked = read_scopes(token.scope)
        said: dict[str, Any] = {
            "active": True,
            "scope": token.scope,
            "client_id": token.client,
            "token_type": "Bearer",
            "exp": int(token.until.timestamp()),
            "iat": int(token.issued.timestamp()),
            "jti": token.id,
            "aud": self._with.at.fhir,
            "iss": self._with.at.base,
        }
        if token.patient:
            said |= {"patient": token.patient, "need_patient_banner": True}
        if token.assignment.kind is Holder.SYSTEM:
            return said | {"sub": token.client}
        said["sub"] = self._with.names.subject(token.assignment.actor or "")
        if {OPENID, FHIR_USER} <= asked.words:
            said["fhirUser"] = f"{self._with.at.fhir}/{token.assignment.actor}"
        return said

    async def revoke(self, request: Request) -> Response:
        """End what a token was given for, and with it all other tokens of the same approval."""
        called = await self._called(request)
        if isinstance(called, Wrong):
            return refused(called)
        client, form = called
        now, sent = self._with.clock(), form.get("token", "")
        token = self._with.tokens.read_of_app(sent, now)
        found = (
            await self._with.approvals.find(token.approval, now)
            if token
            else await self._with.approvals.of_refresh(sent, now)
        )
        if found is not None and found.client == client.id:
            await self._with.approvals.end(found.id, now)
        return Response(status_code=200, headers={"cache-control": "no-store"})

    async def keys(self, request: Request) -> Response:
        """The keys that identity tokens are signed with."""
        return answered(await self._with.names.published(self._with.clock()), headers=KEPT)

    async def smart(self, request: Request) -> Response:
        """Discovery for SMART App Launch."""
        return answered(smart_configuration(self._with.at), headers=KEPT)

    async def openid(self, request: Request) -> Response:
        """Discovery for OpenID Connect."""
        return answered(openid_configuration(self._with.at), headers=KEPT)

    async def _called(self, request: Request) -> tuple[Client, Form] | Wrong:
        form = await form_of(request)
        if isinstance(form, Wrong):
            return form
        peer = request.client.host if request.client else ""
        authorization = request.headers.get("authorization", "")
        if form.get("grant_type") == "refresh_token" and not authorization and not form.keys() & _NAMES:
            form = {**form, "client_id": await self._with.approvals.client_of_refresh(form.get("refresh_token", ""))}
        client = await self._with.doorkeeper.client(form, authorization, peer, self._with.clock())
        return client if isinstance(client, Wrong) else (client, form)
