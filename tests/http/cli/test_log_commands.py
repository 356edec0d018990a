"""`saman emergency-log` and `saman erase-log` from the outside."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import psycopg
import pytest

from saman.record.ledger.emergency import files_of
from tests.http.cli.conftest import AGDER, Saman

pytestmark = [pytest.mark.usefixtures("people"), pytest.mark.postgres]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.setenv("SAMAN_EMERGENCY_LOG", str(folder))
    return folder


def told(database) -> list[str]:
    """What the log says of emergency mode, oldest first."""
    with psycopg.connect(database.superuser_url) as owner:
        rows = owner.execute("SELECT query FROM audit WHERE query LIKE 'administration emergency%' ORDER BY entry")
        return [row[0] for row in rows]


def test_it_is_switched_on_for_a_time_and_off_and_the_log_says_so(saman: Saman, elsewhere: Path, database) -> None:
    before = len(told(database))
    assert saman("emergency-log", "on", "--reason", "the disk is full", "--hours", "2").status == 0
    state = saman("emergency-log", "status")
    assert state.out.startswith("On until ")
    assert state.out.endswith(" UTC: the disk is full; 0 files wait\n")
    mode = json.loads((elsewhere / "mode.json").read_text())
    assert mode["until"] - mode["since"] == 7200
    assert saman("emergency-log", "off").status == 0
    assert saman("emergency-log", "status").out == "Off; 0 files wait\n"
    assert [line.removeprefix("administration emergency-log ") for line in told(database)[before:]] == [
        "on for 2 h: the disk is full",
        "off",
    ]


@pytest.mark.parametrize(
    "words", [("--reason", "x"), ("--reason", "y" * 201), ("--reason", "long enough", "--hours", "73"), ()]
)
def test_it_needs_a_reason_and_an_end(saman: Saman, elsewhere: Path, words: tuple[str, ...]) -> None:
    assert saman("emergency-log", "on", *words).status != 0
    assert list(elsewhere.iterdir()) == []


def test_without_a_folder_there_is_none(saman: Saman, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for setting in ("", str(tmp_path / "nowhere")):
        monkeypatch.setenv("SAMAN_EMERGENCY_LOG", setting)
        for words in (("on", "--reason", "the disk is full"), ("off",), ("status",)):
            done = saman("emergency-log", *words)
            assert (done.status, "SAMAN_EMERGENCY_LOG" in done.err) == (1, True)


def test_when_the_log_is_full_the_entry_that_says_so_is_kept_beside_it(saman: Saman, elsewhere: Path, database) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as owner:
        owner.execute("ALTER TABLE audit RENAME TO audit_away")
        try:
            done = saman("emergency-log", "on", "--reason", "the log is away")
        finally:
            owner.execute("ALTER TABLE audit_away RENAME TO audit")
    assert (done.status, done.err.startswith("On until")) == (0, True)
    assert len(files_of(elsewhere)) == 1


def test_nothing_that_has_to_be_kept_is_erased_without_a_decision(saman: Saman, database, monkeypatch) -> None:
    monkeypatch.setenv("SAMAN_DATABASE_ADMIN_URL", database.admin_url)
    assert saman("erase-log").out == "There is nothing to erase.\n"
    young = saman("erase-log", "--before", "2026-11-01T00:00:00Z", "--yes")
    assert (young.status, "Row R20" in young.err) == (1, True)
    assert saman("erase-log", "--before", "2026-11-01", "--yes").status == 1
    assert saman("erase-log", "--decision", "a: b", "--yes").status == 1
    monkeypatch.setenv("SAMAN_DATABASE_ADMIN_URL", "")
    assert "SAMAN_DATABASE_ADMIN_URL" in saman("erase-log").err


def test_how_long_the_log_is_kept_is_read_from_what_was_applied(
    saman: Saman, database, monkeypatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SAMAN_DATABASE_ADMIN_URL", database.admin_url)
    assert saman("model", "apply", AGDER).status == 0
    shutil.copytree(AGDER.parent, tmp_path / "regions")
    rows = tmp_path / "regions" / "countries" / "no.access.yaml"
    kept = rows.read_text("utf-8")
    assert "keep: P5Y" in kept
    rows.write_text(kept.replace("keep: P5Y", "keep: P1D"), "utf-8")
    monkeypatch.setenv("SAMAN_REGION", str(tmp_path / "regions" / "no-agder"))
    young = saman("erase-log", "--before", "2026-11-01T00:00:00Z")
    assert (young.status, "Row R20 keeps" in young.err) == (1, True)


def test_erasing_tells_first_and_does_it_when_told(saman: Saman, database, monkeypatch) -> None:
    monkeypatch.setenv("SAMAN_DATABASE_ADMIN_URL", database.admin_url)
    with psycopg.connect(database.superuser_url, autocommit=True) as owner:
        owner.execute("UPDATE audit SET at = '2019-01-01' WHERE entry = (SELECT min(entry) FROM audit)")
        while (owner.execute("SELECT ledger_extend(5000)").fetchone() or (0,))[0] > 0:
            pass
        owner.execute("INSERT INTO ledger_checkpoint SELECT max(position) + 1, '', '', now() FROM ledger_leaf")
        try:
            first = saman("erase-log")
            assert first.out == "Would erase 1 entries, made from 2019-01-01 to 2019-01-01. Nothing was changed.\n"
            assert saman("erase-log", "--yes").out == "Erased 1 entries. Their commitments stay.\n"
            assert saman("erase-log", "--yes").out == "There is nothing to erase.\n"
        finally:
            owner.execute("DELETE FROM ledger_checkpoint")
    done = saman("verify", "audit")
    assert (done.status, "1 erased" in done.out) == (0, True)
