"""Which of many resources are there already, in one round trip."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from saman.model.fhir import resource_number
from saman.record.audit import Entry, readings
from saman.record.door import Door
from saman.record.search.statement import many_statement
from saman.record.stored import Stored, stored
from saman.record.traffic import shown


async def present(door: Door, keys: Iterable[tuple[str, str]]) -> dict[str, Stored]:
    """The current versions among the resources named by type and id, by `Type/id`, as far as the context sees them.

    The log says what was looked at, an entry for each person.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    types, ids = [resource_number(kind) for kind, _ in wanted], [id for _, id in wanted]
    shards = [door.store.mint.shard(id) for id in ids]
    rows = await door.fetch(many_statement(door.store.fence), shards, types, ids)
    await door.log(*map(_plain, readings(Entry(door.context, "R", types[0]), rows)))
    found = map(stored, shown(rows))
    return {one.reference: one for one in found}


def _plain(entry: Entry) -> Entry:
    """One resource alone is named as in any read."""
    kind, id, version = entry.read[0].split("/")
    number = resource_number(kind)
    if len(entry.read) > 1:
        return msgspec.structs.replace(entry, type=number)
    return msgspec.structs.replace(entry, type=number, id=id, version=int(version), read=())
