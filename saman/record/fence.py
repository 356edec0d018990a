"""The first fence: every statement carries who asks, and every row it touches is held against that context's grants.

The second fence is PostgreSQL's row-level security, which reads the same setting. Both are set here and nowhere else.
The common table expression is forced by a filter that is evaluated before any row is read (a test looks for it in
the plan), so that one round trip both sets the context and asks; should it ever not be, nothing is shown.
"""

from __future__ import annotations

from typing import Any

from saman.record.context import Context
from saman.record.database import Connection

Params = list[Any]

_GATE = """WITH context AS MATERIALIZED (
    SELECT set_config('saman.context', $1::text, true) AS number, set_config('saman.at', $2::text, true) AS at
)
"""

GATED = "(SELECT number FROM context) IS NOT NULL"
"""The condition that every statement under `gate` carries."""


def gate(select: str) -> str:
    """`select` with the context set before it; $1 and $2 are the context's, its own parameters start at $3."""
    return _GATE + select


def opening(context: Context) -> Params:
    """The values of $1 and $2."""
    return [str(context.number), context.now.isoformat()]


async def enter(connection: Connection, context: Context) -> None:
    """Set the context for the rest of an open transaction of several statements."""
    await connection.execute(
        "SELECT set_config('saman.context', $1, true), set_config('saman.at', $2, true)", *opening(context)
    )


class Fence:
    """Makes the predicate for an alias of a fenced table. `on=False` exists to prove that the second fence holds."""

    def __init__(self, *, on: bool = True) -> None:
        self.is_on = on

    def join(self, alias: str) -> str:
        """A lateral join that finds the grant behind a row: the resource it rests on is `seen.ground`."""
        return f"""LEFT JOIN LATERAL (
            SELECT g.ground FROM grants g
            WHERE g.context = $1::text::bigint AND g.person = {alias}.person AND g.domain = {alias}.domain
              AND g.since <= $2::text::timestamptz AND g.until > $2::text::timestamptz
            ORDER BY g.since LIMIT 1
        ) AS seen ON true"""

    def holds(self, alias: str) -> str:
        """The condition beside `join`: the system, a resource about nobody, or a grant."""
        if not self.is_on:
            return "true"
        return f"($1::text = '0' OR {alias}.domain = 0 OR seen.ground IS NOT NULL)"

    def exists(self, alias: str) -> str:
        """The same as one condition, where nobody asks for the ground."""
        if not self.is_on:
            return "true"
        return f"""($1::text = '0' OR {alias}.domain = 0 OR EXISTS (
            SELECT FROM grants g
            WHERE g.context = $1::text::bigint AND g.person = {alias}.person AND g.domain = {alias}.domain
              AND g.since <= $2::text::timestamptz AND g.until > $2::text::timestamptz OFFSET 0))"""
