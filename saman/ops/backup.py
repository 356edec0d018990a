"""Backups of the whole database by PostgreSQL's own tools (https://www.postgresql.org/docs/current/app-pgdump.html).

They hold everything, also keys and sessions: keep them like the record itself.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops.backup_contents import archive_of, pack, unpack, unsound
from saman.ops.postgres import wheel_binaries
from saman.record.contents import Contents
from saman.record.restoring import analyse, empty_room, in_the_way

_DEBIAN = Path("/usr/lib/postgresql")
_SEES_ALL = "-c saman.context=0"
"""The owner is behind row-level security like everybody else; a dump is made in the system's own context."""


class Backup(msgspec.Struct, frozen=True):
    """A finished backup: the file, its size in bytes and its SHA-256."""

    file: Path
    size: int
    digest: str


def make_backup(admin_url: str, target: Path, now: datetime, contents: Contents | None = None) -> Backup | Refusal:
    """Write the database to `target`, or to a file named by the time in the folder `target`; with its checksum beside.

    What Binaries hold goes to an archive beside it, after the database, so that it has all that the database names.
    The file appears when it is whole. An existing file is never replaced.
    """
    file = target / f"saman-{now:%Y%m%d-%H%M%S}.dump" if target.is_dir() else target
    if file.exists():
        return refused(Kind.CONFLICT, "duplicate", f"{file} exists already. Name another file.", "FILE")
    tools = _tools(_major(admin_url))
    if isinstance(tools, Refusal):
        return tools
    try:
        with _unfinished(file) as part:
            command = ["pg_dump", "--format=custom", "--enable-row-security", f"--file={part}"]
            failed = _run(tools, command, admin_url) or _readable(tools, part)
            if failed is not None:
                return failed
            digest = _digest(part)
            packed = _packed(contents, archive_of(file))
            _keep(_checksum_file(file), f"{digest}  {file.name}\n{packed}")
            part.rename(file)
    except OSError as error:
        kind = Kind.STORAGE_FULL if error.errno == 28 else Kind.UNAVAILABLE
        return refused(kind, "exception", f"{file} cannot be written: {error.strerror}.", "FILE")
    return Backup(file, file.stat().st_size, digest)


def _packed(contents: Contents | None, archive: Path) -> str:
    """The line of the checksum file for the archive of contents, once it is there; empty when there are none."""
    if contents is None or not any(contents.all()):
        return ""
    with _unfinished(archive) as part:
        pack(contents, part)
        digest = _digest(part)
        part.rename(archive)
    return f"{digest}  {archive.name}\n"


def check_backup(file: Path) -> Backup | Refusal:
    """The backup in `file`, once its checksum has been compared and every block of it read."""
    checksum = _checksum_file(file)
    if not file.is_file() or not checksum.is_file():
        missing = checksum if file.is_file() else file
        return refused(Kind.NOT_FOUND, "not-found", f"{missing} is not there.", "FILE")
    digest = _digest(file)
    told = checksum.read_text("utf-8").split()
    if told[:1] != [digest]:
        text = f"{file} is not what was backed up: its checksum differs from the one in {checksum.name}."
        return refused(Kind.INVALID, "invalid", text, "FILE")
    archive = archive_of(file)
    if archive.name in told and (not archive.is_file() or _digest(archive) != told[told.index(archive.name) - 1]):
        text = f"{archive} is not there, or is not what was backed up: its checksum differs."
        return refused(Kind.INVALID, "invalid", text, "FILE")
    tools = unsound(file) or _tools(0)
    failed = tools if isinstance(tools, Refusal) else _readable(tools, file)
    return failed or Backup(file, file.stat().st_size, digest)


def bring_back(admin_url: str, file: Path, *, force: bool, contents: Contents | None = None) -> Backup | Refusal:
    """Put a checked backup into an empty database; with `force` in place of what is there. Whole or not at all.

    Contents come first: those that nothing refers to harm nobody, and are swept.
    """
    backup = check_backup(file)
    if isinstance(backup, Refusal):
        return backup
    with psycopg.connect(admin_url, autocommit=True) as connection:
        tools = in_the_way(connection, force=force) or _tools(connection.info.server_version // 10000)
        if isinstance(tools, Refusal):
            return tools
        unfit = unpack(file, contents) if contents is not None else None
        if unfit is not None:
            return unfit
        with empty_room(connection, wanted=force) as done:
            command = ["pg_restore", "--no-owner", "--single-transaction", "--exit-on-error"]
            database = conninfo_to_dict(admin_url).get("dbname", "")
            failed = _run(tools, [*command, f"--dbname={database}", str(file)], admin_url)
            if failed is not None:
                return failed
            done.append(True)
        analyse(connection)
    return backup


def _major(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.info.server_version // 10000


def _tools(major: int) -> Path | Refusal:
    """The folder with the oldest pg_dump and pg_restore that know a server of this version."""
    folders = [folder for folder in _DEBIAN.glob("*/bin") if (folder / "pg_restore").exists()]
    wheel = wheel_binaries()
    folders += [] if isinstance(wheel, Refusal) else [wheel]
    found = shutil.which("pg_restore")
    folders += [Path(found).parent] if found else []
    known = {folder: _version(folder) for folder in folders}
    fitting = sorted((version, folder) for folder, version in known.items() if version >= major)
    if fitting:
        return fitting[0 if major else -1][1]
    text = f"There is no pg_dump for PostgreSQL {major} here. Install the package postgresql-client-{major}."
    return refused(Kind.UNAVAILABLE, "not-supported", text)


def _version(folder: Path) -> int:
    said = subprocess.run([folder / "pg_restore", "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    number = re.search(r"\) (\d+)", said.stdout)
    return int(number[1]) if number else 0


def _readable(tools: Path, file: Path) -> Refusal | None:
    """Read every block, without a database."""
    return _run(tools, ["pg_restore", f"--file={os.devnull}", str(file)], "")


def _run(tools: Path, command: Sequence[str], url: str) -> Refusal | None:
    environment = {**os.environ, "LC_ALL": "C", **_connection(url)}
    words = [str(tools / command[0]), *command[1:]]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode == 0:
        return None
    lines = [line for line in done.stderr.splitlines() if "error:" in line]
    return refused(Kind.UNAVAILABLE, "exception", f"{command[0]} failed: {lines[0] if lines else 'it said nothing'}")


def _connection(url: str) -> Mapping[str, str]:
    """The parts of a URL as libpq's environment, so that no password stands in a list of processes."""
    if not url:
        return {}
    names = {one.keyword.decode(): one.envvar.decode() for one in pq.Conninfo.get_defaults() if one.envvar}
    given = {names[key]: str(value) for key, value in conninfo_to_dict(url).items() if key in names}
    return given | {"PGOPTIONS": _SEES_ALL}


@contextmanager
def _unfinished(file: Path) -> Iterator[Path]:
    part = file.with_name(f".{file.name}.part-{os.getpid()}")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _keep(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())


def _checksum_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.sha256")


def _digest(file: Path) -> str:
    with file.open("rb") as source:
        os.fsync(source.fileno())
        return hashlib.file_digest(source, "sha256").hexdigest()
