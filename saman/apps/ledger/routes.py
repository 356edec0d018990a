"""`/ledger`: what anybody may know of the ledger, and the witness for neighbours (https://c2sp.org/tlog-witness).

Nothing here says anything about anybody: a checkpoint is a number and a hash.
"""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from saman.apps.auth.identity import request_id
from saman.kernel.clock import Clock
from saman.record import Store
from saman.record.ledger.state import newest_note, seen_note
from saman.record.ledger.witnessing import Neighbours

MOST_BYTES = 16384
_UNCACHED = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def ledger_routes(store: Store, neighbours: Neighbours, clock: Clock) -> list[Route]:
    """The addresses of a ledger that is witness for `neighbours`."""

    async def key(request: Request) -> Response:
        """The public keys: for checkpoints of its own, and for those it has seen of others."""
        signer = neighbours.signer
        return PlainTextResponse(f"{signer.verifier}\n{signer.cosigner}\n", headers=_UNCACHED)

    async def checkpoint(request: Request) -> Response:
        """The newest checkpoint, signed."""
        return _note(await newest_note(store.pool))

    async def seen(request: Request) -> Response:
        """The newest checkpoint that was seen of another ledger."""
        return _note(await seen_note(store.pool, request.path_params["origin"]))

    async def add_checkpoint(request: Request) -> Response:
        """Cosign what follows from what was seen before."""
        body = await _body(request)
        if body is None:
            return PlainTextResponse("", 400)
        answered = await neighbours.take(store, body, clock(), request_id(request.scope["headers"]))
        kind = "text/x.tlog.size" if answered.status == 409 else "text/plain; charset=utf-8"
        return Response(answered.text, answered.status, _UNCACHED, media_type=kind)

    return [
        Route("/ledger/key", key, methods=["GET"]),
        Route("/ledger/checkpoint", checkpoint, methods=["GET"]),
        Route("/ledger/seen/{origin:path}", seen, methods=["GET"]),
        Route("/ledger/add-checkpoint", add_checkpoint, methods=["POST"]),
    ]


def _note(note: str | None) -> Response:
    return PlainTextResponse(note or "", 200 if note else 404, headers=_UNCACHED)


async def _body(request: Request) -> str | None:
    """The body as text; None when it is too large or no text."""
    found = b""
    try:
        async for part in request.stream():
            found += part
            if len(found) > MOST_BYTES:
                return None
        return found.decode()
    except (ClientDisconnect, UnicodeDecodeError):
        return None
