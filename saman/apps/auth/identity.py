"""From a token or a session to the context that everything else is judged by."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from saman.apps.auth.tokens import Tokens
from saman.kernel.clock import Clock
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Assignment, Holder
from saman.record import SYSTEM, Context, Store, system
from saman.record.grants import open_context
from saman.record.membership import held_until

TRUSTED = 30.0
"""Seconds for which a membership that was found is believed; somebody who has left is out within a minute."""

_REQUEST_ID = re.compile(rb"(?=.*[A-Za-z].*[A-Za-z])[A-Za-z0-9._-]{8,64}")
"""With two letters at least, so that no number of a person can pass for one."""


def request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The caller's X-Request-Id if it is harmless, else a new one."""
    sent = next((value for name, value in headers if name == b"x-request-id"), b"")
    return sent.decode() if _REQUEST_ID.fullmatch(sent) else secrets.token_hex(8)


class Identity:
    """Knows contexts by assignment, and whether staff still hold the role they act in.

    `rights` are those that the service models give to roles.
    """

    def __init__(
        self, store: Store, tokens: Tokens, clock: Clock, rights: Mapping[str, frozenset[str]] | None = None
    ) -> None:
        self.rights = rights or {}
        self._store = store
        self._tokens = tokens
        self._clock = clock
        self._numbers: dict[tuple[str, ...], int] = {}
        self._members: dict[tuple[str, str, str], _Held] = {}

    async def of_headers(self, headers: Iterable[tuple[bytes, bytes]]) -> Context | Refusal:
        """The context of a request that carries `Authorization: Bearer …`."""
        listed = list(headers)
        sent = next((value for name, value in listed if name == b"authorization"), b"")
        scheme, _, token = sent.decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return refused(
                Kind.UNAUTHENTICATED, "login", "Send an access token: Authorization: Bearer …", key="auth.token"
            )
        now = self._clock()
        assignment = self._tokens.read(token.strip(), now)
        if isinstance(assignment, Refusal):
            return assignment
        return await self.of_assignment(assignment, request_id(listed))

    async def of_assignment(self, assignment: Assignment, request: str) -> Context | Refusal:
        """The context of somebody with an assignment, as long as it is held."""
        now = self._clock()
        if assignment.kind is Holder.SYSTEM:
            return system(now, request)
        actor = assignment.actor or ""
        if assignment.kind is Holder.STAFF and not await self.holds(actor, assignment.party, assignment.role):
            return refused(Kind.FORBIDDEN, "forbidden", "This role is no longer held.", key="auth.left")
        number = await self.number(assignment)
        return Context(
            number,
            actor,
            assignment.role,
            assignment.party,
            assignment.purpose,
            now,
            request,
            assignment.kind.value,
            self.rights.get(assignment.role, frozenset()),
        )

    async def number(self, assignment: Assignment) -> int:
        """The context number of an assignment, made with its grants when it is new."""
        if assignment.kind is Holder.SYSTEM:
            return SYSTEM
        own = assignment.kind is not Holder.STAFF
        wanted = Assignment(
            number=0,
            kind=assignment.kind,
            purpose=assignment.purpose,
            role=assignment.role,
            party=assignment.party,
            actor=assignment.actor if own else None,
        )
        key = (wanted.kind.value, wanted.purpose, wanted.role, wanted.party, wanted.actor or "")
        if key not in self._numbers:
            self._numbers[key] = await open_context(self._store.pool, wanted, self._store.policy)
        return self._numbers[key]

    async def holds(self, actor: str, party: str, role: str) -> bool:
        """Whether a practitioner holds a role at a party now: to the instant it begins and ends by the dates known.

        A change of the dates themselves is known after `TRUSTED` seconds; sessions end with the change.
        """
        key, now = (actor, party, role), self._clock()
        known = self._members.get(key)
        if known is not None and time.monotonic() - known.asked < TRUSTED and known.since <= now < known.until:
            return True
        until = await held_until(self._store.pool, actor, party, role, now)
        if until is None:
            self._members.pop(key, None)
            return False
        self._members[key] = _Held(time.monotonic(), now, until)
        return True


class _Held(msgspec.Struct, frozen=True):
    """A role that was found to be held: when that was asked, and between which moments it counts."""

    asked: float
    since: datetime
    until: datetime
