"""Batches on their way at once, none beside another that holds the same."""

from __future__ import annotations

import asyncio

import pytest

from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops.importing_batches import Batch
from saman.ops.importing_files import Line
from saman.ops.importing_lanes import AT_ONCE, Lanes

WRONG = refused(Kind.UNPROCESSABLE, "value", "Not so.", "Patient.id")


def batch(number: int, *ids: str, kind: str = "Observation") -> Batch:
    lines = tuple(Line(number, {"resourceType": kind, "id": id}) for id in ids)
    return Batch(lines, tuple(number for _ in ids), number - 1, number, False)


class Counting:
    """Gives batches and notes which are under way at the same time."""

    def __init__(self, *batches: Batch) -> None:
        self.waiting = list(batches)
        self.under_way: list[int] = []
        self.together: set[tuple[int, ...]] = set()
        self.ended: list[int] = []

    async def draw(self) -> Batch | None:
        return self.waiting.pop(0) if self.waiting else None

    async def take(self, one: Batch) -> Refusal | None:
        self.under_way.append(one.until)
        self.together.add(tuple(sorted(self.under_way)))
        for _ in range(5):
            await asyncio.sleep(0)
        self.under_way.remove(one.until)
        self.ended.append(one.until)
        return None


async def run(*batches: Batch) -> Counting:
    counting = Counting(*batches)
    await Lanes(counting.draw, counting.take).run()
    assert sorted(counting.ended) == sorted(one.until for one in batches)
    return counting


async def test_several_are_under_way_at_once() -> None:
    counting = await run(*(batch(number, f"p{number}") for number in range(1, 9)))
    assert max(map(len, counting.together)) == AT_ONCE


async def test_what_holds_the_same_comes_one_after_the_other() -> None:
    counting = await run(batch(1, "a", "b"), batch(2, "b", "c"), batch(3, "c"))
    assert counting.ended == [1, 2, 3]
    assert max(map(len, counting.together)) == 1


@pytest.mark.parametrize("kind", ["CareTeam", "Encounter", "SearchParameter", "ValueSet"])
async def test_what_changes_how_others_are_seen_is_stored_while_no_other_is(kind: str) -> None:
    counting = await run(batch(1, "a"), batch(2, "b"), batch(3, "c", kind=kind), batch(4, "d"), batch(5, "e"))
    assert [one for one in counting.together if 3 in one] == [(3,)]
    assert (1, 2) in counting.together
    assert (4, 5) in counting.together


async def test_lines_that_cannot_be_stored_together_are_tried_alone() -> None:
    tried: list[tuple[int, bool]] = []

    async def take(one: Batch) -> Refusal | None:
        bad = [line for line in one.lines if isinstance(line, Line) and line.resource["id"] == "b"]
        tried.append((len(one.lines), any(isinstance(line, Refusal) for line in one.lines)))
        return WRONG if bad else None

    counting = Counting(batch(1, "a", "b", "c"))
    await Lanes(counting.draw, take).run()
    assert tried == [(3, False), (1, False), (1, False), (1, True), (1, False)]


async def test_when_one_breaks_all_end() -> None:
    async def take(one: Batch) -> Refusal | None:
        if one.until == 2:
            raise ConnectionResetError
        await asyncio.Event().wait()
        return None

    counting = Counting(*(batch(number, f"p{number}") for number in range(1, 9)))
    with pytest.raises(ConnectionResetError):
        await Lanes(counting.draw, take).run()
    assert len(counting.waiting) == 8 - AT_ONCE
