"""Histories: of one resource, of a type, of everything (https://hl7.org/fhir/R4/http.html#history), page by page."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from saman.kernel.ids import is_fhir_id
from saman.kernel.outcome import Refusal
from saman.model.fhir import RESOURCE_TYPES, resource_number
from saman.record.audit import REFUSED, Entry, readings
from saman.record.audit_events.found import BOOKS, entry_found
from saman.record.audit_events.ids import is_made
from saman.record.cursor import Place
from saman.record.door import Door
from saman.record.limits import hurried
from saman.record.narrow_reading import allowed, narrow_versions
from saman.record.narrowing import insufficient
from saman.record.reading import ALWAYS, Span, all_version_rows
from saman.record.refusals import not_found
from saman.record.stored import Page, Stored, stored
from saman.record.traffic import shown

ANYTHING = "Bundle"
"""The type under which the log keeps a look at the history of everything."""


@hurried(lambda door, type_name, id, count, cursor, span: [_entry(door, type_name, id)])
async def versions(door: Door, type_name: str, id: str, count: int, cursor: str, span: Span) -> Page | Refusal:
    """Versions, newest first, of one resource, of a type, or of everything; deletions are marked."""
    if (type_name and type_name not in RESOURCE_TYPES) or (id and not is_fhir_id(id)):
        return not_found()
    plain = _entry(door, type_name, id)
    refused = Entry(door.context, "H", plain.type, id, outcome=REFUSED)
    types = _types(door, type_name, id)
    if not types:
        await door.log(refused)
        return insufficient()
    if is_made(type_name, id):
        one = await entry_found(door, BOOKS[type_name], id, None)
        return one if isinstance(one, Refusal) else Page((one,) if _holds(one, span) else ())
    described = _described(type_name, id, span)
    place = door.store.seal.open(cursor, described) if cursor else None
    if isinstance(place, Refusal):
        return place
    rows = await _rows(door, type_name, id, types, count + 1, place, span)
    page = shown(rows[:count])
    if id and not rows and place is None and not await _is_there(door, type_name, id, span):
        await door.log(refused)
        return not_found()
    await door.log(*(readings(plain, page) or [plain]))
    matches = tuple(stored(row) for row in page)
    return Page(matches, next=_older(door, matches[-1], described) if len(rows) > count else None)


def _entry(door: Door, type_name: str, id: str) -> Entry:
    return Entry(door.context, "H", resource_number(type_name or ANYTHING), id)


def _types(door: Door, type_name: str, id: str) -> Sequence[str]:
    """The types whose versions the scopes of an app let it see: of everything, those that it may see whole."""
    if type_name:
        return [type_name] if allowed(door, type_name, "r" if id else "s", whole=not id) else []
    return [one for one in RESOURCE_TYPES if allowed(door, one, "s", whole=True)]


async def _rows(
    door: Door, type_name: str, id: str, types: Sequence[str], most: int, place: Place | None, span: Span
) -> Sequence[asyncpg.Record]:
    if type_name:
        return await narrow_versions(door, type_name, id, most, place, span)
    return await all_version_rows(door, types, most, place, span)


async def _is_there(door: Door, type_name: str, id: str, span: Span) -> bool:
    """Whether a resource without versions in the span has others, so that its history is empty and not unknown."""
    return span != ALWAYS and bool(await narrow_versions(door, type_name, id, 1, None))


def _holds(one: Stored, span: Span) -> bool:
    """Whether the only version of something is in a span."""
    is_since = span.since is None or one.updated >= span.since
    return is_since and (span.at is None or one.updated < span.at[1])


def _described(type_name: str, id: str, span: Span) -> str:
    """What a page marker is bound to."""
    spanned = "" if span == ALWAYS else " ".join(moment.isoformat() for moment in span.values)
    kinds = f"{'since' * (span.since is not None)}{'at' * (span.at is not None)}"
    return f"{type_name}/{id}/_history" + (f"?{kinds}={spanned}" if spanned else "")


def _older(door: Door, last: Stored, described: str) -> str:
    place = Place(last.updated, f"{last.version} {resource_number(last.type)}", last.id)
    return door.store.seal.close(place, described)
