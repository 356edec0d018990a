"""A worker of its own, to be killed: `python -m tests.http.subscriptions.killed URL MOMENT`."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

import msgspec

from saman.flows.subscription.outgoing import Outgoing, read_hosts
from saman.flows.subscription.sending import Sending, chance
from saman.record import Context, Store, open_store, system
from saman.record.subscriptions.owner import Owner
from tests.record.conftest import norway


async def main(url: str, now: datetime) -> None:
    """Beat for ever."""
    store = await open_store(url, norway())
    assert isinstance(store, Store)

    async def stand(owner: Owner, request: str) -> Context:
        return msgspec.structs.replace(system(now, request), client=owner.client)

    outgoing = Outgoing(read_hosts("private:127.0.0.1", plain=True))
    sending = Sending(store, stand, outgoing.post, lambda: now, "http://test/fhir", chance())
    while True:
        if not await sending.beat():
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], datetime.fromisoformat(sys.argv[2])))
