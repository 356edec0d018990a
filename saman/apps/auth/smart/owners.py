"""Whoever made a subscription, as they stand now: what they hold, and what they let an app do, may have ended since."""

from __future__ import annotations

import msgspec

from saman.apps.auth.identity import Identity
from saman.apps.auth.smart.noting import request_of
from saman.kernel.clock import Clock
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Holder
from saman.model.access.scopes import read_scopes
from saman.record import Context, Store
from saman.record.apps.approvals import Approvals
from saman.record.apps.clients import Clients
from saman.record.subscriptions.owner import Owner


class Owners:
    """Opens the contexts of owners of subscriptions, each time anew."""

    def __init__(self, store: Store, identity: Identity, clock: Clock) -> None:
        self._identity = identity
        self._approvals = Approvals(store.pool)
        self._clients = Clients(store.pool)
        self._clock = clock

    async def stand(self, owner: Owner, request: str) -> Context | Refusal:
        """The context that the owner would have in a call made now.

        A back-end client lasts as long as it is registered and may still have its scopes; an app as long as what its
        user approved; everybody else as long as they hold the role.
        """
        if owner.client and not await self._is_let(owner):
            return refused(Kind.FORBIDDEN, "forbidden", "What this app was let do has ended.", key="auth.over")
        asked = request_of(owner.client, request) if owner.client else request
        context = await self._identity.of_assignment(owner.assignment, asked)
        if isinstance(context, Refusal):
            return context
        if context.number != owner.context:
            return refused(Kind.FORBIDDEN, "forbidden", "This role is no longer held.", key="auth.left")
        return msgspec.structs.replace(
            context, party=owner.party, narrowing=owner.narrowing, client=owner.client, approval=owner.approval
        )

    async def _is_let(self, owner: Owner) -> bool:
        if owner.kind == Holder.SYSTEM.value:
            client = await self._clients.find(owner.client)
            return client is not None and read_scopes(client.scope).covers(read_scopes(owner.scope))
        approval = await self._approvals.find(owner.approval, self._clock())
        return approval is not None and approval.client == owner.client
