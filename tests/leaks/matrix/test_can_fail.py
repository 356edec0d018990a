"""The matrix can fail: whoever widens a rule or takes a fence away is found."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from saman.record import Record, Stored, conditioned, past, patching, redacting, several, system
from saman.record.bulk import slices
from saman.record.door import Door
from saman.record.refusals import gone, not_found
from saman.record.search import find, including, looking, resolve
from tests.conftest import Database

from . import filtering, reading, searching, speaking, taking, writing
from .playing import Interaction, play
from .world import World, country_policy, world_of

SEED = 7
ENOUGH = 6000
"""Requests within which each of these is found; most are within some hundred."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(new_database: Callable[[], Database]) -> AsyncIterator[World]:
    made = await world_of("NO", SEED, new_database().app_url)
    yield made
    await made.close()


async def found(world: World, *of: Interaction) -> bool:
    """Whether some interactions meet a leak."""
    told = await play(world, ENOUGH, Random(SEED), of)
    print(told.count, *told.faults[:3], sep="\n")
    return bool(told.count["leaks"])


async def test_nothing_is_found_where_nothing_is_wrong(world: World) -> None:
    told = await play(world, 400, Random(SEED), (searching.whole, searching.include, reading.read))
    assert told.faults == []


def unfenced(door: Door) -> Door:
    """The same door, as if the installation itself asked."""
    return Door(door.store, system(door.context.now), door.base, door.connection)


async def test_includes_that_nobody_holds_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    right = including.many
    monkeypatch.setattr(including, "many", lambda door, keys: right(unfenced(door), keys))
    assert await found(world, searching.include)


async def test_reverse_includes_that_nobody_holds_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    right = including._leading_here
    monkeypatch.setattr(including, "_leading_here", lambda door, *more: right(unfenced(door), *more))
    assert await found(world, searching.leading)


@pytest.mark.parametrize("end", ["_reached", "_leading"])
async def test_chains_through_what_nobody_holds_back(world: World, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    right = getattr(resolve, end)
    monkeypatch.setattr(resolve, end, lambda door, *more: right(unfenced(door), *more))
    assert await found(world, searching.chained, searching.referred)


async def test_filters_through_what_nobody_holds_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for end in ("_reached", "_leading"):
        right = getattr(resolve, end)
        monkeypatch.setattr(resolve, end, lambda door, *more, right=right: right(unfenced(door), *more))
    assert await found(world, filtering.along)


async def test_filters_that_are_passed_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saman.record.search.statement.said", lambda *_: "true")
    assert await found(world, filtering.filtered)


async def test_words_of_what_nobody_is_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    right = looking.stored
    monkeypatch.setattr(
        looking, "stored", lambda row: right(dict(row) | {"body": dict(row).get(redacting.WHOLE, row["body"])})
    )
    assert await found(world, speaking.beside)


async def test_words_that_are_counted_everywhere(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    right = find.count_words
    monkeypatch.setattr(find, "count_words", lambda door, *more: right(unfenced(door), *more))
    assert await found(world, speaking.spoken)


async def test_identifiers_of_what_nobody_is_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def all_of_them(_: Door, query: Any, *more: Any) -> Any:
        return query

    monkeypatch.setattr(find, "identified", all_of_them)
    assert await found(world, speaking.beside)


async def test_totals_that_count_everything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    right = find._total
    monkeypatch.setattr(
        find, "_total", lambda door, query, _: right(unfenced(door), query, find.frame_of(unfenced(door)))
    )
    assert await found(world, searching.whole)


async def test_a_status_that_tells_what_is_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Record._one

    async def telling(self: Record, kind: str, id: str, version: int | None) -> Any:
        answer = await right(self, kind, id, version)
        if answer == not_found():
            there = await right(Record(self.store, system(self.context.now), self.base), kind, id, version)
            return gone() if isinstance(there, Stored) else answer
        return answer

    monkeypatch.setattr(Record, "_one", telling)
    assert await found(world, reading.read)


async def test_references_to_what_is_closed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def whole(rows: Any, *_: Any) -> Any:
        return rows

    monkeypatch.setattr("saman.record.door.redacted", whole)
    assert await found(world, searching.whole)


async def test_scopes_that_nobody_holds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saman.record.search.find.within", lambda query, _: query)
    monkeypatch.setattr("saman.record.door.passed", lambda rows, _: rows)
    assert await found(world, searching.whole)


async def test_conditions_that_see_everything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    right = conditioned.matching
    monkeypatch.setattr(conditioned, "matching", lambda door, query: right(unfenced(door), query))
    assert await found(world, writing.conditioned)


async def test_patches_that_see_everything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    right = patching.read_row
    monkeypatch.setattr(patching, "read_row", lambda door, kind, id: right(unfenced(door), kind, id))
    assert await found(world, writing.patch)


async def test_patches_by_those_who_may_not_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patching, "LETTERS", "u")
    assert await found(world, writing.patch)


async def test_a_history_of_everything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    right = past.all_version_rows
    monkeypatch.setattr(past, "all_version_rows", lambda door, *asked: right(unfenced(door), *asked))
    assert await found(world, reading.history_of_all)


async def test_exports_that_nobody_holds_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "EVERY_SO_MANY", 1)
    monkeypatch.setattr(slices, "unnarrowed", unfenced)
    assert await found(world, taking.export, reading.head)


async def test_validation_that_tells_who_is_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Record.read

    async def telling(self: Record, kind: str, id: str) -> Any:
        answer = await right(self, kind, id)
        return answer if answer != not_found() else await right(unfenced_record(self), kind, id)

    monkeypatch.setattr(Record, "read", telling)
    assert await found(world, taking.validate)


def unfenced_record(record: Record) -> Record:
    """The same record, as if the installation itself asked."""
    return Record(record.store, system(record.context.now), record.base)


async def test_compartments_that_hold_everything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    right = several._total
    monkeypatch.setattr(
        several,
        "_total",
        lambda record, *more: right(unfenced_record(record), *more),
    )
    assert await found(world, searching.compartment)


async def test_compartments_of_things_that_hold_everything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    right = several._of_type
    monkeypatch.setattr(
        several,
        "_of_type",
        lambda record, *more: right(Record(record.store, system(record.context.now), record.base), *more),
    )
    assert await found(world, filtering.inside)


WIDER = {
    "a kind of data more": ("NO", "sees: [person, plan, social]", "sees: [person, plan, social, health]"),
    "a longer time": ("NO", "grace_days: 7", "grace_days: 70"),
    "without the consent": ("SE", "also: [consent]", ""),
}


@pytest.mark.parametrize("what", WIDER)
async def test_a_rule_that_is_wider(what: str, new_database: Callable[[], Database]) -> None:
    country, *change = WIDER[what]
    changed = await world_of(country, SEED, new_database().app_url, country_policy(country, (change[0], change[1])))
    try:
        assert await found(changed, searching.whole, reading.read)
    finally:
        await changed.close()
