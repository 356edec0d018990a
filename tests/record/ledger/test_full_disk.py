"""Where writing really fails: files that may not grow, and a log on a disk of one megabyte."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import psycopg
import pytest
from psycopg import sql

from saman.record.audit import ELSEWHERE, AuditWriter, Entry, Unlogged
from saman.record.ledger.emergency import EmergencyLog, Mode, cipher_of, files_of, lines_of, write_mode
from saman.record.ledger.journal import files_of as notes_of
from saman.record.ledger.journal import lines_of as noted_in
from saman.record.ledger.taking_in import take_in
from tests.record.ledger.conftest import Kept, entry
from tests.record.ledger.filling import SECRET, TRIES

ROOT = Path(__file__).parents[3]
BATCH = 50


def fill(what: str, folder: Path, most: int) -> list[bool]:
    """Which tries of a process succeeded whose files hold that many bytes at first."""
    command = [sys.executable, "-m", "tests.record.ledger.filling", what, str(folder), str(most)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    return [one == "1" for one in done.stdout.splitlines()[-1]]


@pytest.mark.parametrize("most", [0, 100, 1500])
def test_an_entry_counts_when_all_of_it_is_on_the_disk(tmp_path: Path, most: int) -> None:
    kept = fill("emergency", tmp_path, most)
    assert kept[TRIES // 2 :] == [True] * (TRIES - TRIES // 2), "as soon as there is room"
    assert any(kept[: TRIES // 2]) is (most == 1500)
    assert not all(kept[: TRIES // 2])
    there = [line.row[1] for file in files_of(tmp_path) for line in lines_of(file, cipher_of(SECRET))]
    wanted = [entry(number).context.request for number, well in enumerate(kept) if well]
    assert sorted(there) == sorted(wanted), "what was refused is not there, what was kept is there once"


@pytest.mark.parametrize("most", [0, 100, 1500])
def test_notes_that_do_not_fit_stop_nothing_and_spoil_no_other(tmp_path: Path, most: int) -> None:
    noted = fill("notes", tmp_path, most)
    assert noted[TRIES // 2 :] == [True] * (TRIES - TRIES // 2)
    there = [line.request for file in notes_of(tmp_path) for line in noted_in(file)]
    wanted = [entry(number).context.request for number, well in enumerate(noted) if well]
    assert sorted(there) == sorted(wanted)


@pytest.fixture
def small(ledger: Kept) -> Iterator[Kept]:
    """A log that lies on a disk of one megabyte; everything else of the database has room."""
    with psycopg.connect(ledger.database.superuser_url, autocommit=True) as owner:
        row = owner.execute("SHOW data_directory").fetchone()
        data = Path(row[0] if row else "")
        folder = Path(tempfile.mkdtemp(prefix="saman-small-"))
        try:
            if not mounted(folder, data):
                pytest.skip("a small disk can be mounted by root only, beside a database of this machine")
            name = sql.Identifier(f"small_{secrets.token_hex(4)}")
            owner.execute(sql.SQL("CREATE TABLESPACE {} LOCATION {}").format(name, sql.Literal(str(folder))))
            owner.execute(sql.SQL("ALTER TABLE audit SET TABLESPACE {}").format(name))
            yield ledger
            owner.execute("ALTER TABLE audit SET TABLESPACE pg_default")
            owner.execute(sql.SQL("DROP TABLESPACE {}").format(name))
            owner.execute("CHECKPOINT")
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)
            shutil.rmtree(folder, ignore_errors=True)


def mounted(folder: Path, data: Path) -> bool:
    if os.geteuid() != 0 or shutil.which("mount") is None or not data.exists():
        return False
    owner = data.stat()
    options = f"size=1m,mode=700,uid={owner.st_uid},gid={owner.st_gid}"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def bulky(number: int) -> Entry:
    """An entry of half a kilobyte that does not get smaller."""
    one = entry(number)
    context = msgspec.structs.replace(one.context, request=f"{one.context.request}-{secrets.token_hex(250)}")
    return msgspec.structs.replace(one, context=context)


async def until_full(writer: AuditWriter) -> tuple[list[str], int]:
    """Write until the log takes no more: the requests that were answered, and how many entries were tried."""
    answered: list[str] = []
    for turn in range(200):
        several = [bulky(turn * BATCH + number) for number in range(BATCH)]
        try:
            await writer.write(*several)
        except Unlogged:
            return answered, (turn + 1) * BATCH
        answered += [one.context.request for one in several]
    raise AssertionError("the disk does not become full")


def requests(ledger: Kept) -> Counter[str]:
    with psycopg.connect(ledger.database.superuser_url) as owner:
        return Counter(row[0] for row in owner.execute("SELECT request FROM audit"))


def make_room(ledger: Kept) -> None:
    with psycopg.connect(ledger.database.superuser_url, autocommit=True) as owner:
        owner.execute("ALTER TABLE audit SET TABLESPACE pg_default")


async def test_a_full_disk_stops_reading_and_loses_nothing(small: Kept) -> None:
    writer = AuditWriter(small.pool)
    answered, tried = await until_full(writer)
    assert len(answered) > BATCH
    with pytest.raises(Unlogged):
        await writer.write(*(bulky(tried + number) for number in range(BATCH)))
    assert requests(small) == Counter(answered)
    make_room(small)
    await writer.write(entry(tried + BATCH))
    assert await small.number() == len(answered) + 1
    await small.sign()
    assert small.verify().findings == ()


async def test_in_emergency_mode_reading_goes_on_and_every_entry_comes_in_once(small: Kept, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with psycopg.connect(small.database.superuser_url) as owner:
        row = owner.execute("SELECT secret FROM instance").fetchone()
    secret = bytes(row[0]) if row else b""
    writer = AuditWriter(small.pool)
    answered, tried = await until_full(writer)
    with closing(EmergencyLog(elsewhere, secret)) as emergency:
        writer.beside = emergency
        with pytest.raises(Unlogged):
            await writer.write(*(bulky(tried + number) for number in range(BATCH)))
        write_mode(elsewhere, Mode(0.0, 2.0**40, "the disk is full"))
        for turn in range(1, 4):
            several = [bulky(tried + turn * BATCH + number) for number in range(BATCH)]
            assert set(await writer.write(*several)) == {ELSEWHERE}
            answered += [one.context.request for one in several]
        make_room(small)
        await writer.write(last := bulky(tried + 4 * BATCH))
    assert await take_in(small.pool, elsewhere, secret) == 3 * BATCH
    assert requests(small) == Counter([*answered, last.context.request])
    assert files_of(elsewhere) == []
    await small.number()
    await small.sign()
    assert small.verify().findings == ()
