"""What a document is put together from: resources by their places, as far as the caller may see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import resource_number
from saman.model.fhir.document import Place, needed
from saman.record.audit import Entry, readings
from saman.record.audit_events.found import BOOKS
from saman.record.door import Door
from saman.record.limits import hurried
from saman.record.outage import or_refusal
from saman.record.search.including import many
from saman.record.stored import Stored, stored
from saman.record.traffic import shown

MOST = 1000
"""Resources of one document."""
MOST_ROUNDS = 4
"""How often what was found is asked for its own parts."""


@or_refusal
@hurried(lambda door, places, query, type_name: [Entry(door.context, "S", resource_number(type_name), query=query)])
async def placed(door: Door, places: Iterable[Place], query: str, type_name: str) -> tuple[Stored, ...] | Refusal:
    """Those of `places` that the caller may see, in the order asked for; `query`, asked of a type, is for the log.

    What is hidden, gone, or left out by the scopes of an app is not there.
    """
    keys = [(resource_number(kind), id) for kind, id in dict.fromkeys(places) if kind not in BOOKS]
    if not keys:
        return ()
    found = {(row["type"], row["id"]): row for row in await many(door, keys)}
    rows = [found[key] for key in keys if key in found]
    await door.log(*readings(Entry(door.context, "S", resource_number(type_name), query=query), shown(rows)))
    return tuple(map(stored, rows))


async def content(door: Door, roots: Sequence[Stored], first: Iterable[Place], query: str) -> list[Stored] | Refusal:
    """What a document needs beyond `roots`: `first`, then the parts of all that was found; refused when too much."""
    met, found = {(one.type, one.id) for one in roots}, list[Stored]()
    waiting = [place for place in dict.fromkeys(first) if place not in met]
    for _ in range(MOST_ROUNDS):
        if len(met) + len(waiting) > MOST:
            text = f"A document holds at most {MOST} resources."
            return refused(Kind.TOO_COSTLY, "too-costly", text)
        new = await placed(door, waiting, query, roots[0].type)
        if isinstance(new, Refusal):
            return new
        met.update(waiting)
        found += new
        parts = dict.fromkeys(place for one in new for place in needed(one.resource(), door.base))
        waiting = [place for place in parts if place not in met]
        if not waiting:
            break
    return found
