"""When something was is found by its own time, where that stands in its row and where rows of `date` say it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import pytest_asyncio

from saman.kernel.outcome import Refusal
from saman.record import Page, Record, Store, system
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, made, observation, patient

TIMES: dict[str, dict[str, Any]] = {
    "second": {"effectiveDateTime": "2026-11-20T10:00:00+01:00"},
    "day": {"effectiveDateTime": "2026-11-20"},
    "span": {"effectivePeriod": {"start": "2026-11-19", "end": "2026-11-21"}},
    "begun": {"effectivePeriod": {"start": "2026-11-18"}},
    "ended": {"effectivePeriod": {"end": "2026-11-18"}},
    "twice": {"effectiveTiming": {"event": ["2026-11-01", "2026-11-25"]}},
    "none": {},
}
STANDING = {*TIMES} - {"ended", "none"}
"""Those whose row says when they were."""
FOUND: dict[tuple[str, str], set[str]] = {
    ("date", "2026-11-20"): {"second", "day"},
    ("date", "2026-11-20T10:00:00+01:00"): {"second"},
    ("date", "2026-11"): {"second", "day", "span", "twice"},
    ("date", "ge2026-11-21"): {"begun", "twice"},
    ("date", "sa2026-11-19"): {"second", "day"},
    ("date", "eb2026-11-19"): {"ended"},
    ("date", "lt2026-11-19"): {"ended", "begun", "twice"},
    ("date:missing", "true"): {"none"},
    ("date:missing", "false"): {*TIMES} - {"none"},
    ("_filter", "date po 2026-11-20"): {*TIMES} - {"ended", "none"},
    ("_filter", "not (date eq 2026-11-20)"): {*TIMES} - {"second", "day"},
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def made_at(store: Store) -> tuple[str, dict[str, str]]:
    """A person, and a reading for each kind of time, by its id."""
    record = Record(store, system(NOW), BASE)
    who = await made(record, patient())
    bare = {name: value for name, value in observation(who).items() if name != "effectiveDateTime"}
    return who, {await made(record, bare | time): name for name, time in TIMES.items()}


@pytest.mark.parametrize("asked", FOUND)
async def test_all_kinds_of_times_are_found(
    record: Record, made_at: tuple[str, dict[str, str]], asked: tuple[str, str]
) -> None:
    who, names = made_at
    page = await record.search("Observation", [("patient", who), asked])
    assert isinstance(page, Page)
    assert {names[one.id] for one in page.matches} == FOUND[asked]


@pytest.mark.parametrize("down", [False, True])
async def test_times_sort_beside_other_keys(record: Record, made_at: tuple[str, dict[str, str]], down: bool) -> None:
    who, names = made_at
    page = await record.search("Observation", [("patient", who), ("_sort", "-date,status" if down else "date,status")])
    assert isinstance(page, Page)
    rising = ["ended", "twice", "begun", "span", "day", "second", "none"]
    falling = ["begun", "twice", "span", "day", "second", "ended", "none"]
    assert [names[one.id] for one in page.matches] == (falling if down else rising)


async def test_a_time_stands_in_one_place(
    database: Database, record: Record, made_at: tuple[str, dict[str, str]]
) -> None:
    who, names = made_at
    assert standing(database, names) == STANDING
    [id] = [id for id, name in names.items() if name == "day"]
    changed = observation(who, id=id) | {"effectiveDateTime": "2026-11-20"}
    for time, stands in ((TIMES["ended"], False), (TIMES["day"], True)):
        bare = {name: value for name, value in changed.items() if name != "effectiveDateTime"}
        assert not isinstance(await record.update("Observation", id, bare | time), Refusal)
        assert ("day" in standing(database, names)) is stands


def standing(database: Database, names: dict[str, str]) -> set[str]:
    """Those whose row says when they were; they have no rows of `date`, and all others that have a time do."""
    with psycopg.connect(database.superuser_url) as connection:
        ids = list(names)
        found = connection.execute("SELECT id FROM resource WHERE until IS NOT NULL AND id = ANY(%s)", (ids,))
        said = connection.execute("SELECT DISTINCT id FROM date WHERE id = ANY(%s)", (ids,))
        own, rows = {names[id] for (id,) in found}, {names[id] for (id,) in said}
    assert own | rows == {*TIMES} - {"none"}
    assert not own & rows
    return own
