"""`saman backup`, `saman restore` and `saman verify backup`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops import database
from saman.ops.backup import Backup, bring_back, check_backup, make_backup
from saman.ops.cli.audited import verify_audit
from saman.ops.cli.proving import verify_proof
from saman.ops.cli.telling import say
from saman.ops.cli.verifying import verify_data
from saman.ops.contents import folder_of
from saman.ops.database import Source
from saman.ops.settings import load
from saman.record.contents import Contents
from saman.record.migrate import migrate

Target = Annotated[Path, Parameter(name="FILE", help="A new file, or a folder for a file named by the time.")]
File = Annotated[Path, Parameter(name="FILE", help="A backup, with its .sha256 beside it.")]
Force = Annotated[bool, Parameter(negative="", help="Put it in place of what the database holds now.")]

verify = App("verify", help="Prove that a backup, the log or what is stored is whole.")
verify.command(verify_audit, name="audit")
verify.command(verify_proof, name="proof")
verify.command(verify_data, name="data")


def backup(target: Target, /) -> int | Refusal:
    """Make a backup of the whole database while it is in use, with its checksum beside it.

    What Binaries hold is in an archive beside it. A backup holds everything, also keys and sessions: keep it like the
    record itself.
    """

    def made(source: Source, contents: Contents) -> Backup | Refusal:
        return make_backup(source.admin_url, target, datetime.now(UTC), contents)

    return _told("Backed up to", _with_owner(made))


def restore(file: File, /, *, force: Force = False) -> int | Refusal:
    """Bring a backup back into an empty database, whole or not at all, and up to date with this version.

    Nothing else may use the database meanwhile.
    """

    def restored(source: Source, contents: Contents) -> Backup | Refusal:
        backup = bring_back(source.admin_url, file, force=force, contents=contents)
        if not isinstance(backup, Refusal):
            migrate(source.admin_url, source.app_role)
        return backup

    return _told("Brought back", _with_owner(restored))


@verify.command(name="backup")
def verify_backup(file: File, /) -> int | Refusal:
    """Compare a backup with its checksum, and read every block of it. No database is needed."""
    return _told("Whole:", check_backup(file))


def _with_owner(work: Callable[[Source, Contents], Backup | Refusal]) -> Backup | Refusal:
    settings = load()
    if isinstance(settings, Refusal):
        return settings
    source = database.find(settings, say)
    if isinstance(source, Refusal):
        return source
    try:
        if source.admin_url:
            return work(source, Contents(folder_of(settings)))
        text = "This needs the role that owns the tables. Give SAMAN_DATABASE_ADMIN_URL."
        return refused(Kind.FORBIDDEN, "security", text, "SAMAN_DATABASE_ADMIN_URL")
    finally:
        source.close(say)


def _told(what: str, backup: Backup | Refusal) -> int | Refusal:
    if isinstance(backup, Refusal):
        return backup
    line = f"{what} {backup.file}, {backup.size} bytes, SHA-256 {backup.digest}"
    Console(soft_wrap=True, highlight=False).print(line, markup=False)
    return 0
