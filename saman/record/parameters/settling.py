"""What becomes of the search parameters when SearchParameter resources are written, in the same transaction.

Those who write such resources do so one after the other, so that of two that want the same name one gets it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.fhir.own_parameters import Definition, is_official, read_definition
from saman.record.database import Connection
from saman.record.door import Door
from saman.record.parameters.known import LAST, definition_of
from saman.record.rows import Resource, Row
from saman.record.store import Store

TYPE = "SearchParameter"

_ALONE = "SELECT pg_advisory_xact_lock(hashtext('saman parameters'))"
_USED = "SELECT number, source, definition FROM parameter WHERE state IN ('building', 'ready') ORDER BY number"
_NUMBERS = "SELECT last_value FROM parameter_number"
_ADD = "INSERT INTO parameter (source, definition) VALUES ($1, $2)"
_RENAME = "UPDATE parameter SET definition = $2 WHERE number = $1"
_END = """UPDATE parameter SET state = 'removing', barrier = NULL, shard = 0, type = 0, id = '', renewed = 0
WHERE number = $1"""
_CHANGED = "UPDATE parameter_state SET changed = changed + 1, written = changed + 1"

Wished = Mapping[str, Definition | None]
"""What is to be found by from now on, by the id of the resource that says so; None for what is used no longer."""


async def unsearchable(door: Door, rows: Sequence[Row], resources: Sequence[Resource]) -> Refusal | None:
    """Why search parameters cannot be used as they are to be written; nobody else settles any until this has ended."""
    wished: dict[str, Definition | None] = {}
    for row, resource in zip(rows, resources, strict=True):
        if row.type_name == TYPE:
            found = None if row.removed else _defined(resource)
            if isinstance(found, tuple):
                return Refusal(Kind.UNPROCESSABLE, found)
            wished[row.id] = found
    if not wished:
        return None
    assert door.connection is not None
    await door.connection.execute(_ALONE)
    used = {row["source"]: definition_of(row) for row in await door.connection.fetch(_USED)}
    issues = tuple(_conflicts(wished, used, door.store.parameters.most))
    if not issues and await door.connection.fetchval(_NUMBERS) >= LAST:
        text = "All numbers that search parameters can have were given."
        issues = (Issue("too-costly", text, TYPE),)
    return Refusal(Kind.UNPROCESSABLE, issues) if issues else None


def _defined(resource: Resource) -> Definition | tuple[Issue, ...] | None:
    """What is to be found by; nothing by what is not in use, or by what the official parameters find already."""
    if resource["status"] != "active" or is_official(resource):
        return None
    return read_definition(resource)


def _conflicts(wished: Wished, used: dict[str, Definition], most: int) -> Iterable[Issue]:
    taken = {(base, one.code) for id, one in used.items() if id not in wished for base in one.bases}
    count = len(used.keys() - wished.keys())
    for one in filter(None, wished.values()):
        names = {(base, one.code) for base in one.bases}
        count += 1
        if names & taken:
            base, _ = min(names & taken)
            yield Issue("duplicate", f"{base} has another active search parameter of this name.", f"{TYPE}.code")
        if count > most:
            text = f"At most {most} search parameters of one's own are active. Retire one that is not needed."
            yield Issue("too-costly", text, f"{TYPE}.status")
        taken |= names


async def settle(connection: Connection, store: Store, written: Iterable[tuple[str, Resource | None]]) -> None:
    """Let what was written be used from now on, or no longer."""
    used = {row["source"]: row for row in await connection.fetch(_USED)}
    changes = [await _settled(connection, id, resource, used.get(id)) for id, resource in written]
    if any(changes):
        await connection.execute(_CHANGED)
        store.tell_topic_after(connection, store.parameters.topic)


async def _settled(connection: Connection, id: str, resource: Resource | None, there: Any) -> bool:
    """Whether anything has changed by one resource; what means the same as before keeps its number and its values."""
    found = None if resource is None else _defined(resource)
    assert not isinstance(found, tuple)
    text = "" if found is None else msgspec.json.encode(found).decode()
    if there is not None and found is not None and found.means(definition_of(there)):
        await connection.execute(_RENAME, there["number"], text)
        return bool(text != there["definition"])
    if there is not None:
        await connection.execute(_END, there["number"])
    if found is not None:
        await connection.execute(_ADD, id, text)
    return there is not None or found is not None
