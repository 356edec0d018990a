"""`saman backup`, `restore` and `verify backup` from the outside, on whichever PostgreSQL is under test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from saman.ops import postgres
from tests.http.cli.conftest import Saman

pytestmark = [pytest.mark.usefixtures("people"), pytest.mark.postgres]


@pytest.fixture(autouse=True)
def as_owner(database, monkeypatch) -> None:
    monkeypatch.setenv("SAMAN_DATABASE_ADMIN_URL", database.admin_url)


@pytest.fixture
def empty(cluster: postgres.Cluster, monkeypatch) -> Iterator[str]:
    """A new database without any table; call `there` to let commands use it."""
    name = "test_restored"
    with psycopg.connect(cluster.superuser_url(), autocommit=True) as connection:
        postgres.make_database(connection, name)
        yield name
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def use(cluster: postgres.Cluster, name: str, monkeypatch) -> None:
    monkeypatch.setenv("SAMAN_DATABASE_URL", cluster.app_url(name))
    monkeypatch.setenv("SAMAN_DATABASE_ADMIN_URL", cluster.admin_url(name))


def exported(saman: Saman, folder: Path) -> dict[str, bytes]:
    assert saman("export", folder).status == 0
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_what_was_backed_up_comes_back_fenced(
    saman: Saman, cluster: postgres.Cluster, empty: str, tmp_path: Path, monkeypatch
) -> None:
    before = exported(saman, tmp_path / "before")
    file = tmp_path / "one.dump"
    done = saman("backup", file)
    assert (done.status, done.err) == (0, "")
    assert (file.stat().st_mode & 0o777, sorted(one.name for one in tmp_path.glob("*one*"))) == (
        0o600, ["one.dump", "one.dump.sha256"],
    )  # fmt: skip
    assert saman("verify", "backup", file).status == 0
    use(cluster, empty, monkeypatch)
    assert saman("restore", file).status == 0
    assert exported(saman, tmp_path / "after") == before
    with psycopg.connect(cluster.app_url(empty), autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM resource").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM audit")
    second = saman("restore", file)
    assert (second.status, second.err.count("\n")) == (1, 1)
    assert "--force" in second.err


def test_force_goes_back_to_what_was_backed_up(saman: Saman, database, tmp_path: Path) -> None:
    file = tmp_path / "one.dump"
    assert saman("backup", file).status == 0
    before = exported(saman, tmp_path / "before")
    (tmp_path / "new.json").write_text('{"resourceType": "Patient", "id": "later"}')
    assert saman("import", tmp_path / "new.json").status == 0
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE from_the_future (x integer)")
    assert saman("restore", file, "--force").status == 0
    assert exported(saman, tmp_path / "after") == before
    with psycopg.connect(database.admin_url) as connection:
        told = connection.execute("SELECT to_regclass('from_the_future'), to_regnamespace('saman_before')").fetchone()
    assert told == (None, None)


def test_a_restore_that_fails_leaves_what_was_there(saman: Saman, database, tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "one.dump"
    assert saman("backup", file).status == 0
    before = exported(saman, tmp_path / "before")
    monkeypatch.setenv("PGTZ", "no/such/zone")
    done = saman("restore", file, "--force")
    monkeypatch.delenv("PGTZ")
    assert (done.status, done.err.count("\n")) == (1, 1)
    assert exported(saman, tmp_path / "after") == before


def test_nobody_may_use_the_database_meanwhile(saman: Saman, database, tmp_path: Path) -> None:
    file = tmp_path / "one.dump"
    assert saman("backup", file).status == 0
    with psycopg.connect(database.app_url):
        done = saman("restore", file, "--force")
    assert done.status == 1
    assert "Stop `saman serve`" in done.err


def test_a_backup_that_was_changed_is_noticed(saman: Saman, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    assert saman("backup", folder).status == 0
    (file,) = folder.glob("saman-*.dump")
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 1
    file.write_bytes(body)
    for words in (["verify", "backup", file], ["restore", file, "--force"]):
        done = saman(*words)
        assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
        assert "checksum differs" in done.err
    file.with_name(f"{file.name}.sha256").unlink()
    assert "is not there" in saman("verify", "backup", file).err


def test_a_backup_replaces_nothing_and_needs_the_owner(saman: Saman, tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "mine"
    file.write_text("mine")
    done = saman("backup", file)
    assert (done.status, done.err.count("\n"), file.read_text()) == (1, 1, "mine")
    monkeypatch.delenv("SAMAN_DATABASE_ADMIN_URL")
    assert "SAMAN_DATABASE_ADMIN_URL" in saman("backup", tmp_path / "other").err
    assert saman("backup").status == saman("verify", "backup").status == 2
