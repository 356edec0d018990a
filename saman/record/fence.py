"""The first fence: every statement carries who asks, and every row it touches is held against that context's grants.

The second fence is PostgreSQL's row-level security, which reads the same setting. Both are set here and nowhere else.
The common table expression is forced by a filter that is evaluated before any row is read (a test looks for it in
the plan), so that one round trip both sets the context and asks; should it ever not be, nothing is shown.

Whom a statement is mostly about may be said with it: then both fences ask once what the context may see of that person,
and not for each row. It is a hint that opens nothing: every row is held against the grants of its own person.
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
        set_config('saman.actor', split_part($2::text, ' ', 2), true) AS actor,
        set_config('saman.person', split_part($2::text, ' ', 3), true) AS person
), opened AS MATERIALIZED (
    SELECT g.person, g.domain, g.ground, g.fenced FROM grants g
    WHERE g.context = (SELECT key FROM context)
      AND g.person_key = hashtextextended((SELECT person FROM context), 0)
      AND g.since <= (SELECT at FROM context) AND g.until > (SELECT at FROM context)
    ORDER BY g.since, g.ctid
)
"""
"""`opened` is what the context may see of the person who is said, the oldest grant first. Of grants that are as old as
each other the first is the one that an index gives first, so that what is asked with and without whom says one ground.
"""

NUMBER = "(SELECT key FROM context)"
"""The number of the context, in a statement under `gate`; asked so, it is worked out once and not for each row."""

AT = "(SELECT at FROM context)"
"""The time of the request."""

ACTOR = "(SELECT actor FROM context)"
"""Who acts."""

_ASKER = "$1::text::bigint, split_part($2::text, ' ', 1)::timestamptz, split_part($2::text, ' ', 2)"
"""The three for a function that few rows are asked by; what is worked out once is made ready for every statement."""

GATED = "(SELECT number FROM context) IS NOT NULL"
"""The condition that every statement under `gate` carries."""


VALUED = frozenset({"token", "string", "date", "reference", "quantity"})
"""The tables of search values, in which a person is a number."""


def gate(select: str) -> str:
    """`select` with the context set before it; $1 and $2 are the context's, its own parameters start at $3."""
    return _GATE + select


def opening(context: Context, whom: str = "") -> Params:
    """The values of $1 and $2: the context's number; when it asks and who acts, for restrictions that name somebody.

    `whom` is the person whom most of what is asked for is about.
    """
    return [str(context.number), f"{context.now.isoformat()} {context.actor} {whom}"]


async def enter(connection: Connection, context: Context) -> None:
    """Set the context for the rest of an open transaction of several statements."""
    await connection.execute(gate(f"SELECT {GATED}"), *opening(context))


class Fence:
    """Makes the predicate for an alias of a fenced table. `on=False` exists to prove that the second fence holds."""

    def __init__(self, *, on: bool = True) -> None:
        self.is_on = on

    def join(self, alias: str, pointing: str = "", *, whom: bool = False) -> str:
        """A lateral join that finds the grant behind a row of `resource` or `history`.

        The resource it rests on is `seen.ground`; `seen.fenced` says whether the person has restricted anything for
        this context. `pointing` is a row of `reference` by which it was found. `whom`: the statement is asked with
        whom it is mostly about.
        """
        shown = self._shown(alias, pointing=pointing)
        look = f"""SELECT g.ground, g.fenced FROM grants g
            WHERE g.context = {NUMBER} AND g.person = {alias}.person AND g.domain = {alias}.domain
              AND g.since <= {AT} AND g.until > {AT} {shown}
            ORDER BY g.since LIMIT 1"""
        if whom:
            look = f"""({_among_opened(alias, shown)} LIMIT 1) UNION ALL ({look}) LIMIT 1"""
        return f"LEFT JOIN LATERAL ({look}) AS seen ON true"

    def holds(self, alias: str) -> str:
        """The condition beside `join`: the system, a resource about nobody, or a grant."""
        if not self.is_on:
            return "true"
        return f"($1::text = '0' OR {alias}.domain = 0 OR seen.ground IS NOT NULL)"

    def exists(self, alias: str, table: str = "", *, whom: bool = False) -> str:
        """The same as one condition, where nobody asks for the ground; `table`: what it is when not by type and id."""
        if not self.is_on:
            return "true"
        shown = self._shown(alias, table, alias if table == "reference" else "")
        same = "person_key" if table in VALUED else "person"
        leads = f" AND {self.leads(alias)}" if table == "reference" else ""
        opened = f"EXISTS ({_among_opened(alias, shown)} OFFSET 0) OR " if whom else ""
        return f"""($1::text = '0' OR {alias}.domain = 0 OR {opened}EXISTS (
            SELECT FROM grants g
            WHERE g.context = {NUMBER} AND g.{same} = {alias}.{same} AND g.domain = {alias}.domain
              AND g.since <= {AT} AND g.until > {AT} {shown} OFFSET 0)){leads}"""

    def points(self, alias: str) -> str:
        """That a row of `reference` does not point to something withheld; beside `join`."""
        if not self.is_on:
            return "true"
        asked = f"{_ASKER}, {alias}.shard, {alias}.target_type, {alias}.target"
        own = f"(seen.fenced IS NOT TRUE OR {alias}.target_type IS NULL OR NOT is_withheld({asked}))"
        return f"{own} AND {self.leads(alias)}"

    def leads(self, alias: str) -> str:
        """That a row of `reference` does not lead to what is somebody else's, and withheld."""
        if not self.is_on:
            return "true"
        asked = f"{_ASKER}, {alias}.target_shard, {alias}.target_type, {alias}.target"
        return f"({alias}.target_shard IS NULL OR $1::text = '0' OR NOT is_withheld_away({asked}))"

    def _shown(self, alias: str, table: str = "", pointing: str = "") -> str:
        """That nothing the person has restricted withholds the row: asked only where a grant says that there is any."""
        if not self.is_on:
            return ""
        kind = f"{resource_number('Task')}::smallint" if table == "work" else f"{alias}.type"
        target = ""
        if pointing:
            withheld = f"is_withheld({_ASKER}, {pointing}.shard, {pointing}.target_type, {pointing}.target)"
            target = f" AND ({pointing}.target_type IS NULL OR NOT {withheld})"
        return f"AND (NOT g.fenced OR NOT is_withheld({_ASKER}, {alias}.shard, {kind}, {alias}.id){target})"


def _among_opened(alias: str, shown: str) -> str:
    """What the context may see of the person who was said with the statement, where that is the person of a row."""
    return f"""SELECT g.ground, g.fenced FROM opened g
        WHERE g.person = {alias}.person AND g.domain = {alias}.domain {shown}"""
