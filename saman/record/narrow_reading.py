"""Reading under the scopes of an app: a version is shown when it and the current one are let through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from saman.record.context import Context
from saman.record.cursor import Place
from saman.record.door import Door
from saman.record.narrowing import lets_resource, lets_row
from saman.record.reading import ALWAYS, Span, read_row, version_rows
from saman.record.stored import Stored

READ_OVER = 200
"""So many rows at least are fetched at once where those that no scope lets through are read over."""


def allowed(door: Door, type_name: str, letter: str, *, whole: bool = False) -> bool:
    """Whether the scopes allow a letter on resources of a type at all; with `whole` on all of them alike.

    The versions of a type can't be held against search values, which only current versions have.
    """
    narrowing = door.context.narrowing
    if narrowing is None:
        return True
    limits = narrowing.limits(type_name, letter)
    return bool(limits) and (limits[0].is_open or not whole)


def may_be_told(context: Context, stored: Stored, method: str) -> bool:
    """Whether who has written a resource may see all of it: an app that patches has sent a part alone."""
    narrowing = context.narrowing
    return method != "PATCH" or narrowing is None or lets_resource(narrowing, stored.resource(), "rs")


def unnarrowed(door: Door) -> Door:
    """The same way in without the scopes, to tell what is hidden from what is not there; it shows nothing."""
    whole = Door(door.store, msgspec.structs.replace(door.context, narrowing=None), door.base, door.connection)
    whole.seconds = door.seconds
    return whole


def at_once(door: Door, most: int) -> int:
    """How many rows are fetched for a page of `most`: under scopes many may be read over, and not a few at a time."""
    return most if door.context.narrowing is None else max(most, READ_OVER)


async def narrowly(door: Door, type_name: str, id: str, row: Any) -> bool:
    """Whether a version may be read: one that was corrected since, so that it no longer matches, may not."""
    narrowing = door.context.narrowing
    if narrowing is None or narrowing.limits(type_name, "r")[0].is_open:
        return True
    if not lets_row(narrowing, row, "r"):
        return False
    current = await read_row(door, type_name, id)
    return current is not None and lets_row(narrowing, current, "r")


async def narrow_versions(
    door: Door, type_name: str, id: str, most: int, place: Place | None, span: Span = ALWAYS
) -> Sequence[asyncpg.Record]:
    """Up to `most` versions after `place`, newest first, that are let through; none when the current one is not."""
    narrowing = door.context.narrowing
    if narrowing is None or not id or narrowing.limits(type_name, "r")[0].is_open:
        return await version_rows(door, type_name, id, most, place, span)
    current = await read_row(door, type_name, id)
    if current is None or not lets_row(narrowing, current, "r"):
        return ()
    whole, step = unnarrowed(door), at_once(door, most)
    found: list[asyncpg.Record] = []
    while True:
        rows = await version_rows(whole, type_name, id, step, place, span)
        found += [row for row in rows if lets_row(narrowing, row, "r")]
        if len(found) >= most or len(rows) < step:
            return found[:most]
        place = Place(rows[-1]["updated"], str(rows[-1]["version"]), id)
