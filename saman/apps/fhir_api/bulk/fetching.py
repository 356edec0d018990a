"""How an export stands, its files, and taking it back (https://hl7.org/fhir/uv/bulkdata/STU2/export.html#sequence-overview).

All of it is for the client that asked, with a token that allows at least what it asked with; to everybody else there
is no such export.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator
from datetime import UTC
from email.utils import format_datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from saman.apps.fhir_api.answer import Answer, Header, Streamed
from saman.apps.fhir_api.bulk.kick_off import owner_of
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.routes import Handler, Interaction, Policy, Route
from saman.kernel import json
from saman.kernel.clock import instant
from saman.kernel.ids import SHARDS
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access.scopes import Asked as Scopes
from saman.model.access.scopes import Narrowing
from saman.model.fhir import resource_number
from saman.record import Context
from saman.record.audit import Entry
from saman.record.bulk.asked import EXPORT, Asked, File, Import
from saman.record.bulk.jobs import Job, Jobs
from saman.record.narrowing import insufficient
from saman.record.refusals import not_found

NDJSON = "application/fhir+ndjson"
RETRY_AFTER = 5
PIECE = 256 * 1024

_WHY = {
    "ended": (Kind.FORBIDDEN, "forbidden", "Whoever asked may not act any more."),
    "full": (Kind.STORAGE_FULL, "no-store", "There was no room for the files."),
}
_OTHER = (Kind.UNAVAILABLE, "exception", "It could not be finished. Delete it, and ask again.")


class Fetching:
    """Jobs of a kind (export or import), whose files are below `folder`."""

    def __init__(self, folder: Path, kind: str) -> None:
        self._folder = folder
        self._kind = kind

    def routes(self) -> tuple[Route, ...]:
        """Where to look for a job, to take it back, and to fetch its files."""
        told: tuple[tuple[str, str, Handler], ...] = (
            ("GET", f"${self._kind}-status/{{job}}", self.status),
            ("DELETE", f"${self._kind}-status/{{job}}", self.cancel),
            ("GET", f"${self._kind}-file/{{job}}/{{name}}", self.file),
        )
        return tuple(
            Route(method, at, Interaction.OPERATION, handler, Policy.RECORD, own_form=True)
            for method, at, handler in told
        )

    async def status(self, call: Call) -> Answer | Refusal:
        """How far it is, or what it gave."""
        job = await _job(call, self._kind)
        if isinstance(job, Refusal):
            return job
        if job.state == "failed":
            return refused(*_WHY.get(job.why, _OTHER))
        if job.state == "done":
            return _manifest(job, call.base)
        headers = (b"x-progress", _progress(job)), (b"retry-after", b"%d" % RETRY_AFTER)
        return Answer(202, headers=headers)

    async def cancel(self, call: Call) -> Answer | Refusal:
        """Stop it if it is under way, and remove its files."""
        job = await _job(call, self._kind)
        if isinstance(job, Refusal):
            return job
        if not await Jobs(call.record.store.pool).end(job.id, job.owner, self._kind):
            return not_found()
        await asyncio.to_thread(shutil.rmtree, self._folder / job.id, ignore_errors=True)
        await call.record.log(_entry(call.record.context, job, "cancelled"))
        return Answer(202)

    async def file(self, call: Call) -> Answer | Refusal:
        """One file of a finished export."""
        job = await _job(call, self._kind)
        if isinstance(job, Refusal):
            return job
        told = next((one for one in job.files if one.name == call.last and job.state == "done"), None)
        if told is None:
            return not_found()
        try:
            opened = await asyncio.to_thread((self._folder / job.id / told.name).open, "rb")
        except FileNotFoundError:
            return not_found()
        await call.record.log(_entry(call.record.context, job, "fetched"))
        return Answer(200, content_type=NDJSON, streamed=Streamed(None, _pieces(opened, told.bytes)))


async def _job(call: Call, kind: str) -> Job | Refusal:
    """The caller's own export; refused as forbidden to a token that allows less than the one it was asked with."""
    context = call.record.context
    job = await Jobs(call.record.store.pool).find(call.id, owner_of(context), kind, context.now)
    if job is None:
        return not_found()
    asked_with = msgspec.json.decode(job.context, type=Context)
    return job if _covers(context.narrowing, asked_with.narrowing) else insufficient()


def _covers(now: Narrowing | None, then: Narrowing | None) -> bool:
    if now is None or then is None:
        return now is None
    return now.patient == then.patient and Scopes(now.scopes).covers(Scopes(then.scopes))


def _progress(job: Job) -> bytes:
    if job.kind != EXPORT:
        return f"{job.done} resources".encode()
    shard = int(job.place.split(" ")[0]) if job.place else 0
    return f"{shard * 100 // SHARDS} %, {job.done} resources".encode()


def _entry(context: Context, job: Job, what: str) -> Entry:
    return Entry(context, "E", resource_number("Patient"), query=f"${job.kind} {what}")


def _manifest(job: Job, base: str) -> Answer:
    asked = _asked(job)
    told: dict[str, Any] = {
        "transactionTime": instant(asked.moment),
        "request": asked.url,
        "requiresAccessToken": True,
        "output": [],
        "error": [],
    } | ({"deleted": []} if isinstance(asked, Asked) and asked.since else {})
    for one in job.files:
        told[one.list].append(_told(one, job, base))
    return Answer(200, json.encode(told), (_expires(job),), "application/json")


def _asked(job: Job) -> Asked | Import:
    if job.kind == EXPORT:
        return msgspec.json.decode(job.asked, type=Asked)
    return msgspec.json.decode(job.asked, type=Import)


def _told(one: File, job: Job, base: str) -> dict[str, Any]:
    return {"type": one.type, "url": f"{base}/${job.kind}-file/{job.id}/{one.name}", "count": one.count}


def _expires(job: Job) -> Header:
    return b"expires", format_datetime(job.until.astimezone(UTC), usegmt=True).encode()


async def _pieces(opened: IO[bytes], left: int) -> AsyncGenerator[bytes, None]:
    """The first `left` bytes of a file, a piece at a time."""
    with opened:
        while left > 0 and (piece := await asyncio.to_thread(opened.read, min(PIECE, left))):
            left -= len(piece)
            yield piece
