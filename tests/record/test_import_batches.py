"""Lines of a file by batches, ready to be stored."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import IO

import pytest

from saman.kernel.outcome import Refusal
from saman.ops import importing_batches
from saman.ops.importing_batches import Batch, Reading, Ready
from saman.ops.importing_done import Done
from saman.ops.importing_files import Line, unpacked
from saman.record import Record
from saman.record.change import judging

PATIENT = b'{"resourceType":"Patient","id":"p%d"}\n'


async def batches(record: Record, source: IO[bytes], done: Done | None = None) -> list[Batch]:
    ready, reading = Ready(record, lambda _: None), Reading(source, done or Done())
    found = [reading.next(ready, await judging(record))]
    while not found[-1].is_last:
        found.append(reading.next(ready, await judging(record)))
    return found


def people(many: int) -> IO[bytes]:
    return io.BytesIO(b"".join(PATIENT % number for number in range(1, many + 1)))


async def test_batches_follow_each_other(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing_batches, "TOGETHER", 4)
    found = await batches(record, people(10))
    assert [(one.after, one.until, len(one.lines)) for one in found] == [(0, 4, 4), (4, 8, 4), (8, 10, 2)]
    assert [line.key[1] for one in found for line in one.lines if isinstance(line, Line)][-1] == "p10"


async def test_what_is_done_is_passed_over(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing_batches, "TOGETHER", 4)
    found = await batches(record, people(14), Done(2, ((5, 8), (9, 10))))
    assert [(one.after, one.until) for one in found] == [(2, 5), (8, 9), (10, 14), (14, 14)]
    assert [number for one in found for number in one.numbers] == [3, 4, 5, 9, 11, 12, 13, 14]


async def test_long_lines_are_not_taken_together(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing_batches, "MOST_BYTES", 2 * len(PATIENT % 1))
    assert [len(one.lines) for one in await batches(record, people(6))] == [2, 2, 2, 0]


async def test_empty_lines_are_counted_and_passed_over(record: Record) -> None:
    (found,) = await batches(record, io.BytesIO(b"\n" + PATIENT % 1 + b"\r\n  \n" + PATIENT % 2))
    assert (found.numbers, found.until) == ((2, 5), 5)
    each = list(found.each())
    assert [(one.after, one.until, one.is_last) for one in each] == [(0, 2, False), (2, 5, True)]


async def test_a_bad_line_says_where_and_the_others_are_ready(record: Record) -> None:
    (found,) = await batches(record, io.BytesIO(PATIENT % 1 + b"{}\n" + PATIENT % 2))
    first, wrong, last = found.lines
    assert isinstance(first, Line)
    assert isinstance(last, Line)
    assert first.row is not None
    assert isinstance(wrong, Refusal)
    assert wrong.issues[0].path.startswith("line 2")


async def test_a_damaged_file_ends_with_why(record: Record, tmp_path: Path) -> None:
    file = tmp_path / "a.ndjson.gz"
    file.write_bytes(gzip.compress(PATIENT % 1 + PATIENT % 2, mtime=0)[:-9])
    with unpacked(file) as source:
        (found,) = await batches(record, source)
    assert found.is_last
    assert isinstance(found.lines[-1], Refusal)
    assert "damaged" in found.lines[-1].issues[0].text
