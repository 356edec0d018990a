"""From a query to one statement that walks an index in the order that was asked for.

Most searches are about one person or one value, newest first. Their index tables hold person and time in the keys,
so that the statement reads as many rows as it shows (budgets in tests/record/test_query_plans.py).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from saman.kernel.outcome import Refusal
from saman.model.fhir import CLINICAL_TIMES, EARLIEST, LATEST, SearchParameter, resource_number, search_parameters
from saman.record.cursor import Place
from saman.record.fence import GATED, Fence, gate
from saman.record.rows import numbers
from saman.record.search.clauses import TABLE, condition, point_condition
from saman.record.search.query import Clause, Query, Within, unescape
from saman.record.search.ways import RESOURCES, Finder, Frame, Window, located, persons_of

COLUMNS = "r.type, r.id, r.version, r.updated, r.person, r.meta, r.body, r.deleted, r.shard, r.away"
_OWN = "x.shard = r.shard AND x.type = r.type AND x.id = r.id"


class Statement(msgspec.Struct, frozen=True):
    """SQL whose $1 and $2 are the context's; `values` start at $3. A row's `place_moment` or `place_text` orders it."""

    sql: str
    values: tuple[Any, ...]


class _Builder:
    def __init__(self, query: Query, frame: Frame) -> None:
        self.query = query
        self.frame = frame
        self.values: list[Any] = []
        self.type = resource_number(query.type)

    def bind(self, value: Any, kind: str) -> str:
        self.values.append(value)
        return f"${len(self.values) + 2}::{kind}"

    def plan(
        self, window: Callable[[], Window] | None = None, *, each: bool = False
    ) -> tuple[str, list[str], str] | Refusal:
        """FROM with the fence, the conditions, and the alias whose person and time order the rows."""
        cut = None if self.query.within else window
        way = Finder(self.query, self.frame, self.bind).way(by_time=self.by_time, window=cut, each=each)
        if isinstance(way, Refusal):
            return way
        wheres = [GATED, "NOT r.deleted", *way.wheres]
        for clause in way.left:
            part = self._clause(clause)
            if isinstance(part, Refusal):
                return part
            wheres.append(part)
        ways = [self._within(one) for one in self.query.within]
        refusal = next((each for each in ways if isinstance(each, Refusal)), None)
        if refusal is not None:
            return refusal
        if ways:
            wheres.append(f"({' OR '.join(map(str, ways))})")
        fence = self.frame.fence
        joined = f"{way.source} {fence.join('r', 'd' if way.table == 'reference' else '')}"
        if way.table == "reference":
            wheres.append(fence.leads("d"))
        return joined, [*wheres, fence.holds("r")], way.alias

    def _within(self, one: Within) -> str | Refusal:
        """What the scopes of an app ask of a row; what is about nobody is not about somebody else."""
        parts: list[str] = []
        if one.person is not None:
            parts.append(f"(r.person = {self.bind(one.person, 'text')} OR r.person IS NULL AND r.domain = 0)")
        for clause in one.clauses:
            part = self._clause(clause)
            if isinstance(part, Refusal):
                return part
            parts.append(part)
        return f"({' AND '.join(parts)})"

    def window(self, place: Place | None) -> Window:
        """The page's stretch of time."""
        way = "DESC" if self.query.descending else "ASC"
        return Window(
            self.beyond(place, "y.at", "y.id") if place else "",
            f"ORDER BY y.at {way}, y.id {way} LIMIT {self.query.count + 1}",
        )

    def beyond(self, place: Place, order: str, id: str) -> str:
        """The condition of what comes after `place`."""
        moment = self.bind(place.moment, "timestamptz") if place.text is None else self.bind(place.text, "text")
        return f"({order}, {id}) {'<' if self.query.descending else '>'} ({moment}, {self.bind(place.id, 'text')})"

    @property
    def by_time(self) -> bool:
        """Whether the order is that of the clinical time, which the indexes hold."""
        return not self.query.sort or self.query.sort == main_date(self.query.type)

    def _clause(self, clause: Clause) -> str | Refusal:
        code = clause.parameter.code
        if code == "_id":
            ids = self.bind([unescape(v) for v in clause.values], "text[]")
            return f"r.id = ANY({ids})"
        if code == "_lastUpdated":
            parts = [point_condition(v, "r.updated", self.bind, self.frame.now) for v in clause.values]
            refusal = next((part for part in parts if isinstance(part, Refusal)), None)
            return refusal or f"({' OR '.join(str(part) for part in parts)})"
        among = ", ".join(map(str, numbers(self.query.type, code)))
        table = TABLE[clause.parameter.type]
        own = f"SELECT FROM {table} x WHERE {_OWN} AND x.param IN ({among})"
        if table == "reference":
            own += f" AND {self.frame.fence.points('x')}"
        if clause.modifier == "missing":
            return f"{'NOT ' if clause.negative else ''}EXISTS ({own})"
        match = condition(clause, "x", self.bind, self.frame.now, self.frame.base)
        if isinstance(match, Refusal):
            return match
        return f"{'NOT ' if clause.negative else ''}EXISTS ({own} AND {match})"

    def order(self, alias: str) -> tuple[str, str]:
        """The expression that orders the rows, and the SQL type of its value."""
        if self.by_time:
            return f"{alias}.at", "timestamptz"
        if self.query.sort == "_lastUpdated":
            return "r.updated", "timestamptz"
        parameter = self.parameter(self.query.sort)
        if parameter.code == "_id":
            return "r.id", "text"
        column = {"date": "low", "string": "folded"}.get(parameter.type, "code")
        if self.query.descending:
            column = {"low": "high"}.get(column, column)
        pick = "max" if self.query.descending else "min"
        among = ", ".join(map(str, numbers(self.query.type, parameter.code)))
        table = TABLE[parameter.type]
        value = f"(SELECT {pick}(x.{column}) FROM {table} x WHERE {_OWN} AND x.param IN ({among}))"
        if parameter.type == "date":
            end = EARLIEST if self.query.descending else LATEST
            return f"coalesce({value}, '{end.isoformat()}'::timestamptz)", "timestamptz"
        return f"coalesce({value}, '{'' if self.query.descending else chr(0x10FFFF)}')", "text"

    def parameter(self, code: str) -> SearchParameter:
        return search_parameters(self.query.type)[code]


@cache
def main_date(type_name: str) -> str:
    """The date parameter that sorts like a resource's clinical time, empty when there is none."""
    elements = CLINICAL_TIMES.get(type_name, ())
    told = f"{type_name}.{elements[0].removesuffix('[x]')}" if elements else " "
    dates = (one for one in search_parameters(type_name).values() if one.type == "date")
    return next((one.code for one in dates if told in one.expression), "")


def asked_persons(query: Query) -> list[str]:
    """The people a search asks about by name, whether or not anything is found."""
    asked = [person for clause in query.clauses for person in persons_of(query.type, clause)]
    if query.type == "Patient":
        asked += [
            unescape(value) for clause in query.clauses if clause.parameter.code == "_id" for value in clause.values
        ]
    return asked


def search_statement(query: Query, frame: Frame, place: Place | None) -> Statement | Refusal:
    """The statement for one page, one row longer than the page so that the next one is known."""
    builder = _Builder(query, frame)
    planned = builder.plan((lambda: builder.window(place)) if builder.by_time else None)
    if isinstance(planned, Refusal):
        return planned
    source, wheres, alias = planned
    order, kind = builder.order(alias)
    column = "place_moment" if kind == "timestamptz" else "place_text"
    way = "DESC" if query.descending else "ASC"
    if place is not None:
        wheres.append(builder.beyond(place, order, f"{alias}.id"))
    sql = gate(f"""SELECT DISTINCT ON ({order}, {alias}.id) {COLUMNS}, seen.ground, seen.fenced, {order} AS {column}
        FROM {source} WHERE {" AND ".join(wheres)}
        ORDER BY {order} {way}, {alias}.id {way} LIMIT {query.count + 1}""")
    return Statement(sql, tuple(builder.values))


def newest_statement(query: Query, frame: Frame, since: datetime) -> Statement | Refusal:
    """The statement for the newest of each person and value, `query.count` of each, none from before `since`."""
    builder = _Builder(query, frame)

    def window() -> Window:
        beyond = f"y.at >= {builder.bind(since, 'timestamptz')}"
        return Window(beyond, f"ORDER BY y.at DESC, y.id DESC LIMIT {query.count}")

    planned = builder.plan(window, each=True)
    if isinstance(planned, Refusal):
        return planned
    source, wheres, alias = planned
    sql = gate(f"""SELECT DISTINCT ON ({alias}.at, {alias}.id) {COLUMNS}, seen.ground, seen.fenced
        FROM {source} WHERE {" AND ".join(wheres)}
        ORDER BY {alias}.at DESC, {alias}.id DESC""")
    return Statement(sql, tuple(builder.values))


def total_statement(query: Query, frame: Frame) -> Statement | Refusal:
    """The statement that counts all matches."""
    builder = _Builder(query, frame)
    planned = builder.plan()
    if isinstance(planned, Refusal):
        return planned
    source, wheres, alias = planned
    sql = gate(f"SELECT count(DISTINCT {alias}.id) FROM {source} WHERE {' AND '.join(wheres)}")
    return Statement(sql, tuple(builder.values))


@cache
def include_statement(fence: Fence) -> str:
    """Targets of parameter $6 from resources with shards $3, types $4, ids $5; of target type $7 when given."""
    return gate(f"""SELECT DISTINCT x.target_type, x.target
        FROM unnest($3::smallint[], $4::smallint[], $5::text[]) AS k(s, t, d)
        CROSS JOIN LATERAL (
            SELECT y.* FROM reference y WHERE y.shard = s AND y.type = t AND y.id = d AND y.param = $6 OFFSET 0
        ) AS x
        WHERE {GATED} AND x.target_type IS NOT NULL
          AND ($7::smallint IS NULL OR x.target_type = $7) AND {fence.exists("x", "reference")}""")


@cache
def many_statement(fence: Fence) -> str:
    """Resources by shards $3 (null: look it up), types $4, ids $5."""
    keys = located("SELECT * FROM unnest($3::smallint[], $4::smallint[], $5::text[])")
    return gate(f"""SELECT {COLUMNS}, seen.ground, seen.fenced FROM ({keys}) AS k(s, t, d) {RESOURCES} {fence.join("r")}
        WHERE {GATED} AND NOT r.deleted AND {fence.holds("r")}""")
