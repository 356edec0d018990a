"""`$import`: lines of NDJSON are taken into the installation's keeping, and stored by the worker.

No address is fetched: what the draft (https://github.com/smart-on-fhir/bulk-import) gives as addresses is sent instead.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import msgspec

from saman.apps.auth.smart.noting import app_of
from saman.apps.fhir_api.answer import Answer, information
from saman.apps.fhir_api.bulk.kick_off import owner_of
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.negotiation import media_type
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import resource_number
from saman.record.audit import REFUSED, Entry
from saman.record.bulk.asked import IMPORT, INPUT, Import
from saman.record.bulk.jobs import Jobs

_LINES = frozenset({"application/fhir+ndjson", "application/ndjson", "application/x-ndjson"})


class Imports:
    """Takes what is sent into folders below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def begin(self, call: Call) -> Answer | Refusal:
        """Keep the lines for the worker; for back-end clients alone, since resources keep the ids they have."""
        record = call.record
        entry = Entry(record.context, "E", resource_number("Patient"), query="$import")
        wrong = _unfit(call)
        if wrong is not None:
            await record.log(msgspec.structs.replace(entry, outcome=REFUSED))
            return wrong
        body = await call.body()
        if isinstance(body, Refusal):
            return body
        asked = msgspec.json.encode(Import(url=f"{call.base}/$import", base=call.base, moment=record.context.now))

        async def keep(id: str) -> None:
            await asyncio.to_thread(_kept, self._folder / id, body)

        client = app_of(record.context.request)
        id = await Jobs(record.store.pool).begin(IMPORT, owner_of(record.context), client, record.context, asked, keep)
        if isinstance(id, Refusal):
            return id
        await record.log(entry)
        told = information("The import has begun. Content-Location says where it is.")
        return Answer(202, told, ((b"content-location", f"{call.base}/$import-status/{id}".encode()),))


def _unfit(call: Call) -> Refusal | None:
    if not call.record.context.is_system:
        text = "Only a back-end client imports: what is imported keeps its ids."
        return refused(Kind.FORBIDDEN, "forbidden", text)
    if "respond-async" not in call.header(b"prefer").lower():
        return refused(
            Kind.INVALID, "required", "An import goes on after the answer: send Prefer: respond-async.", "Prefer"
        )
    if media_type(call.header(b"content-type"))[0] not in _LINES:
        text = "Send the lines themselves, as application/fhir+ndjson. Addresses are not fetched."
        return refused(Kind.MEDIA, "not-supported", text, "Content-Type")
    return None


def _kept(folder: Path, body: bytes) -> None:
    folder.mkdir(mode=0o700, parents=True)
    descriptor = os.open(folder / INPUT, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as out:
        out.write(body)
        out.flush()
        os.fsync(out.fileno())
