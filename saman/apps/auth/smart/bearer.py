"""From an app's token to its context: what its user may do, narrowed by what the app was let do."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from saman.apps.auth.identity import Identity, request_id
from saman.apps.auth.smart.noting import request_of
from saman.apps.auth.tokens import AppToken, Tokens
from saman.kernel.clock import Clock
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access.scopes import FHIR_USER, OPENID, Narrowing, read_scopes
from saman.record import Context
from saman.record.apps.approvals import Approval, Approvals


class Bearer:
    """Knows whoever calls the FHIR interface, by an app's token or another.

    Whether an approval is in force is looked up each time, so that one which was ended opens nothing at the next call.
    """

    def __init__(self, identity: Identity, tokens: Tokens, approvals: Approvals, clock: Clock) -> None:
        self._identity = identity
        self._tokens = tokens
        self._approvals = approvals
        self._clock = clock

    async def of_headers(self, headers: Iterable[tuple[bytes, bytes]]) -> Context | Refusal:
        """The context of a call."""
        listed = list(headers)
        sent = next((value for name, value in listed if name == b"authorization"), b"")
        token = self._tokens.read_of_app(sent.decode("latin-1").partition(" ")[2].strip(), self._clock())
        if token is None or sent[:7].lower() != b"bearer ":
            return await self._identity.of_headers(listed)
        approval = await self.in_force(token)
        if approval is None:
            return _over()
        context = await self._identity.of_assignment(token.assignment, request_of(token.client, request_id(listed)))
        if isinstance(context, Refusal):
            return context
        return msgspec.structs.replace(
            context,
            party=approval.party,
            narrowing=narrowing_of(token),
            client=approval.client,
            approval=approval.id,
        )

    async def in_force(self, token: AppToken) -> Approval | None:
        """The approval behind a token, None when it has ended."""
        approval = await self._approvals.find(token.approval, self._clock())
        return approval if approval is not None and approval.client == token.client else None


def narrowing_of(token: AppToken) -> Narrowing:
    """What an app's token allows; who may know who signed in may read that resource."""
    asked = read_scopes(token.scope)
    knows = {OPENID, FHIR_USER} <= asked.words
    return Narrowing(asked.scopes, token.patient, (token.assignment.actor or "") if knows else "")


def _over() -> Refusal:
    return refused(Kind.UNAUTHENTICATED, "login", "What this token was given for has ended.", key="auth.token")
