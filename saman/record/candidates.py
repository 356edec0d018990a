"""Who may be meant: people found in several ways, of whom only those that are chosen are shown and logged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from saman.kernel.outcome import Refusal
from saman.model.fhir import resource_number
from saman.record.audit import REFUSED, Entry, readings
from saman.record.door import Door
from saman.record.limits import hurried
from saman.record.narrowing import within
from saman.record.outage import or_refusal
from saman.record.search.find import frame_of
from saman.record.search.query import read_query
from saman.record.search.statement import search_statement
from saman.record.stored import Stored, stored
from saman.record.traffic import shown

Ways = Iterable[Sequence[tuple[str, str]]]
Choose = Callable[[Sequence[Stored]], Sequence[Stored]]

_PATIENT = resource_number("Patient")


@or_refusal
@hurried(lambda door, ways, choose, query: [Entry(door.context, "S", _PATIENT, query=query)])
async def chosen(door: Door, ways: Ways, choose: Choose, query: str) -> tuple[Stored, ...] | Refusal:
    """Of the Patients that any of `ways` finds, each a search, those that `choose` picks, in its order.

    The log says `query` and whom it showed; names and numbers that were asked with are not in it.
    """
    plain = Entry(door.context, "S", _PATIENT, query=query)
    found: dict[str, Any] = {}
    for pairs in ways:
        rows = await _rows(door, pairs)
        if isinstance(rows, Refusal):
            await door.log(Entry(door.context, "S", _PATIENT, outcome=REFUSED, query=query))
            return rows
        found |= {row["id"]: row for row in rows}
    picked = choose([stored(row) for row in found.values()])
    rows = [found[one.id] for one in picked]
    await door.log(*(readings(plain, shown(rows)) or [plain]))
    return tuple(picked)


async def _rows(door: Door, pairs: Sequence[tuple[str, str]]) -> Sequence[Any] | Refusal:
    query = read_query("Patient", pairs, strict=True)
    narrowed = query if isinstance(query, Refusal) else within(query, door.context.narrowing)
    statement = narrowed if isinstance(narrowed, Refusal) else search_statement(narrowed, frame_of(door), None)
    if isinstance(statement, Refusal):
        return statement
    return await door.fetch(statement.sql, *statement.values)
