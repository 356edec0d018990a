"""Fills an empty record with the people of the bench and all that is about them, several transactions at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, islice
from random import Random
from typing import NamedTuple

from saman.kernel.outcome import Refusal
from saman.record import Record, Store, system
from saman.record.change import Change
from saman.record.stored import Written
from tests.load import shapes
from tests.load.size import NEWEST, VERSIONS, Size

PER_COMMIT = 500
AT_ONCE = 4
OPEN_WORK = 10_000
"""Open reports at the centre, as far as people have ten each."""
MOST_WORK = 10
TOLD_EVERY = 20_000

Say = Callable[[str], None]


class Region(NamedTuple):
    """Who is in the database, and what may be asked for by id.

    Person number n has the nth identifier and gender, and `work` open reports. `heavy` is the person with very many
    readings, `changed` a reading with many versions.
    """

    persons: list[str]
    readings: list[str]
    work: int
    heavy: str = ""
    changed: str = ""


async def people(store: Store, size: Size, say: Say) -> Region:
    """Everything but readings."""
    now = datetime.now(UTC)
    record = Record(store, system(now))
    for one in shapes.directory():
        await record.update(one["resourceType"], one["id"], one)
    persons = await _commit(record, (shapes.patient(number) for number in range(size.persons)), say)
    await _commit(record, (tie for person in persons for tie in shapes.ties(person)), say)
    work = min(MOST_WORK, max(1, OPEN_WORK // size.persons))
    since = [now - timedelta(minutes=n) for n in range(work)]
    await _commit(record, (shapes.work(person, at) for at in since for person in persons), say)
    goals = await _commit(
        record, (shapes.goal(person, number) for person in persons for number in range(shapes.GOALS)), say
    )
    plans = zip(persons, _by(shapes.GOALS, goals), strict=True)
    await _commit(record, (shapes.care_plan(person, theirs) for person, theirs in plans), say)
    return Region(persons, [], work)


async def readings(store: Store, region: Region, size: Size, say: Say) -> Region:
    """The region with as many readings as wanted: everybody's turn comes after all others', with the next code."""
    pick, now, several = Random(1), datetime.now(UTC), len(region.persons)

    def made() -> Iterator[shapes.Resource]:
        for n in range(size.readings):
            code = shapes.CODES[n // several % len(shapes.CODES)]
            yield shapes.reading(region.persons[n % several], now - timedelta(minutes=n), code, pick)

    return region._replace(readings=await _commit(Record(store, system(now)), made(), say, size.readings))


async def aside(store: Store, region: Region, size: Size, say: Say) -> Region:
    """The region with one person more, who has very many readings, and one with many versions, as far as wanted."""
    pick, now = Random(2), datetime.now(UTC)
    record = Record(store, system(now))
    (person,) = await _commit(record, [shapes.patient(len(region.persons)) | {"gender": "unknown"}], say)
    await _commit(record, shapes.ties(person), say)
    if size.wants(NEWEST):
        many = (shapes.reading(person, now - timedelta(minutes=n), shapes.ASIDE, pick) for n in range(size.heavy))
        await _commit(record, many, say, size.heavy)
    if not size.wants(VERSIONS):
        return region._replace(heavy=person)
    one = shapes.reading(person, now - timedelta(days=999), shapes.ASIDE, pick)
    return region._replace(heavy=person, changed=await _changed(record, one, size.versions, say))


async def _changed(record: Record, resource: shapes.Resource, versions: int, say: Say) -> str:
    """The id of a resource that is stored and changed so often that it has as many versions."""
    (id,) = await _commit(record, [resource], say)
    for version in range(1, versions):
        resource["valueQuantity"]["value"] = version
        written = await record.commit([Change(resource | {"id": id}, id, version)])
        assert not isinstance(written, Refusal), written
    return id


async def _commit(record: Record, resources: Iterable[shapes.Resource], say: Say, many: int = 0) -> list[str]:
    """The ids of resources, in their order, once all are stored."""
    changing = map(Change, resources)
    places, ids = count(), dict[int, Sequence[str]]()

    async def work() -> None:
        while changes := list(islice(changing, PER_COMMIT)):
            place = next(places)
            now = Record(record.store, system(datetime.now(UTC)))
            written = await now.atomically(partial(_written, changes))
            assert not isinstance(written, Refusal), written
            ids[place] = [one.stored.id for one in written]
            if many and (place + 1) * PER_COMMIT % TOLD_EVERY == 0:
                say(f"{changes[0].type}: {(place + 1) * PER_COMMIT} of {many}")

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return [id for place in sorted(ids) for id in ids[place]]


async def _written(changes: Sequence[Change], record: Record) -> list[Written] | Refusal:
    return await record.commit(changes)


def _by(number: int, ids: Sequence[str]) -> Iterator[list[str]]:
    return (list(ids[start : start + number]) for start in range(0, len(ids), number))
