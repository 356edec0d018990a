"""What a region works on together, outside any citizen's record: things of some kinds, each a row of versions.

Every version has its author, party, reason and time, and stays as it was written. Who writes says which version they
saw; when another came between, nothing is written and they get that one, to be shown the difference. Who may read or
write what is said by the flows: nothing here is about a citizen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import asyncpg
import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.context import Context
from saman.record.outage import OUTAGES, outage
from saman.record.store import Store

Body = TypeVar("Body", bound=msgspec.Struct)

CHANGED = "workspace.changed"
"""The key of refusals of what was written without having seen the newest version."""
MOST_BYTES = 2_000_000
"""The size of one version, as JSON."""

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_COLUMNS = "kind, id, version, body, is_ended, author, party, reason, at"
_ALL = f"""SELECT DISTINCT ON (id) {_COLUMNS} FROM workspace WHERE kind = $1 ORDER BY id, version DESC"""
_ONE = f"SELECT {_COLUMNS} FROM workspace WHERE kind = $1 AND id = $2 ORDER BY version DESC LIMIT 1"
_PAST = f"SELECT {_COLUMNS} FROM workspace WHERE kind = $1 AND id = $2 ORDER BY version DESC"
_NEWEST = "SELECT coalesce(max(version), 0) FROM workspace WHERE kind = $1 AND id = $2"
_ADD = f"INSERT INTO workspace ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"


class Item(msgspec.Struct, Generic[Body], frozen=True):
    """One version of a thing; `version` counts from 1, `author` is a reference, `party` an organisation's id."""

    id: str
    version: int
    body: Body
    is_ended: bool
    author: str
    party: str
    reason: str
    at: datetime


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written: the next version of a thing after the one its author saw, 0 for a new one."""

    id: str
    seen: int
    body: msgspec.Struct
    reason: str
    is_ended: bool = False


class Workspace(Generic[Body]):
    """The things of one kind, whose bodies are all of one type: `Workspace("meeting", Meeting)`."""

    def __init__(self, kind: str, of: type[Body]) -> None:
        self.kind = kind
        self._decoder = msgspec.json.Decoder(of)

    async def all(self, store: Store) -> list[Item[Body]]:
        """The newest version of each thing, by id."""
        return [self._item(row) for row in await store.statements.fetch(_ALL, self.kind)]

    async def one(self, store: Store, id: str) -> Item[Body] | None:
        """The newest version of a thing."""
        rows = await store.statements.fetch(_ONE, self.kind, id)
        return self._item(rows[0]) if rows else None

    async def past(self, store: Store, id: str) -> list[Item[Body]]:
        """All versions of a thing, the newest first."""
        return [self._item(row) for row in await store.statements.fetch(_PAST, self.kind, id)]

    async def write(self, store: Store, context: Context, draft: Draft) -> Item[Body] | Refusal:
        """Write the next version; refused with `CHANGED` when it is not the newest that was seen."""
        written = await write_all(store, context, [(self, draft)])
        return written if isinstance(written, Refusal) else written[0]

    def _item(self, row: Any) -> Item[Body]:
        body = self._decoder.decode(row["body"])
        told = {name: row[name] for name in Item.__struct_fields__ if name != "body"}
        return Item(**told, body=body)


class _Overtaken(Exception):
    """Another version came between."""


async def write_all(
    store: Store, context: Context, drafts: Sequence[tuple[Workspace[Any], Draft]]
) -> list[Item[Any]] | Refusal:
    """Write the next version of several things, all or none of them."""
    rows: list[tuple[Any, ...]] = []
    for of, draft in drafts:
        row = _row(of.kind, context, draft)
        if isinstance(row, Refusal):
            return row
        rows.append(row)
    try:
        async with store.transaction(context) as connection:
            for kind, id, version, *rest in rows:
                if await connection.fetchval(_NEWEST, kind, id) != version - 1:
                    raise _Overtaken
                await connection.execute(_ADD, kind, id, version, *rest)
    except (asyncpg.UniqueViolationError, _Overtaken):
        return _changed()
    except OUTAGES as error:
        return outage(error)
    names = ("kind", "id", "version", "body", "is_ended", "author", "party", "reason", "at")
    return [of._item(dict(zip(names, row, strict=True))) for (of, _), row in zip(drafts, rows, strict=True)]


def _row(kind: str, context: Context, draft: Draft) -> tuple[Any, ...] | Refusal:
    body = msgspec.json.encode(draft.body).decode()
    if not _ID.fullmatch(draft.id) or len(body.encode()) > MOST_BYTES or "\\u0000" in body:
        return refused(
            Kind.UNPROCESSABLE, "invalid", "This cannot be kept: it is too large, or no text.", draft.id[:64]
        )
    if not draft.reason.strip():
        return refused(Kind.UNPROCESSABLE, "required", "Say why.", "reason", key="workspace.reason")
    reason = draft.reason.strip().replace("\x00", "")
    return (
        kind, draft.id, draft.seen + 1, body, draft.is_ended, context.actor, context.party, reason, context.now,
    )  # fmt: skip


def _changed() -> Refusal:
    text = "Somebody else has changed this meanwhile. Look at what they wrote, and write yours anew."
    return refused(Kind.CONFLICT, "conflict", text, key=CHANGED)
