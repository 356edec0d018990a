"""Notifications over a web socket: `bind-with-token …`, a handshake, then whatever happens, as long as rights last.

Source: https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/channels.html#websockets
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from saman.flows.subscription.sending import NOTHING, Chance, made_of
from saman.kernel.clock import Clock
from saman.kernel.outcome import Refusal
from saman.model.subscription.notification import Kind
from saman.record import Context, Record, Store, system
from saman.record.outage import OUTAGES
from saman.record.subscriptions.asking import Bound, bound, mine
from saman.record.subscriptions.attempts import Claimed, Outcome, claim, release
from saman.record.subscriptions.kept import Kept
from saman.record.subscriptions.matching import topic_of
from saman.record.subscriptions.owner import Stand
from saman.record.subscriptions.telling import Batch, next_batch

BIND = "bind-with-token "
MOST = 200
"""Web sockets of one process."""
UNBOUND = 10.0
"""Seconds within which a web socket has to be bound."""
PATIENCE = 15.0
"""Seconds after which rights and events are looked at though nothing was heard."""
LONGEST_WORD = 200

ENDED, UNKNOWN, BUSY, AWAY = 1000, 1008, 1013, 1012
"""How a web socket is closed (https://www.iana.org/assignments/websocket/websocket.xhtml)."""


class Sockets:
    """The web sockets of one process; `base` is the address of the interface."""

    def __init__(self, store: Store, stand: Stand, clock: Clock, base: str, chance: Chance) -> None:
        self._store = store
        self._stand = stand
        self._clock = clock
        self._base = base
        self._chance = chance
        self.open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One web socket, from its opening to its end."""
        socket = WebSocket(scope, receive, send)
        if self.open >= MOST or not await self._store.notices.listening(UNBOUND):
            await socket.close(BUSY)
            return
        self.open += 1
        try:
            await socket.accept()
            await self._serve(socket)
        except WebSocketDisconnect:
            pass
        except OUTAGES:
            await _close(socket, AWAY)
        finally:
            self.open -= 1

    async def _serve(self, socket: WebSocket) -> None:
        found = await self._bound(socket)
        if found is None:
            await _close(socket, UNKNOWN)
            return
        telling = asyncio.create_task(self._tell(socket, found))
        hearing = asyncio.create_task(_until_closed(socket))
        try:
            await asyncio.wait((telling, hearing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            is_told = telling.done()
            telling.cancel()
            hearing.cancel()
            await asyncio.wait((telling, hearing))
        if is_told:
            await _close(socket, telling.result())

    async def _bound(self, socket: WebSocket) -> Bound | None:
        with suppress(TimeoutError, KeyError):
            said = await asyncio.wait_for(socket.receive_text(), UNBOUND)
            if said.startswith(BIND) and len(said) <= LONGEST_WORD:
                return await bound(self._store, said.removeprefix(BIND).strip(), self._clock())
        return None

    async def _tell(self, socket: WebSocket, found: Bound) -> int:
        """Tell until there is nothing left to be told of; how the web socket is to be closed then."""
        topics = [topic_of(self._store, one) for one in found.subscriptions]
        with self._store.notices.follow(*topics) as following:
            greeting = True
            while not following.ended:
                kept = await self._still(found)
                if isinstance(kept, int):
                    return kept
                for one in kept:
                    await self._tell_of(socket, one, greeting=greeting)
                greeting = False
                await following.next(PATIENCE)
        return AWAY

    async def _still(self, found: Bound) -> list[Kept] | int:
        """Those of the subscriptions that are still on, by the rights of their owner; or how to close."""
        record = await self._record(found)
        if record is None:
            return UNKNOWN
        return [one for one in await mine(record, found.subscriptions) if one.status != "off"] or ENDED

    async def _record(self, found: Bound) -> Record | None:
        context = await self._stand(found.owner, "subscription-socket")
        return None if isinstance(context, Refusal) else Record(self._store, context, self._base)

    def _own(self) -> Context:
        return system(self._clock(), "subscriptions")

    async def _tell_of(self, socket: WebSocket, kept: Kept, *, greeting: bool) -> None:
        if greeting:
            await socket.send_text(self._made(kept, "handshake"))
        while claimed := next(iter(await claim(self._store, self._own(), 1, kept.id)), None):
            outcome = Outcome(sent=False)
            try:
                outcome = await self._told(socket, claimed)
            finally:
                await asyncio.shield(release(self._store, self._own(), claimed, outcome, self._chance.draw()))
            if not outcome.sent:
                return

    async def _told(self, socket: WebSocket, claimed: Claimed) -> Outcome:
        """Send what is next of one subscription: events, or else a heartbeat."""
        kept = claimed.kept
        if claimed.ends is not None and claimed.ends <= self._clock():
            return Outcome(over=True)
        context = await self._stand(kept.owner, f"subscription-{kept.id}")
        if isinstance(context, Refusal):
            return Outcome(over=True)
        batch = await next_batch(Record(self._store, context, self._base), claimed)
        if batch.events:
            await socket.send_text(self._made(kept, "event-notification", batch))
            return Outcome(batch.events[-1].number)
        if kept.status == "requested":
            return Outcome()
        heartbeat = kept.wanted.heartbeat
        if heartbeat and (self._clock() - (kept.sent or kept.updated)).total_seconds() >= heartbeat:
            await socket.send_text(self._made(kept, "heartbeat"))
            return Outcome()
        return Outcome(sent=False)

    def _made(self, kept: Kept, kind: Kind, batch: Batch = NOTHING) -> str:
        return made_of(kept, kind, batch, self._base, self._clock(), self._chance).decode()


async def _until_closed(socket: WebSocket) -> None:
    """Hear the other side until it goes; whatever else it says is passed over."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _close(socket: WebSocket, code: int) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(code)
