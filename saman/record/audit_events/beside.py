"""The Provenances of what a search found, for `_revinclude=Provenance:target`."""

from __future__ import annotations

import msgspec

from saman.kernel.outcome import Kind, Refusal
from saman.record.audit_events.found import entries_found
from saman.record.door import Door
from saman.record.search.asked import Query
from saman.record.search.links import MAX_VALUES
from saman.record.search.query import read_query
from saman.record.stored import Page, Stored

MOST = 1000
"""Provenances of as many targets as are asked for at once."""


async def with_provenances(door: Door, query: Query, page: Page | Refusal) -> Page | Refusal:
    """`page` with the Provenances of its matches, as far as the caller may see them, where the search asks for them."""
    if isinstance(page, Refusal) or not query.provenance or not page.matches:
        return page
    beside: list[Stored] = []
    targets = [one.reference for one in page.matches]
    for start in range(0, len(targets), MAX_VALUES):
        some = ",".join(targets[start : start + MAX_VALUES])
        asked = read_query("Provenance", [("target", some)])
        if not isinstance(asked, Refusal):
            asked = msgspec.structs.replace(asked, count=MOST)
        found = asked if isinstance(asked, Refusal) else await entries_found(door, asked)
        if isinstance(found, Refusal) and found.kind is Kind.TOO_COSTLY:
            return found
        beside += [] if isinstance(found, Refusal) else found.matches
    return Page(page.matches, (*page.included, *beside), page.total, page.next)
