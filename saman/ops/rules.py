"""Who may see whom follows from the rules in force: it is worked out anew when these have changed."""

from __future__ import annotations

from saman.model.access import digest
from saman.record import Store
from saman.record.grants import work_out_anew
from saman.record.once import done_names, keep_done

GRANTS = "grants"
"""Kept with a number and a digest of the rules, each time that grants have been worked out by other rules."""


async def followed_by(store: Store) -> bool:
    """Whether grants were worked out by the rules of the store the last time."""
    before = await _before(store)
    return bool(before) and before[-1].endswith(digest(store.policy))


async def rules_followed(store: Store) -> int:
    """Work out anew who may see whom, by the rules of the store; says for how many people."""
    persons = await work_out_anew(store.pool, store.policy)
    before = await _before(store)
    if not before or not before[-1].endswith(digest(store.policy)):
        await keep_done(store, f"{GRANTS} {len(before):06} {digest(store.policy)}")
    return persons


async def _before(store: Store) -> list[str]:
    return sorted(name for name in await done_names(store) if name.startswith(f"{GRANTS} "))
