"""`saman verify audit` from the outside: 0 when nobody touched the log, else 1 and the first bad entry in one line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg
import pytest

from saman.kernel.outcome import Refusal
from saman.ops.settings import load
from saman.record.ledger.note import Checkpoint, Signer, own_signer
from saman.record.ledger.witness import Kept
from tests.http.cli.conftest import Saman

pytestmark = [pytest.mark.usefixtures("people"), pytest.mark.postgres]


@pytest.fixture(autouse=True)
def as_owner(database, monkeypatch) -> None:
    monkeypatch.setenv("SAMAN_DATABASE_ADMIN_URL", database.admin_url)


@pytest.fixture
def entries(database) -> int:
    """How many entries have a place now."""
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        connection.execute("SELECT ledger_extend(5000)")
        row = connection.execute("SELECT count(position) FROM ledger_leaf").fetchone()
    assert row is not None
    return int(row[0])


def test_a_log_that_nobody_touched_is_whole(saman: Saman, entries: int) -> None:
    done = saman("verify", "audit")
    assert (done.status, done.err) == (0, "")
    assert done.out == f"Whole: {entries} entries, 0 waiting, 0 checkpoints\n"


def test_the_first_bad_entry_is_named(saman: Saman, entries: int, database) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        [(number, actor)] = connection.execute("SELECT entry, actor FROM audit ORDER BY entry OFFSET 2 LIMIT 1")
        connection.execute("UPDATE audit SET actor = 'Practitioner/x' WHERE entry = %s", (number,))
        done = saman("verify", "audit")
        connection.execute("UPDATE audit SET actor = %s WHERE entry = %s", (actor, number))
    assert done.status == 1
    assert done.err.count("\n") == 1
    assert f"the first bad entry is {number}, at place 2: it is not what was logged" in done.err
    assert saman("verify", "audit").status == 0
    assert entries > 2


def test_it_needs_the_owner_and_copies_that_are_there(saman: Saman, monkeypatch, tmp_path: Path) -> None:
    missing = saman("verify", "audit", "--copy", tmp_path / "nothing")
    assert (missing.status, missing.err.count("\n")) == (1, 1)
    assert "nothing" in missing.err
    (tmp_path / "copy").write_text("no checkpoint")
    unsigned = saman("verify", "audit", "--copy", tmp_path / "copy")
    assert (unsigned.status, "not signed by this ledger" in unsigned.out) == (1, True)
    monkeypatch.setenv("SAMAN_DATABASE_ADMIN_URL", "")
    alone = saman("verify", "audit")
    assert (alone.status, "SAMAN_DATABASE_ADMIN_URL" in alone.err) == (1, True)


def test_a_key_and_witnesses_that_are_none_are_refused(saman: Saman, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAMAN_LEDGER_WITNESSES", "http://elsewhere.example/ledger key")
    assert "SAMAN_LEDGER_WITNESSES" in saman("verify", "audit").err
    monkeypatch.setenv("SAMAN_LEDGER_WITNESSES", f"file:{tmp_path}/kept")
    monkeypatch.setenv("SAMAN_LEDGER_NEIGHBOURS", "no key")
    assert saman("verify", "audit").status == 1
    monkeypatch.setenv("SAMAN_LEDGER_NEIGHBOURS", "")
    (tmp_path / "key").write_text("no key")
    monkeypatch.setenv("SAMAN_LEDGER_KEY", str(tmp_path / "key"))
    assert "SAMAN_LEDGER_KEY" in saman("verify", "audit").err


def test_a_key_that_is_not_the_one_it_was_is_told(saman: Saman, entries: int, monkeypatch, tmp_path: Path) -> None:
    """Whoever has the machine signs everything anew with a key of their own."""
    monkeypatch.setenv("SAMAN_LEDGER_KEY", str(tmp_path / "key"))
    assert saman("verify", "audit").status == 0
    former = own_signer("localhost:8600", tmp_path / "former")
    assert isinstance(former, Signer)
    settings = load()
    assert not isinstance(settings, Refusal)
    file = settings.data_dir / "ledger" / f"checkpoints-{former.verifier.id.hex()}.jsonl"
    note = former.sign(Checkpoint("localhost:8600", entries, b"r" * 32))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.encode(Kept(datetime(2026, 11, 22, tzinfo=UTC), note)) + b"\n")
    told = saman("verify", "audit")
    file.unlink()
    assert (told.status, f"{file.name} is not signed by this ledger" in told.out) == (1, True)
