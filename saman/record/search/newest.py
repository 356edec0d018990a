"""The newest of each person, value or code, where a search asks for some of each and not for a page of all."""

from __future__ import annotations

from datetime import datetime

from saman.kernel.outcome import Refusal
from saman.record.fence import GATED, gate
from saman.record.reading import COLUMNS
from saman.record.rows import numbers
from saman.record.search.asked import Query
from saman.record.search.order import OWN
from saman.record.search.statement import Builder, Statement
from saman.record.search.ways import Frame, Window

MOST_RANKED = 20_000


def newest_statement(query: Query, frame: Frame, since: datetime) -> Statement | Refusal:
    """The statement for the newest of each person and value, `query.count` of each, none from before `since`."""
    builder = Builder(query, frame)

    def window() -> Window:
        beyond = f"y.at >= {builder.bind(since, 'timestamptz')}"
        return Window(beyond, "DESC", query.count)

    planned = builder.plan(window, each=True)
    if isinstance(planned, Refusal):
        return planned
    source, wheres, alias = planned
    sql = gate(f"""SELECT DISTINCT ON ({alias}.at, {alias}.id) {COLUMNS}, seen.ground, seen.fenced
        FROM {source} WHERE {" AND ".join(wheres)}
        ORDER BY {alias}.at DESC, {alias}.id DESC""")
    return Statement(sql, tuple(builder.values), builder.whom)


def latest_statement(query: Query, frame: Frame, most: int) -> Statement | Refusal:
    """The statement for the newest of each code among the MOST_RANKED newest matches, at most `most` of each.

    What has several codes is a row for each, and stays with all of them if it is among the newest of one.
    """
    builder = Builder(query, frame)
    planned = builder.plan()
    if isinstance(planned, Refusal):
        return planned
    source, wheres, _ = planned
    among = ", ".join(map(str, numbers(query.type, "code")))
    coded = f"SELECT DISTINCT x.system_key, x.code FROM token x WHERE {GATED} AND {OWN} AND x.param IN ({among})"
    coded += " AND x.code <> ''"
    sql = gate(f"""SELECT * FROM (
        SELECT *, min(place) OVER (PARTITION BY id) AS best FROM (
            SELECT r.*, c.system_key, c.code, row_number() OVER (
                PARTITION BY r.person, c.system_key, c.code ORDER BY r.at DESC, r.id DESC) AS place
            FROM (
                SELECT DISTINCT ON (r.at, r.id) {COLUMNS}, r.at, seen.ground, seen.fenced FROM {source}
                WHERE {" AND ".join(wheres)} ORDER BY r.at DESC, r.id DESC LIMIT {MOST_RANKED}
            ) AS r LEFT JOIN LATERAL ({coded}) AS c ON true
        ) AS placed
    ) AS ranked WHERE best <= {builder.bind(most, "bigint")} ORDER BY at DESC, id DESC""")
    return Statement(sql, tuple(builder.values), builder.whom)
