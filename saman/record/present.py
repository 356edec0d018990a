"""Which of many resources are there already, in one round trip."""

from __future__ import annotations

from collections.abc import Iterable

from saman.model.fhir import resource_number
from saman.record.audit import Entry
from saman.record.door import Door
from saman.record.search.statement import many_statement
from saman.record.stored import Stored, stored


async def present(door: Door, keys: Iterable[tuple[str, str]]) -> dict[str, Stored]:
    """The current versions among the resources named by type and id, by `Type/id`, as far as the context sees them.

    The log says whose data were looked at, an entry for each person.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    types, ids = [resource_number(kind) for kind, _ in wanted], [id for _, id in wanted]
    shards = [door.store.mint.shard(id) for id in ids]
    rows = await door.fetch(many_statement(door.store.fence), shards, types, ids)
    about = {row["person"]: row for row in rows}
    await door.log(
        *(Entry(door.context, "R", row["type"], row["id"], None, person, ground=row["ground"] or "")
          for person, row in about.items())
    )  # fmt: skip
    found = map(stored, rows)
    return {one.reference: one for one in found}
