"""The first fence: every statement carries who asks, and every row it touches is held against that context's grants.

The second fence is PostgreSQL's row-level security, which reads the same setting. Both are set here and nowhere else.
The common table expression is forced by a filter that is evaluated before any row is read (a test looks for it in
the plan), so that one round trip both sets the context and asks; should it ever not be, nothing is shown.
"""

from __future__ import annotations

from typing import Any

from saman.model.fhir import resource_number
from saman.record.context import Context
from saman.record.database import Connection

Params = list[Any]

_GATE = """WITH context AS MATERIALIZED (
    SELECT set_config('saman.context', $1::text, true) AS number, $1::text::bigint AS key,
        set_config('saman.at', split_part($2::text, ' ', 1), true)::timestamptz AS at,
        set_config('saman.actor', split_part($2::text, ' ', 2), true) AS actor
)
"""

NUMBER = "(SELECT key FROM context)"
"""The number of the context, in a statement under `gate`; asked so, it is worked out once and not for each row."""

AT = "(SELECT at FROM context)"
"""The time of the request."""

ACTOR = "(SELECT actor FROM context)"
"""Who acts."""

GATED = "(SELECT number FROM context) IS NOT NULL"
"""The condition that every statement under `gate` carries."""


VALUED = frozenset({"token", "string", "date", "reference", "quantity"})
"""The tables of search values, in which a person is a number."""


def gate(select: str) -> str:
    """`select` with the context set before it; $1 and $2 are the context's, its own parameters start at $3."""
    return _GATE + select


def opening(context: Context) -> Params:
    """The values of $1 and $2: the context's number; when it asks and who acts, for restrictions that name somebody."""
    return [str(context.number), f"{context.now.isoformat()} {context.actor}"]


async def enter(connection: Connection, context: Context) -> None:
    """Set the context for the rest of an open transaction of several statements."""
    await connection.execute(gate(f"SELECT {GATED}"), *opening(context))


class Fence:
    """Makes the predicate for an alias of a fenced table. `on=False` exists to prove that the second fence holds."""

    def __init__(self, *, on: bool = True) -> None:
        self.is_on = on

    def join(self, alias: str, pointing: str = "") -> str:
        """A lateral join that finds the grant behind a row of `resource` or `history`.

        The resource it rests on is `seen.ground`; `seen.fenced` says whether the person has restricted anything for
        this context. `pointing` is a row of `reference` by which it was found.
        """
        return f"""LEFT JOIN LATERAL (
            SELECT g.ground, g.fenced FROM grants g
            WHERE g.context = {NUMBER} AND g.person = {alias}.person AND g.domain = {alias}.domain
              AND g.since <= {AT} AND g.until > {AT} {self._shown(alias, pointing=pointing)}
            ORDER BY g.since LIMIT 1
        ) AS seen ON true"""

    def holds(self, alias: str) -> str:
        """The condition beside `join`: the system, a resource about nobody, or a grant."""
        if not self.is_on:
            return "true"
        return f"($1::text = '0' OR {alias}.domain = 0 OR seen.ground IS NOT NULL)"

    def exists(self, alias: str, table: str = "") -> str:
        """The same as one condition, where nobody asks for the ground; `table`: what it is when not by type and id."""
        if not self.is_on:
            return "true"
        shown = self._shown(alias, table, alias if table == "reference" else "")
        same = "person_key" if table in VALUED else "person"
        leads = f" AND {self.leads(alias)}" if table == "reference" else ""
        return f"""($1::text = '0' OR {alias}.domain = 0 OR EXISTS (
            SELECT FROM grants g
            WHERE g.context = {NUMBER} AND g.{same} = {alias}.{same} AND g.domain = {alias}.domain
              AND g.since <= {AT} AND g.until > {AT} {shown} OFFSET 0)){leads}"""

    def points(self, alias: str) -> str:
        """That a row of `reference` does not point to something withheld; beside `join`."""
        if not self.is_on:
            return "true"
        asked = f"{NUMBER}, {AT}, {ACTOR}, {alias}.shard, {alias}.target_type, {alias}.target"
        own = f"(seen.fenced IS NOT TRUE OR {alias}.target_type IS NULL OR NOT is_withheld({asked}))"
        return f"{own} AND {self.leads(alias)}"

    def leads(self, alias: str) -> str:
        """That a row of `reference` does not lead to what is somebody else's, and withheld."""
        if not self.is_on:
            return "true"
        asked = f"{NUMBER}, {AT}, {ACTOR}, {alias}.target_shard, {alias}.target_type, {alias}.target"
        return f"({alias}.target_shard IS NULL OR $1::text = '0' OR NOT is_withheld_away({asked}))"

    def _shown(self, alias: str, table: str = "", pointing: str = "") -> str:
        """That nothing the person has restricted withholds the row: asked only where a grant says that there is any."""
        if not self.is_on:
            return ""
        kind = f"{resource_number('Task')}::smallint" if table == "work" else f"{alias}.type"
        asked, target = f"{NUMBER}, {AT}, {ACTOR}", ""
        if pointing:
            withheld = f"is_withheld({asked}, {pointing}.shard, {pointing}.target_type, {pointing}.target)"
            target = f" AND ({pointing}.target_type IS NULL OR NOT {withheld})"
        return f"AND (NOT g.fenced OR NOT is_withheld({asked}, {alias}.shard, {kind}, {alias}.id){target})"
