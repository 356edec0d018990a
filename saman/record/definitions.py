"""Profiles, value sets and code systems that the record itself holds, for validation, as they are at each moment.

They are directory data, which everybody sees, so that one copy serves all of a process. Before it is used, a statement
adds up the versions of all of them: whatever was made, changed or deleted by any process, the sum is another.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
import structlog
from msgspec import to_builtins

from saman.model.fhir import resource_number
from saman.model.fhir.terminology.canonical import newness
from saman.model.fhir.validating import Known, Level, Validation
from saman.model.fhir.validating.shelf import Head, Shelf
from saman.record.context import Context
from saman.record.database import Rows
from saman.record.fence import GATED, Fence, gate, opening
from saman.record.statements import Statements
from saman.record.stored import stored
from saman.record.threads import beside

KINDS = {resource_number(kind): kind for kind in ("StructureDefinition", "ValueSet", "CodeSystem")}
MOST = 5_000
"""Definitions that are kept."""

MOST_CHARACTERS = 16 * 1024 * 1024
"""Of one definition."""

MOST_KEPT = 128 * 1024 * 1024
"""Bytes of all of them, compressed."""

_AT_ONCE = 100

Key = tuple[int, str]
"""The number of a type, and an id."""

log = structlog.get_logger("saman.definitions")


class _Kept(NamedTuple):
    version: int
    head: Head
    packed: bytes


class Definitions:
    """What the record of one installation defines, beside what `validation` knows by its packages."""

    def __init__(self, validation: Validation, statements: Statements, fence: Fence) -> None:
        self._validation = validation
        self._packaged = validation.known
        self._statements = statements
        self._sum = f"SELECT coalesce(sum(r.version), 0)::bigint FROM resource r WHERE {_of(fence)}"
        self._list = f"SELECT r.type, r.id, r.version FROM resource r WHERE {_of(fence)} AND NOT r.deleted"
        self._bodies = f"""SELECT r.type, r.id, r.version, r.updated, r.person, r.meta, r.body, r.deleted
            FROM resource r WHERE {_of(fence)} AND NOT r.deleted AND r.id = ANY($4::text[])
            AND length(r.body) <= {MOST_CHARACTERS}"""
        self._stamp = 0
        self._kept: dict[Key, _Kept] = {}
        self._shelf = Shelf()
        self._turn = asyncio.Lock()

    async def known(self, context: Context, *, on_write: bool = False) -> Validation:
        """The validation, which knows what the record defines now; for a write only where that is asked of it."""
        if on_write and self._validation.level is not Level.PROFILES:
            return self._validation
        stamp = (await self._asked(self._sum, context))[0][0]
        if stamp > self._stamp:
            async with self._turn:
                if stamp > self._stamp:
                    await self._renew(context)
                    self._stamp = stamp
        return self._validation

    async def _asked(self, sql: str, context: Context, *values: object) -> Rows:
        """By a connection of its own: whoever asks may stand in a transaction."""
        return await self._statements.fetch(gate(sql), *opening(context), list(KINDS), *values)

    async def _renew(self, context: Context) -> None:
        there: dict[Key, int] = {(row[0], row[1]): row[2] for row in await self._asked(self._list, context)}
        if len(there) > MOST:
            log.warning("definitions left out", held=len(there), most=MOST)
        wanted = dict(sorted(there.items())[:MOST])
        self._kept = {key: one for key, one in self._kept.items() if wanted.get(key) == one.version}
        missing = sorted({id for _, id in wanted.keys() - self._kept.keys()})
        for start in range(0, len(missing), _AT_ONCE):
            rows = await self._asked(self._bodies, context, missing[start : start + _AT_ONCE])
            self._kept |= await beside(_packed, rows)
        self._shelf = _shelf(self._kept.values())
        self._validation.known = Known(self._find)

    def all_codes(self, url: str) -> dict[str, Any] | None:
        """The value set that a code system of the record names as all its codes, where nobody has written it."""
        return self._shelf.all_codes(url)

    def _find(self, kind: str, url: str) -> dict[str, Any] | None:
        found = self._shelf.find(kind, url) or self._packaged.find(kind, url)
        return self._shelf.all_codes(url) if found is None and kind == "ValueSet" else found


def _of(fence: Fence) -> str:
    return f"{GATED} AND r.type = ANY($3::smallint[]) AND r.domain = 0 AND {fence.exists('r')}"


def _packed(rows: Rows) -> dict[Key, _Kept]:
    """Definitions by type and id, those without a URL left out."""
    found: dict[Key, _Kept] = {}
    for row in rows:
        text = stored(row).text().encode()
        head = msgspec.json.decode(text, type=Head)
        if head.url:
            found[row["type"], row["id"]] = _Kept(row["version"], head, zlib.compress(text))
    return found


def _shelf(kept: Iterable[_Kept]) -> Shelf:
    """As many as there is room for, those in use and newest first; of several under one URL these go before others."""
    shelf, room = Shelf(), MOST_KEPT
    for one in sorted(kept, key=lambda one: newness(to_builtins(one.head)), reverse=True):
        room -= len(one.packed)
        if room < 0:
            log.warning("definitions left out", most_bytes=MOST_KEPT)
            break
        shelf.put(one.head.resourceType, one.head, one.packed, newness(to_builtins(one.head)))
    return shelf
