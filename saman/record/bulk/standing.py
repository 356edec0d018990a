"""Whether whoever asked for something that goes on for a while may still act: looked up at each slice."""

from __future__ import annotations

from saman.record.apps.approvals import Approvals
from saman.record.apps.clients import Clients
from saman.record.context import Context
from saman.record.membership import held_until
from saman.record.store import Store


async def stands(store: Store, context: Context, client: str) -> bool:
    """Whether the role is held, the app is registered, and what its user let it do has not ended, at `context.now`.

    A back-end client's tokens are short; it stands as long as it is registered.
    """
    if context.kind == "staff" and not await _held(store, context):
        return False
    if not client:
        return True
    if await Clients(store.pool).find(client) is None:
        return False
    if context.is_system:
        return True
    given = await Approvals(store.pool).of_actor(context.actor, context.now)
    return any(one.approval.client == client for one in given)


async def _held(store: Store, context: Context) -> bool:
    return await held_until(store.pool, context.actor, context.party, context.role, context.now) is not None
