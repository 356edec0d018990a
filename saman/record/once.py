"""What was done once for all in this database: the names that `process(…, once=name)` has kept."""

from __future__ import annotations

from saman.record.store import Store

_KEEP = "INSERT INTO done (name) VALUES ($1) ON CONFLICT DO NOTHING"


async def done_names(store: Store) -> frozenset[str]:
    """Every name."""
    return frozenset(row["name"] for row in await store.pool.fetch("SELECT name FROM done"))


async def keep_done(store: Store, name: str) -> None:
    """Keep a name for something that consists of several transactions, when the last has been made."""
    await store.pool.execute(_KEEP, name)
