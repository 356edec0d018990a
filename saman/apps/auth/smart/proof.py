"""Which client calls, and whether it is the one it says."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import unquote_plus

from saman.apps.auth.smart.answers import Form, Wrong
from saman.apps.auth.smart.assertion import ASSERTION_TYPE, claimed_client, proved
from saman.apps.auth.smart.patience import Patience
from saman.record.apps.approvals import Approvals
from saman.record.apps.clients import Client, Clients, hashed

_STRANGER = Wrong("invalid_client", "the client is not known or did not prove who it is", 401)


Tell = Callable[[str, str], Awaitable[None]]
"""Notes in the log that a client, empty when it is not known, did not prove who it is, and why."""

CROWD = 200
"""Failures from one address, whichever clients are named, before it has to wait."""


class Doorkeeper:
    """Tells clients apart; whoever fails too often has to wait. `audiences` are the names of the token endpoint."""

    def __init__(self, clients: Clients, approvals: Approvals, audiences: frozenset[str], tell: Tell) -> None:
        self._clients = clients
        self._approvals = approvals
        self._audiences = audiences
        self._tell = tell
        self._patience = Patience()
        self._crowd = Patience(most=CROWD)

    async def client(self, form: Form, authorization: str, peer: str, now: datetime) -> Client | Wrong:
        """The client that calls: by header, by assertion, or for an app without a secret by its id alone."""
        claimed = _claimed(form, authorization)
        if isinstance(claimed, Wrong):
            return claimed
        id, secret = claimed
        who = f"{peer} {id[:64]}"
        if wait := max(self._patience.wait(who, now), self._crowd.wait(peer, now)):
            return Wrong("temporarily_unavailable", "too many failures, wait", 429, wait)
        client = await self._clients.find(id) if id else None
        found = _STRANGER if client is None else await self._proved(client, form, secret, now)
        if isinstance(found, Wrong):
            self._patience.failed(who, now)
            self._crowd.failed(peer, now)
            await self._tell(client.id if client else "", found.why)
        return found

    async def _proved(self, client: Client, form: Form, secret: str | None, now: datetime) -> Client | Wrong:
        if client.kind == "keys":
            return await self._by_assertion(client, form, now)
        if client.kind == "secret":
            right = secret is not None and secrets.compare_digest(hashed(secret), client.secret or b"")
            return client if right else _STRANGER
        return client if secret is None and "client_assertion" not in form else _STRANGER

    async def _by_assertion(self, client: Client, form: Form, now: datetime) -> Client | Wrong:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            return _STRANGER
        proof = proved(form.get("client_assertion", ""), client.keys or "", client.id, self._audiences, now)
        if isinstance(proof, str):
            return Wrong("invalid_client", proof, 401)
        if not await self._approvals.once(client.id, proof.jti, proof.until):
            return Wrong("invalid_client", "this assertion was used before", 401)
        return client


def _claimed(form: Form, authorization: str) -> tuple[str, str | None] | Wrong:
    """The id a client gives and, if any, the secret beside it; two ways at once are refused (RFC 6749, 2.3)."""
    if "client_secret" in form:
        return Wrong("invalid_client", "a secret goes into the Authorization header", 401)
    if "client_assertion_type" in form and form["client_assertion_type"] != ASSERTION_TYPE:
        return Wrong("invalid_request", f"client_assertion_type is {ASSERTION_TYPE}")
    named = form.get("client_id", "")
    if authorization:
        if "client_assertion" in form:
            return Wrong("invalid_request", "prove yourself in one way")
        id, secret = _basic(authorization)
        return (id, secret) if named in ("", id) else _STRANGER
    if "client_assertion" in form:
        id = claimed_client(form["client_assertion"])
        return (id, None) if named in ("", id) else _STRANGER
    return named, None


def _basic(authorization: str) -> tuple[str, str]:
    """Id and secret of `Basic …`, both form-encoded (https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1)."""
    scheme, _, sent = authorization.partition(" ")
    try:
        text = base64.b64decode(sent.strip(), validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, ValueError):
        text = ""
    id, _, secret = text.partition(":")
    return unquote_plus(id), unquote_plus(secret)
