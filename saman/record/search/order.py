"""The order of a search, and where a page of it goes on (https://hl7.org/fhir/R4/search.html#sort).

What has no value for a parameter comes last, whichever way it is sorted; of several values the first in the order
counts. By one key a page goes on in a range of an index; by several, after a comparison key by key.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from saman.kernel import json
from saman.model.fhir import SearchParameter
from saman.record.cursor import Place
from saman.record.fence import Fence
from saman.record.rows import main_date, numbers_of, of_reference
from saman.record.search.asked import Query
from saman.record.search.clauses import TABLE, Bind

OWN = "x.shard = r.shard AND x.type = r.type AND x.id = r.id"
_COLUMNS = {"date": "low", "string": "folded", "reference": "target"}
_MEASURED = frozenset({"number", "quantity"})
_WITHOUT_END = {2**63 - 1: datetime.max, -(2**63): datetime.min}  # noqa: DTZ901 - as the driver has them
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


class Key(NamedTuple):
    """One expression to order by, the SQL type of its value, and its direction."""

    value: str
    kind: str
    descending: bool

    @property
    def way(self) -> str:
        """The direction in SQL."""
        return "DESC" if self.descending else "ASC"


def by_time(query: Query) -> bool:
    """Whether the order is that of the clinical time, which the indexes hold."""
    return not query.then and query.sort in ("", main_date(query.type))


def keys(query: Query, alias: str, fence: Fence) -> tuple[Key, ...]:
    """What the rows `r` are ordered by; `alias` has the clinical time."""
    if by_time(query):
        return (Key(f"{alias}.at", "timestamptz", query.descending),)
    return tuple(_key(query, code, fence, is_down) for code, is_down in ((query.sort, query.descending), *query.then))


def _key(query: Query, code: str, fence: Fence, descending: bool) -> Key:
    if code == "_lastUpdated":
        return Key("r.updated", "timestamptz", descending)
    if code == "_id":
        return Key("r.id", "text", descending)
    parameter = query.known.of(query.type)[code]
    kind = parameter.type
    column = _COLUMNS.get(kind, "code")
    column = "high" if column == "low" and descending else column
    column = f"x.{column}" if kind not in _MEASURED else "coalesce(x.high, x.low)" if descending else "x.low"
    pick, among = "max" if descending else "min", ", ".join(map(str, numbers_of(query.type, parameter)))
    mine = of_reference("x", query.type, parameter) if kind == "reference" else f"x.param IN ({among})"
    shown = f" AND {fence.points('x')}" if kind == "reference" else " AND x.code <> ''" if kind == "token" else ""
    source = f"{TABLE[kind]} x WHERE {OWN} AND {mine}{shown}"
    if kind == "date":
        source = f"({spans(query.type, parameter)}) AS x"
    value = f"(SELECT {pick}({column}) FROM {source})"
    if kind == "date":
        return Key(f"coalesce({value}, '{'-' if descending else ''}infinity'::timestamptz)", "timestamptz", descending)
    if kind in _MEASURED:
        return Key(f"coalesce({value}, '{'-' if descending else ''}Infinity'::float8)", "float8", descending)
    return Key(f"coalesce({value}, '{'' if descending else chr(0x10FFFF)}')", "text", descending)


def spans(type_name: str, parameter: SearchParameter) -> str:
    """The values `low` and `high` of a date parameter that a row `r` has: its one clinical time stands in it itself."""
    rows = f"SELECT x.low, x.high FROM date x WHERE {OWN} AND x.param = {parameter.number}"
    if parameter.code != main_date(type_name):
        return rows
    return f"SELECT r.at AS low, r.until AS high WHERE r.until IS NOT NULL UNION ALL {rows} AND r.until IS NULL"


def first_in_time(select: str, alias: str, most: str, way: str = "DESC") -> str:
    """The first `most` rows of `select` by time and id of its row `alias`, along an index that holds the time alone.

    What comes at the same time as the last of them is read with it, and cut off once it is sorted.
    """
    return f"""SELECT * FROM ({select} ORDER BY {alias}.at {way} FETCH FIRST ({most}) ROWS WITH TIES) AS near
        ORDER BY near.at {way}, near.id {way} LIMIT {most}"""


def beyond(place: Place, order: tuple[Key, ...], id: str, bind: Bind) -> str:
    """The condition of what comes after `place`; rows of equal keys go by `id`, in the direction of the first."""
    first = order[0]
    if len(order) == 1:
        value = bind(place.moment, "timestamptz") if place.text is None else f"{bind(place.text, 'text')}::{first.kind}"
        return f"({first.value}, {id}) {_after(first)} ({value}, {bind(place.id, 'text')})"
    given: list[str] = json.decode_kept(place.text or "[]")
    values = [f"{bind(text, 'text')}::{key.kind}" for text, key in zip(given, order, strict=True)]
    same, parts = list[str](), list[str]()
    for key, value in zip((*order, Key(id, "text", first.descending)), (*values, bind(place.id, "text")), strict=True):
        parts.append(" AND ".join([*same, f"{key.value} {_after(key)} {value}"]))
        same.append(f"{key.value} = {value}")
    return f"({' OR '.join(f'({part})' for part in parts)})"


def _after(key: Key) -> str:
    return "<" if key.descending else ">"


def place_columns(order: tuple[Key, ...]) -> str:
    """The columns that say where a row stands in the order; a time as its bytes, since most of them nobody reads."""
    if len(order) == 1:
        (only,) = order
        if only.kind == "timestamptz":
            return f"timestamptz_send({only.value}) AS place_moment"
        return f"({only.value})::text AS place_text"
    return f"ARRAY[{', '.join(f'({key.value})::text' for key in order)}] AS place_keys"


def place_of(row: Any) -> Place:
    """Where a row with those columns stands."""
    columns = dict(row)
    if "place_keys" in columns:
        return Place(None, json.encode(columns["place_keys"]).decode(), columns["id"])
    sent = columns.get("place_moment")
    return Place(None if sent is None else moment_of(sent), columns.get("place_text"), columns["id"])


def moment_of(sent: bytes) -> datetime:
    """The time in bytes that PostgreSQL sends, microseconds since 2000; without end as the driver has it."""
    since = int.from_bytes(sent, signed=True)
    return _WITHOUT_END.get(since) or _BEGINNING + timedelta(microseconds=since)
