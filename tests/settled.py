"""Bulk jobs in tests begin once no transaction is under way, those of other databases of the cluster too."""

from __future__ import annotations

from saman.ops.bulk import Bulk

UNDER_WAY = """SELECT EXISTS (SELECT FROM bulk
    WHERE state = 'waiting' AND barrier > pg_snapshot_xmin(pg_current_snapshot())::text::bigint)"""


class Settled(Bulk):
    """A worker that waits for them, as the real one does from beat to beat."""

    async def once(self) -> bool:
        """Carry out one job that waits; False when there is none."""
        while await self._store.pool.fetchval(UNDER_WAY):
            continue
        return await super().once()
