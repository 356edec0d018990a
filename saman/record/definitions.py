"""Profiles, value sets and code systems that the record itself holds, for validation, as they are at each moment.

They are directory data, which everybody sees, so that one copy serves all of a process. Before it is used, a statement
adds up the versions of all of them: whatever was made, changed or deleted by any process, the sum is another.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import structlog
from msgspec import to_builtins

from saman.kernel import json
from saman.model.fhir import resource_number
from saman.model.fhir.terminology.canonical import newness
from saman.model.fhir.validating import Known, Level, Validation
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


class _Head(msgspec.Struct):
    url: str = ""
    version: str = ""
    status: str = ""


class _Kept(NamedTuple):
    version: int
    head: _Head
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
        self._by_url: dict[tuple[str, str], bytes] = {}
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
        self._by_url = _by_url(self._kept.values(), [KINDS[kind] for kind, _ in self._kept])
        self._validation.known = Known(self._find)

    def _find(self, kind: str, url: str) -> dict[str, Any] | None:
        packed = self._by_url.get((kind, url))
        if packed is None:
            return self._packaged.find(kind, url)
        tree = json.decode(zlib.decompress(packed))
        return tree if isinstance(tree, dict) else None


def _of(fence: Fence) -> str:
    return f"{GATED} AND r.type = ANY($3::smallint[]) AND r.domain = 0 AND {fence.exists('r')}"


def _packed(rows: Rows) -> dict[Key, _Kept]:
    """Definitions by type and id, those without a URL left out."""
    found: dict[Key, _Kept] = {}
    for row in rows:
        text = stored(row).text().encode()
        head = msgspec.json.decode(text, type=_Head)
        if head.url:
            found[row["type"], row["id"]] = _Kept(row["version"], head, zlib.compress(text))
    return found


def _by_url(kept: Iterable[_Kept], kinds: Sequence[str]) -> dict[tuple[str, str], bytes]:
    """Of several under one URL the newest that is not retired; as many as there is room for."""
    found: dict[tuple[str, str], _Kept] = {}
    for kind, one in zip(kinds, kept, strict=True):
        key = (kind, one.head.url)
        if key not in found or newness(to_builtins(one.head)) >= newness(to_builtins(found[key].head)):
            found[key] = one
    listed, room = {}, MOST_KEPT
    for key, one in found.items():
        room -= len(one.packed)
        if room < 0:
            log.warning("definitions left out", most_bytes=MOST_KEPT)
            break
        listed[key] = one.packed
    return listed
