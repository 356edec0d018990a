"""The command line: exit status, one clear line, and serving from the outside."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from saman.ops import cli, postgres
from saman.ops.settings import Settings

SAMAN = [sys.executable, "-m", "saman.ops.cli"]


def run(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SAMAN, *words], cwd=folder, env=plain(environment), capture_output=True, text=True)


def plain(environment: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("SAMAN_")} | environment


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="saman-cli-"))
    made.chmod(0o755)
    yield made
    left = postgres.start(made / "data", lambda _: None) if (made / "data" / "postgres.json").exists() else None
    if isinstance(left, postgres.Cluster):
        postgres.remove(left)
    shutil.rmtree(made)


class Serving:
    """`saman serve` as a process: what it says, and where it serves."""

    def __init__(self, folder: Path) -> None:
        environment = plain({"SAMAN_PORT": "0", "SAMAN_DATA_DIR": str(folder / "data"), "SAMAN_WORKERS": "2"})
        environment |= {"SAMAN_REGION": str(Path(__file__).parents[3] / "regions" / "no-agder"), "SAMAN_DEMO": "none"}
        self.process = subprocess.Popen(
            [*SAMAN, "serve"], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []
        self.address = self.wait_for("ready at").split()[-1]

    def wait_for(self, words: str) -> str:
        for line in self.process.stderr:
            self.lines.append(line)
            if words in line:
                return line
        pytest.fail("".join(self.lines))

    def get(self, path: str) -> int:
        with urllib.request.urlopen(self.address + path) as answer:
            return answer.status

    def children(self) -> list[psutil.Process]:
        return [one for one in psutil.Process(self.process.pid).children() if "saman.ops.server" in one.cmdline()]


@pytest.fixture
def serving(folder: Path) -> Iterator[Serving]:
    made = Serving(folder)
    yield made
    if made.process.poll() is None:
        made.process.terminate()
    made.process.wait()
    made.process.stderr.close()


def is_gone(pid: int) -> bool:
    """Whether a process has ended, also where nobody has collected its status yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_help_and_version_are_done(folder: Path) -> None:
    assert run("--help", folder=folder).returncode == 0
    assert "serve" in run("--help", folder=folder).stdout
    assert run("--version", folder=folder).returncode == 0


@pytest.mark.parametrize("words", [["nonsense"], ["serve", "--colour", "blue"], ["serve", "extra"]])
def test_wrong_use_is_two_with_one_line(folder: Path, words: list[str]) -> None:
    done = run(*words, folder=folder)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_a_refusal_is_one_with_one_line(folder: Path) -> None:
    done = run("serve", folder=folder, SAMAN_MODE="production")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "SAMAN_PUBLIC_URL must be an https address in production.\n"


def test_every_command_that_is_there_can_be_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    for command in cli.app():
        if not command.startswith("-"):
            assert cli.main([command, "--help"]) == 0, command
    assert "Usage: saman serve" in capsys.readouterr().out


def test_serving_answers_and_stops_cleanly_with_its_database(serving: Serving, folder: Path) -> None:
    assert serving.get("/health/live") == serving.get("/health/ready") == 200
    assert (folder / "data" / "run" / "server.pid").read_text() == f"{serving.process.pid}\n"
    database = int((folder / "data" / "run" / "postgres.pid").read_text())
    serving.process.send_signal(signal.SIGTERM)
    serving.process.wait()
    assert serving.process.returncode == 0
    assert not list((folder / "data" / "run").glob("*.pid"))
    assert is_gone(database)


@pytest.mark.kills
def test_kill_9_of_the_parent_leaves_no_server_behind(serving: Serving) -> None:
    children = serving.children()
    assert len(children) == 2
    serving.process.kill()
    serving.process.wait()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []


@pytest.mark.kills
def test_a_killed_child_is_replaced(serving: Serving) -> None:
    serving.children()[0].kill()
    serving.wait_for("is replaced")
    assert serving.get("/health/live") == 200


@pytest.mark.kills
def test_a_killed_database_is_started_again(serving: Serving, folder: Path) -> None:
    first = (folder / "data" / "run" / "postgres.pid").read_text()
    psutil.Process(int(first)).kill()
    while (folder / "data" / "run" / "postgres.pid").read_text() in (first, ""):
        assert serving.process.poll() is None
    assert serving.get("/health/live") == 200


def test_a_port_that_is_taken_is_refused(serving: Serving, folder: Path) -> None:
    port = serving.address.rpartition(":")[2]
    done = run("serve", folder=folder, SAMAN_PORT=port, SAMAN_DATA_DIR=str(folder / "other"))
    assert done.returncode == 1
    assert "Choose another SAMAN_HOST or SAMAN_PORT" in done.stderr


@pytest.mark.parametrize("power", ["superuser", "admin"])
def test_serving_under_a_mighty_role_is_refused(cluster: postgres.Cluster, power: str) -> None:
    unfit = postgres.unfit_role(getattr(cluster, f"{power}_url")("saman"))
    assert unfit is not None
    assert "Give one in SAMAN_DATABASE_URL" in unfit.issues[0].text
    assert postgres.unfit_role(cluster.app_url()) is None


def test_a_database_that_is_not_there_is_refused_in_one_line(folder: Path) -> None:
    url = f"postgresql://saman_app:secret@/saman?host={folder}"
    done = run("serve", folder=folder, SAMAN_DATABASE_URL=url, SAMAN_PORT="0")
    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert "secret" not in done.stderr


def test_the_address_is_where_browsers_reach_it() -> None:
    assert Settings(public_url="https://saman.example/").address == "https://saman.example"
