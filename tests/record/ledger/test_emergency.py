"""While the log takes nothing, reading stops; in emergency mode entries go elsewhere and come in later, each once."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from saman.record.audit import ELSEWHERE, AuditWriter, Unlogged
from saman.record.ledger import taking_in
from saman.record.ledger.emergency import (
    EmergencyLog,
    Mode,
    Tampered,
    cipher_of,
    files_of,
    lines_of,
    read_mode,
    write_mode,
)
from saman.record.ledger.journal import line_of
from saman.record.ledger.taking_in import take_in
from saman.record.ledger.verify import verify
from saman.record.traffic import Settled
from tests.record.ledger.conftest import Kept, entry

SECRET = b"s" * 32
START = 1_800_000_000.0
FULL = """CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END$$;
CREATE TRIGGER no_room BEFORE INSERT ON audit EXECUTE FUNCTION no_room()"""
ROOM = "DROP FUNCTION IF EXISTS no_room CASCADE"


class Time:
    """A clock that goes on with each look."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "elsewhere"
    made.mkdir()
    return made


@pytest.fixture
def beside(folder: Path, clock: Time) -> Iterator[EmergencyLog]:
    """The emergency log of one process, switched on for an hour."""
    write_mode(folder, Mode(START, START + 3600, "the disk is full"))
    made = EmergencyLog(folder, SECRET, clock)
    yield made
    made.close()


@pytest.fixture
def full(ledger: Kept) -> Iterator[Kept]:
    """A log whose storage is full."""
    with psycopg.connect(ledger.database.superuser_url, autocommit=True) as owner:
        owner.execute(FULL)
        yield ledger
        owner.execute(ROOM)


def make_room(ledger: Kept) -> None:
    with psycopg.connect(ledger.database.superuser_url, autocommit=True) as owner:
        owner.execute(ROOM)


def logged(ledger: Kept) -> list[str]:
    """The requests in the log, in their order."""
    with psycopg.connect(ledger.database.superuser_url) as owner:
        return [row[0] for row in owner.execute("SELECT request FROM audit ORDER BY entry")]


async def test_a_full_log_stops_reading(full: Kept) -> None:
    with pytest.raises(Unlogged):
        await AuditWriter(full.pool).write(entry(1))
    assert logged(full) == []


async def test_a_full_log_stops_reading_unless_somebody_has_said_otherwise(full: Kept, folder: Path) -> None:
    writer = AuditWriter(full.pool)
    writer.beside = EmergencyLog(folder, SECRET)
    with pytest.raises(Unlogged):
        await writer.write(entry(1))
    assert files_of(folder) == []


async def test_in_emergency_mode_entries_are_kept_and_come_in_once(
    full: Kept, beside: EmergencyLog, folder: Path
) -> None:
    writer = AuditWriter(full.pool)
    writer.beside = beside
    assert await writer.write(entry(1), entry(2)) == [ELSEWHERE, ELSEWHERE]
    assert await writer.write(entry(3)) == [ELSEWHERE]
    make_room(full)
    assert await writer.write(entry(4)) != [ELSEWHERE]
    assert await take_in(full.pool, folder, SECRET) == 3
    assert await take_in(full.pool, folder, SECRET) == 0
    assert logged(full) == [entry(number).context.request for number in (4, 1, 2, 3)]
    assert files_of(folder) == [], "what is taken in whole and closed is removed"


async def test_what_comes_in_is_what_was_written(full: Kept, beside: EmergencyLog, folder: Path) -> None:
    beside.append([entry(number) for number in range(60)])
    make_room(full)
    await take_in(full.pool, folder, SECRET)
    twin = await AuditWriter(full.pool).write(*(entry(number) for number in range(60)))
    with psycopg.connect(full.database.superuser_url) as owner:
        rows = owner.execute("SELECT * FROM audit ORDER BY entry").fetchall()
    assert [row[1:] for row in rows[:60]] == [row[1:] for row in rows[60:]]
    assert len(twin) == 60


async def test_it_is_over_when_its_time_is(full: Kept, beside: EmergencyLog, clock: Time) -> None:
    writer = AuditWriter(full.pool)
    writer.beside = beside
    clock.now = START + 3599
    await writer.write(entry(1))
    clock.now = START + 3600
    with pytest.raises(Unlogged):
        await writer.write(entry(2))


async def test_where_neither_takes_entries_reading_stops(
    full: Kept, beside: EmergencyLog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = AuditWriter(full.pool)
    writer.beside = beside
    await writer.write(entry(1))

    def fails(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(Unlogged):
        await writer.write(entry(2))
    monkeypatch.undo()
    await writer.write(entry(3))
    beside.close()
    make_room(full)
    await take_in(full.pool, folder, SECRET)
    assert logged(full) == [entry(number).context.request for number in (1, 3)], "what was not answered is not logged"


async def test_nobody_reads_the_files_without_the_database(beside: EmergencyLog, folder: Path) -> None:
    beside.append([entry(1)])
    text = files_of(folder)[0].read_bytes()
    told = [one.encode() for one in entry(1).row() if isinstance(one, str) and len(one) >= 8]
    assert len(told) > 2, "short texts turn up by chance"
    for kept in (text, base64.b64decode(text)):
        assert [one for one in told if one in kept] == []
    with pytest.raises(Tampered):
        list(lines_of(files_of(folder)[0], cipher_of(b"x" * 32)))


async def test_several_processes_come_in_in_the_order_of_time(
    full: Kept, beside: EmergencyLog, folder: Path, clock: Time
) -> None:
    other = EmergencyLog(folder, SECRET, clock)
    for number in range(12):
        (beside, other)[number % 2].append([entry(number)])
    other.close()
    make_room(full)
    assert await take_in(full.pool, folder, SECRET) == 12
    assert logged(full) == [entry(number).context.request for number in range(12)]
    assert len(files_of(folder)) == 1, "a file that is written to stays"
    beside.append([entry(12)])
    assert await take_in(full.pool, folder, SECRET) == 1


class Killed(BaseException):
    """The process was killed."""


class Mortal:
    """A connection whose process is killed before a statement, or once it is done."""

    def __init__(self, real: Any, left: int) -> None:
        self._real, self._left = real, left

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def _counted(self, method: Any, *arguments: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            raise Killed
        return await method(*arguments)

    async def fetch(self, *arguments: Any) -> Any:
        return await self._counted(self._real.fetch, *arguments)

    async def execute(self, *arguments: Any) -> Any:
        return await self._counted(self._real.execute, *arguments)


async def test_killed_at_any_statement_each_entry_comes_in_once(
    full: Kept, folder: Path, monkeypatch: pytest.MonkeyPatch, clock: Time
) -> None:
    monkeypatch.setattr(taking_in, "BATCH", 7)
    make_room(full)
    for statement in range(1, 13):
        processes = [EmergencyLog(folder, SECRET, clock) for _ in range(2)]
        for number in range(30):
            processes[number % 3 == 0].append([entry(number)])
        for one in processes:
            one.close()
        async with full.pool.acquire() as connection:
            with pytest.raises(Killed):
                await taking_in._taken_in(Mortal(connection, statement), files_of(folder), SECRET)
        await take_in(full.pool, folder, SECRET)
        assert logged(full)[-30:] == [entry(number).context.request for number in range(30)]
        assert (len(logged(full)), files_of(folder)) == (statement * 30, [])


async def test_killed_before_the_file_is_removed_nothing_comes_in_twice(
    full: Kept, beside: EmergencyLog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside.append([entry(1), entry(2)])
    beside.close()
    make_room(full)

    def killed(file: Path, taken: int) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(taking_in, "_remove", killed)
        with pytest.raises(Killed):
            await take_in(full.pool, folder, SECRET)
    assert await take_in(full.pool, folder, SECRET) == 0
    assert (len(logged(full)), files_of(folder)) == (2, [])


async def test_a_crash_in_the_middle_of_a_line_loses_only_what_nobody_was_answered(
    full: Kept, beside: EmergencyLog, folder: Path
) -> None:
    beside.append([entry(1)])
    beside.close()
    [file] = files_of(folder)
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:40])
    make_room(full)
    assert await take_in(full.pool, folder, SECRET) == 1
    assert files_of(folder) == []


@pytest.mark.parametrize("change", ["edited", "removed", "swapped", "moved"])
async def test_a_changed_line_is_found_and_what_comes_before_it_is_taken_in(
    full: Kept, beside: EmergencyLog, folder: Path, change: str
) -> None:
    beside.append([entry(number) for number in range(3)])
    beside.close()
    [file] = files_of(folder)
    one, two, three = file.read_bytes().splitlines(keepends=True)
    wrong = b"A" if two[:1] != b"A" else b"B"
    changed = {"edited": [one, wrong + two[1:], three], "removed": [one, three], "swapped": [one, three, two]}
    file.write_bytes(b"".join(changed.get(change, [one, two, three])))
    if change == "moved":
        file.rename(file.with_name(f"0{file.name}"))
    make_room(full)
    assert await take_in(full.pool, folder, SECRET) == (0 if change == "moved" else 1)
    with psycopg.connect(full.database.superuser_url, autocommit=True) as owner:
        owner.execute("UPDATE instance SET secret = %s", (SECRET,))
    verdict = verify(full.database.superuser_url, (), full.folder, lambda _: None, 1, folder)
    assert "in the emergency log" in verdict.findings[-1].what


async def test_verification_counts_what_waits(full: Kept, beside: EmergencyLog, folder: Path) -> None:
    with psycopg.connect(full.database.superuser_url, autocommit=True) as owner:
        owner.execute("UPDATE instance SET secret = %s", (SECRET,))
    beside.append([entry(number) for number in range(3)])
    assert verify(full.database.superuser_url, (), full.folder, lambda _: None, 1, folder).elsewhere == 3
    make_room(full)
    await take_in(full.pool, folder, SECRET)
    assert verify(full.database.superuser_url, (), full.folder, lambda _: None, 1, folder).elsewhere == 0
    lines = files_of(folder)[0].read_bytes().splitlines(keepends=True)
    files_of(folder)[0].write_bytes(b"".join(lines[:2]))
    assert (
        "cut off" in verify(full.database.superuser_url, (), full.folder, lambda _: None, 1, folder).findings[-1].what
    )


async def test_the_notes_of_the_servers_leave_them_to_the_emergency_log(beside: EmergencyLog) -> None:
    noted = line_of(Settled((entry(1), entry(2)), (ELSEWHERE, 5), (), 0), START)
    assert [kept.number for kept in noted.entries] == [5]


def test_what_cannot_be_read_is_off(folder: Path) -> None:
    assert read_mode(folder) is None
    (folder / "mode.json").write_text("{")
    assert EmergencyLog(folder, SECRET).mode is None
    write_mode(folder, Mode(0.0, 1.0, "long ago"))
    assert EmergencyLog(folder, SECRET).mode is None
    assert (folder / "mode.json").stat().st_mode & 0o077 == 0
    write_mode(folder, None)
    assert read_mode(folder) is None
