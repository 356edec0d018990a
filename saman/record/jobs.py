"""How the worker's jobs stand: counts by name and state, without a word of what they are about."""

from __future__ import annotations

import msgspec

from saman.record.database import Pool

_STATES = """SELECT task_name, status::text, count(*) FROM procrastinate_jobs
WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2 ORDER BY 1, 2"""

_OLDEST = """SELECT coalesce(extract(epoch FROM now() - min(coalesce(j.scheduled_at, e.at))), 0)::float8
FROM procrastinate_jobs j
LEFT JOIN LATERAL (SELECT min(at) AS at FROM procrastinate_events WHERE job_id = j.id) e ON true
WHERE j.status = 'todo' AND coalesce(j.scheduled_at, e.at) <= now()"""


class Jobs(msgspec.Struct, frozen=True):
    """Jobs by name and state (`todo`, `doing`, `failed`), and for how many seconds the oldest due one has waited."""

    counts: dict[tuple[str, str], int]
    oldest: float


async def jobs_now(pool: Pool) -> Jobs:
    """The jobs as they stand."""
    counts = {(name, state): many for name, state, many in await pool.fetch(_STATES)}
    return Jobs(counts, await pool.fetchval(_OLDEST))
