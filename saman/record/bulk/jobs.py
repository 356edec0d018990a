"""Jobs that outlive a request: begun by a client, taken by a worker for a while, and gone when their time is over.

A worker that is killed leaves its job, which another takes once the first can't be at it any more; each has files of
its own, so that one that comes back to life spoils nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.bulk.asked import File
from saman.record.context import Context
from saman.record.database import Connection, Pool

LASTS = timedelta(hours=24)
"""For how long an export that is not done is carried on."""
KEPT = timedelta(hours=6)
"""For how long its files can be fetched."""
MOST_AT_ONCE = 2
"""Jobs of one client under way at the same time."""
MOST_KEPT = 10
"""Jobs of one client whose files are there."""
HELD = "interval '60 seconds'"

_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('bulk ' || $1, 0))"
_COUNT = "SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FROM bulk WHERE owner = $1 AND until > $2"
_BEGIN = """INSERT INTO bulk (id, kind, owner, client, context, asked, begun, barrier, state, files, until)
VALUES ($1, $2, $3, $4, $5, $6, $7, pg_snapshot_xmax(pg_current_snapshot())::text::bigint, 'waiting', $8, $9)"""
_COLUMNS = "id, kind, owner, client, context, asked, begun, state, why, attempt, place, done, files, until"
_FIND = f"SELECT {_COLUMNS} FROM bulk WHERE id = $1 AND owner = $2 AND kind = $3 AND until > $4"
_END = "DELETE FROM bulk WHERE id = $1 AND owner = $2 AND kind = $3 RETURNING id"
_TAKE = f"""UPDATE bulk SET attempt = attempt + 1, held = now() + {HELD} WHERE id = (
    SELECT id FROM bulk WHERE state = 'waiting' AND until > $1 AND (held IS NULL OR held < now())
      AND barrier <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    ORDER BY begun LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING {_COLUMNS}"""
_ADVANCE = f"""UPDATE bulk SET place = $3, done = $4, files = $5, held = now() + {HELD}
WHERE id = $1 AND attempt = $2 AND state = 'waiting' RETURNING id"""
_FINISH = """UPDATE bulk SET state = $3, why = $4, held = NULL, until = $5, done = $6, files = $7
WHERE id = $1 AND attempt = $2 AND state = 'waiting' RETURNING id"""
_LEAVE = "UPDATE bulk SET held = NULL WHERE id = $1 AND attempt = $2 AND state = 'waiting'"
_OVER = "DELETE FROM bulk WHERE until <= $1 RETURNING id"
_KNOWN = "SELECT id FROM bulk"


Prepare = Callable[[str], Awaitable[None]]
"""What is done with the id of a job before it can be taken."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One job: `asked` and `context` as JSON, `place` how far it is, `done` how many resources, `why` it failed."""

    id: str
    kind: str
    owner: str
    client: str
    context: str
    asked: str
    begun: datetime
    state: str
    why: str
    attempt: int
    place: str
    done: int
    files: tuple[File, ...]
    until: datetime


class Jobs:
    """The jobs of an installation."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begin(
        self, kind: str, owner: str, client: str, context: Context, asked: bytes, prepare: Prepare | None = None
    ) -> str | Refusal:
        """The id of a new job; refused when its owner has too many. No worker takes it before `prepare` is done."""
        id, now = secrets.token_urlsafe(24), context.now
        told = msgspec.json.encode(context).decode()
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_ALONE, owner)
            [(waiting, kept)] = await connection.fetch(_COUNT, owner, now)
            if waiting >= MOST_AT_ONCE or kept >= MOST_KEPT:
                return _too_many(waiting >= MOST_AT_ONCE)
            values = (id, kind, owner, client, told, asked.decode(), now, "[]", now + LASTS)
            await connection.execute(_BEGIN, *values)
            if prepare is not None:
                await prepare(id)
        return id

    async def find(self, id: str, owner: str, kind: str, now: datetime) -> Job | None:
        """A job of this owner, None when there is none or its time is over."""
        row = await self._pool.fetchrow(_FIND, id, owner, kind, now)
        return None if row is None else _job(row)

    async def end(self, id: str, owner: str, kind: str) -> bool:
        """Take a job back; False when there was none."""
        return await self._pool.fetchval(_END, id, owner, kind) is not None

    async def take(self, now: datetime) -> Job | None:
        """The job that has waited longest and that nobody is at, for this worker alone as long as it goes on with it.

        Not before everything has ended that was being written when it was asked for.
        """
        row = await self._pool.fetchrow(_TAKE, now)
        return None if row is None else _job(row)

    async def advance(self, job: Job, connection: Connection | None = None) -> bool:
        """Keep how far a job is; False when it was taken back, or another worker is at it."""
        source = connection or self._pool
        values = (job.id, job.attempt, job.place, job.done, _written(job.files))
        return await source.fetchval(_ADVANCE, *values) is not None

    async def finish(self, job: Job, now: datetime, why: str = "", connection: Connection | None = None) -> bool:
        """End the work on a job, with the reason if it failed; its files can be fetched from now on."""
        values = ("failed" if why else "done", why, now + KEPT, job.done, _written(job.files))
        source = connection or self._pool
        return await source.fetchval(_FINISH, job.id, job.attempt, *values) is not None

    async def leave(self, job: Job) -> None:
        """Let another worker go on with a job at once."""
        await self._pool.execute(_LEAVE, job.id, job.attempt)

    async def sweep(self, now: datetime) -> tuple[frozenset[str], frozenset[str]]:
        """Forget what is over; the ids of those jobs, and of all that are left."""
        over = await self._pool.fetch(_OVER, now)
        left = await self._pool.fetch(_KNOWN)
        return frozenset(row["id"] for row in over), frozenset(row["id"] for row in left)


def _written(files: Sequence[File]) -> str:
    return msgspec.json.encode(files).decode()


def _job(row: Any) -> Job:
    columns: dict[str, Any] = dict(row)
    columns["files"] = msgspec.json.decode(row["files"], type=tuple[File, ...])
    return Job(**columns)


def _too_many(waiting: bool) -> Refusal:
    text = f"At most {MOST_AT_ONCE} exports or imports of one client go on at the same time. Wait until one is done."
    if not waiting:
        text = f"At most {MOST_KEPT} exports and imports of one client are kept. Delete what has been fetched."
    return refused(Kind.TOO_MANY, "throttled", text, key="bulk.many", seconds="120")
