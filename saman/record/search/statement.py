"""From a query to one statement that walks an index in the order that was asked for.

Most searches are about one person or one value, newest first. Their index tables hold person and time in the keys,
so that the statement reads as many rows as it shows (budgets in tests/record/test_query_plans.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import resource_number, search_parameters
from saman.record.cursor import Place
from saman.record.fence import GATED, Fence, gate
from saman.record.narrowing import let
from saman.record.pointing import PERSONAL
from saman.record.reading import COLUMNS as COLUMNS
from saman.record.rows import numbers, numbers_of, of_reference
from saman.record.search.asked import Clause, Link, Query, Within, parts, unescape
from saman.record.search.clauses import PARTED, TABLE, condition, point_condition, table_of
from saman.record.search.filter.walking import conditions, said
from saman.record.search.order import OWN, Key, beyond, by_time, first_in_time, keys, place_columns, spans
from saman.record.search.ways import ABOUT_SEVERAL, RESOURCES, SUBJECTS, Finder, Frame, Way, Window, located, persons_of
from saman.record.search.words import is_worded

HOME = """CASE WHEN x.target_shard IS NULL THEN x.shard WHEN x.target_shard >= 0 THEN x.target_shard
    ELSE (SELECT l.shard FROM locator l WHERE l.key = x.target_type || '/' || x.target) END"""
"""The shard of what a row `x` of `reference` leads to, where that is about somebody: beside it unless it is marked.

Looked up row by row; turned into one join, a server that cannot skip through an index reads all references first.
"""


class Statement(msgspec.Struct, frozen=True):
    """SQL whose $1 and $2 are the context's; `values` start at $3. A row's `place_moment` or `place_text` orders it.

    `whom` is the person whom all of it is about, if anyone.
    """

    sql: str
    values: tuple[Any, ...]
    whom: str = ""


class Builder:
    """Builds one statement, or with `values` of another a part of that one.

    `of` is an alias there that names a person, `at` one that names a row.
    """

    def __init__(self, query: Query, frame: Frame, values: list[Any] | None = None, of: str = "", at: str = "") -> None:
        self.query = query
        self.frame = frame
        self.values: list[Any] = [] if values is None else values
        self.type = resource_number(query.type)
        self.of = of
        self.at = at
        self.held = set[str]()
        self.whom = ""
        self.is_once = False

    def bind(self, value: Any, kind: str) -> str:
        """The placeholder of a value."""
        self.values.append(value)
        return f"${len(self.values) + 2}::{kind}"

    def plan(
        self, window: Callable[[], Window] | None = None, *, each: bool = False, among: str = ""
    ) -> tuple[str, list[str], str] | Refusal:
        """FROM with the fence, the conditions, and the alias whose person and time order the rows."""
        cut = None if self.query.within or self.query.links or self.query.filters else window
        way = self.finder.way(by_time=by_time(self.query), window=cut, each=each, among=among)
        return way if isinstance(way, Refusal) else self.along(way)

    @property
    def finder(self) -> Finder:
        """What knows the ways to the rows."""
        return Finder(self.query, self.frame, self.bind, self.of, self.at)

    def along(self, way: Way) -> tuple[str, list[str], str] | Refusal:
        """The same when the way has been found."""
        self.held = set(TABLE.values()) if self.at or way.is_short else {"token"} if way.table else set()
        self.whom, self.is_once = way.whom, way.is_once
        wheres = [GATED, "NOT r.deleted", *way.wheres]
        for clause in way.left:
            part = self._clause(clause)
            if isinstance(part, Refusal):
                return part
            wheres.append(part)
        for one in (*self.query.links, *self.query.filters):
            part = said(one, self._said)
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
        joined = f"{way.source} {fence.join('r', 'd' if way.table == 'reference' else '', whom=bool(way.whom))}"
        if way.table == "reference":
            wheres.append(fence.leads("d"))
        return joined, [*wheres, fence.holds("r")], way.alias

    def _said(self, one: Clause | Link) -> str | Refusal:
        return self._clause(one) if isinstance(one, Clause) else self._link(one)

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

    def _link(self, link: Link) -> str | Refusal:
        """That one of the ends is there, and leads here or is led to."""
        parts: list[str] = []
        ends = let(link, self.frame.narrowing)
        if isinstance(ends, Refusal):
            return ends
        for end in ends:
            own = decides(link, end, self.query.type)
            name = f"o{len(self.values)}"
            at = name if not link.back and resource_number(end.type) in PERSONAL else ""
            inner = Builder(end, self.frame, self.values, name if own else "", at)
            part = self._led_to(link, inner) if not link.back else inner.leading(link, self.type)
            if isinstance(part, Refusal):
                return part
            parts.append(part)
        return f"({' OR '.join(parts)})"

    def _led_to(self, link: Link, end: Builder) -> str | Refusal:
        """That a reference of the row leads to one of those at the end."""
        planned = end.plan()
        if isinstance(planned, Refusal):
            return planned
        source, wheres, alias = planned
        led = f"""FROM reference x WHERE {OWN} AND {of_reference("x", self.query.type, link.parameter)}
            AND x.target_type = {end.type} AND {self.frame.fence.points("x")}"""
        if end.at:
            found = f"SELECT FROM {source} WHERE {' AND '.join(wheres)} OFFSET 0"
            return f"""EXISTS (SELECT FROM (SELECT {HOME} AS s, x.target AS d {led} OFFSET 0) AS {end.at}
                CROSS JOIN LATERAL ({found}) AS q OFFSET 0)"""
        there = f"SELECT {alias}.id FROM {source} WHERE {' AND '.join(wheres)}"
        return f"EXISTS (SELECT {led} AND x.target IN ({there}))"

    def leading(self, link: Link, target: int) -> str | Refusal:
        """That one of those at this end leads to the row `r` of type `target`."""
        planned = self.plan()
        if isinstance(planned, Refusal):
            return planned
        source, wheres, _ = planned
        if self.of:
            found = f"SELECT FROM {source} WHERE {' AND '.join(wheres)}"
            person = "SELECT r.shard AS s, r.id AS p, hashtextextended(r.id, 0) AS q OFFSET 0"
            return f"EXISTS (SELECT FROM ({person}) AS {self.of} CROSS JOIN LATERAL ({found}) AS q)"
        wheres.append(self.frame.fence.points("x"))
        references = _references(link, self.query.type, target)
        return f"r.id IN (SELECT x.target FROM {source} {references} WHERE {' AND '.join(wheres)})"

    def window(self, place: Place | None, most: int, after: int = 0) -> Window:
        """The page's stretch of time, so many rows of it."""
        (key,) = keys(self.query, "y", self.frame.fence)
        return Window(beyond(place, (key,), "y.id", self.bind) if place else "", key.way, most, after)

    def _clause(self, clause: Clause) -> str | Refusal:
        code = clause.parameter.code
        if code == "_id":
            ids = self.bind([unescape(v) for v in clause.values], "text[]")
            return f"{'NOT ' if clause.negative else ''}r.id = ANY({ids})"
        if code == "_lastUpdated":
            parts = [point_condition(v, "r.updated", self.bind, self.frame.now) for v in clause.values]
            refusal = next((part for part in parts if isinstance(part, Refusal)), None)
            return refusal or f"({' OR '.join(str(part) for part in parts)})"
        if is_worded(clause):
            return refused(Kind.INVALID, "not-supported", f"'{code}' is not looked for here.", code)
        if clause.parameter.components:
            return self._together(clause)
        among = ", ".join(map(str, numbers_of(self.query.type, clause.parameter)))
        table = table_of(clause)
        own = f"SELECT FROM {table} x WHERE {OWN} AND "
        if table == "reference":
            mine = of_reference("x", self.query.type, clause.parameter)
            own += f"{self._for_each(mine, table)} AND {self.frame.fence.points('x')}"
        elif table == "date":
            own = f"SELECT FROM ({spans(self.query.type, clause.parameter)}) AS x WHERE true"
        else:
            own += self._for_each(f"x.param IN ({among})", table)
        if clause.modifier == "missing":
            return f"{'NOT ' if clause.negative else ''}EXISTS ({own})"
        match = condition(clause, "x", self.bind, self.frame.now, self.frame.base)
        if isinstance(match, Refusal):
            return match
        return f"{'NOT ' if clause.negative else ''}EXISTS ({own} AND {self._for_each(match, table)})"

    def _for_each(self, condition: str, table: str) -> str:
        """A condition on a value of the row, written so that no index of values is walked where rows come in order."""
        return f"({condition}) IS TRUE" if table in self.held else condition

    def _together(self, clause: Clause) -> str | Refusal:
        """That values of several parameters stand in one element, for any of the values of a composite one."""
        found = [self._beside(clause, value) for value in clause.values]
        refusal = next((one for one in found if isinstance(one, Refusal)), None)
        return refusal or f"({' OR '.join(map(str, found))})"

    def _beside(self, clause: Clause, value: str) -> str | Refusal:
        parameter, known = clause.parameter, search_parameters(self.query.type)
        given = parts(value, "$")
        if len(given) != len(parameter.components) or not all(given):
            wrong = "A composite value is written with '$' between its parts."
            return refused(Kind.INVALID, "value", wrong, parameter.code)
        source, wheres, before = list[str](), list[str](), ""
        for (code, is_inside), one in zip(parameter.components, given, strict=True):
            alias = f"x{len(source)}"
            kind = known[code].type
            match = condition(Clause(known[code], "", (one,)), alias, self.bind, self.frame.now, self.frame.base)
            if isinstance(match, Refusal):
                return match
            among = ", ".join(map(str, numbers(self.query.type, code)))
            source.append(f"{TABLE[kind]} {alias}")
            wheres += [OWN.replace("x.", f"{alias}."), f"{alias}.param IN ({among})", match]
            wheres += [self.frame.fence.points(alias)] if kind == "reference" else []
            if is_inside and TABLE[kind] in PARTED:
                wheres += [f"{alias}.part = {before}.part"] if before else []
                before = alias
        return f"EXISTS (SELECT FROM {', '.join(source)} WHERE {' AND '.join(wheres)})"


def asked_persons(query: Query) -> list[str]:
    """The people a search asks about by name, whether or not anything is found."""
    clauses = [one for one in conditions(query) if isinstance(one, Clause)]
    asked = [person for clause in clauses for person in persons_of(query.type, clause)]
    if query.type == "Patient":
        asked += [unescape(value) for clause in clauses if clause.parameter.code == "_id" for value in clause.values]
    return list(dict.fromkeys(asked))


def search_statement(query: Query, frame: Frame, place: Place | None) -> Statement | Refusal:
    """The statement for one page, one row longer than the page so that the next one is known."""
    builder = Builder(query, frame)
    most = query.count + 1
    return paged(builder, builder.plan((lambda: builder.window(place, most)) if by_time(query) else None), place)


def paged(builder: Builder, planned: tuple[str, list[str], str] | Refusal, place: Place | None) -> Statement | Refusal:
    """The same for what a builder has planned."""
    if isinstance(planned, Refusal):
        return planned
    query, frame = builder.query, builder.frame
    source, wheres, alias = planned
    order, id = keys(query, alias, frame.fence), f"{alias}.id"
    if place is not None:
        wheres.append(beyond(place, order, id, builder.bind))
    shown, most = f"{COLUMNS}, seen.ground, seen.fenced, {place_columns(order)}", str(query.count + 1)
    found = f"FROM {source} WHERE {' AND '.join(wheres)}"
    if builder.is_once and by_time(query):
        near = first_in_time(f"SELECT {shown}, {alias}.at {found}", alias, most, order[0].way)
        return Statement(gate(near), tuple(builder.values), builder.whom)
    sorted_by = ", ".join(f"{key.value} {key.way}" for key in order)
    once = _once(order, id) if alias == "d" else ""
    sql = gate(f"SELECT {once}{shown} {found} ORDER BY {sorted_by}, {id} {order[0].way} LIMIT {most}")
    return Statement(sql, tuple(builder.values), builder.whom)


def _once(order: tuple[Key, ...], id: str) -> str:
    """Each resource once, where it is found by values of which it may have several.

    Only there: before PostgreSQL 16 a page whose rows are made distinct is sorted as a whole.
    """
    return f"DISTINCT ON ({', '.join(key.value for key in order)}, {id}) "


def reached_statement(end: Query, frame: Frame, most: int) -> Statement | Refusal:
    """The statement for the ids, `most` at most, of what a chain leads to."""
    builder = Builder(end, frame)
    planned = builder.plan()
    if isinstance(planned, Refusal):
        return planned
    source, wheres, alias = planned
    sql = gate(f"SELECT {alias}.id FROM {source} WHERE {' AND '.join(wheres)} LIMIT {most}")
    return Statement(sql, tuple(builder.values), builder.whom)


def restricted_statement(
    query: Query, frame: Frame, unseen: Clause | None, after: str, most: int
) -> Statement | Refusal:
    """The statement for what a search finds of which something may not be shown, by id from `after` on, `most` at most.

    With `unseen`, a clause about the one reference of its parameter, only what has none there that is shown.
    """
    builder = Builder(query, frame)
    planned = builder.plan()
    if isinstance(planned, Refusal):
        return planned
    source, wheres, _ = planned
    wheres += ["(seen.fenced OR r.away)", f"r.id > {builder.bind(after, 'text')}"]
    if unseen is not None:
        own = of_reference("x", query.type, unseen.parameter)
        wheres.append(f"NOT EXISTS (SELECT FROM reference x WHERE {OWN} AND {own} AND {frame.fence.points('x')})")
    sql = gate(f"""SELECT {COLUMNS}, seen.ground, seen.fenced FROM {source}
        WHERE {" AND ".join(wheres)} ORDER BY r.id LIMIT {most}""")
    return Statement(sql, tuple(builder.values), builder.whom)


def leading_statement(link: Link, end: Query, target: str, frame: Frame, most: int) -> Statement | Refusal:
    """The statement for what has a reference to the type `target`, `most` of them at most, and what it leads to."""
    builder = Builder(end, frame)
    planned = builder.plan()
    if isinstance(planned, Refusal):
        return planned
    source, wheres, alias = planned
    led, references = "r.person AS target", ""
    if not decides(link, end, target):
        led = "x.target"
        references = f"LEFT {_references(link, end.type, resource_number(target))} AND {frame.fence.points('x')}"
    sql = gate(f"SELECT {alias}.id, {led} FROM {source} {references} WHERE {' AND '.join(wheres)} LIMIT {most}")
    return Statement(sql, tuple(builder.values), builder.whom)


def _references(link: Link, source: str, target: int) -> str:
    """A lateral join of the references `x` that a row `r`, a `source`, has by the link to resources of a type."""
    return f"""JOIN LATERAL (
        SELECT y.* FROM reference y WHERE y.shard = r.shard AND y.type = r.type AND y.id = r.id
          AND {of_reference("y", source, link.parameter)} AND y.target_type = {target} OFFSET 0
    ) AS x ON true"""


def decides(link: Link, end: Query, target: str) -> bool:
    """Whether what refers here by the link is about the Patient it refers to, and stands with that person."""
    about = link.parameter.code in SUBJECTS and end.type not in ABOUT_SEVERAL
    return link.back and target == "Patient" and about and not end.within


def total_statement(query: Query, frame: Frame) -> Statement | Refusal:
    """The statement that counts all matches."""
    builder = Builder(query, frame)
    return counted(builder, builder.plan())


def counted(builder: Builder, planned: tuple[str, list[str], str] | Refusal) -> Statement | Refusal:
    """The same for what a builder has planned."""
    if isinstance(planned, Refusal):
        return planned
    source, wheres, alias = planned
    sql = gate(f"SELECT count(DISTINCT {alias}.id) FROM {source} WHERE {' AND '.join(wheres)}")
    return Statement(sql, tuple(builder.values), builder.whom)


@cache
def many_statement(fence: Fence) -> str:
    """Resources by shards $3 (null: look it up), types $4, ids $5."""
    keys = located("SELECT * FROM unnest($3::smallint[], $4::smallint[], $5::text[])")
    return gate(f"""SELECT {COLUMNS}, seen.ground, seen.fenced FROM ({keys}) AS k(s, t, d) {RESOURCES} {fence.join("r")}
        WHERE {GATED} AND NOT r.deleted AND {fence.holds("r")}""")
