"""Who runs the server. PostgreSQL refuses to run as root, so root lets an unprivileged account do it."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from saman.kernel.outcome import Kind, Refusal, refused

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class Account(NamedTuple):
    """A user of this machine; `switch` says whether we must change to it from root."""

    name: str
    uid: int
    gid: int
    switch: bool


def account_for(folder: Path) -> Account | Refusal:
    """The account that shall run a server over `folder`, which need not exist yet.

    Ourselves, unless we are root: then the folder's owner or the owner of the nearest parent, the person behind
    sudo, `postgres`, or `nobody`, whichever comes first and is not root.
    """
    if os.geteuid() != 0:
        return _known(os.geteuid(), switch=False) or Account(
            str(os.geteuid()), os.geteuid(), os.getegid(), switch=False
        )
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    for uid in (nearest.stat().st_uid, _number(os.environ.get("SUDO_UID", "")), _uid_of("postgres"), _uid_of("nobody")):
        if uid and (account := _known(uid, switch=True)):
            return account
    return refused(
        Kind.UNAVAILABLE,
        "security",
        "PostgreSQL does not run as root and this machine has no other account for it. "
        "Start Saman as an ordinary user, or give SAMAN_DATABASE_URL.",
    )


def run_as(account: Account, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run `command` as `account` from the root folder with a clean environment; its output comes back as text.

    Raises PermissionError where root may not change user (a container without that capability).
    """
    return subprocess.run(  # noqa: S603
        [str(word) for word in command],
        user=account.uid if account.switch else None,
        group=account.gid if account.switch else None,
        extra_groups=[] if account.switch else None,
        umask=0o077,
        cwd="/",
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        start_new_session=True,
    )


def can_write(account: Account, folder: Path) -> bool:
    """Whether `account` can go into `folder` and write there, all folders above it included."""
    return run_as(account, ["/bin/sh", "-c", 'cd "$0" && test -w .', folder]).returncode == 0


def can_run(account: Account, program: Path) -> bool:
    """Whether `account` can reach and execute `program`."""
    return run_as(account, ["/bin/sh", "-c", 'test -x "$0" && test -r "$0"', program]).returncode == 0


def own_folder(path: Path, account: Account) -> None:
    """Make `path` a private folder (0700) of `account`. Parents must exist; an existing folder is left as it is."""
    if not path.exists():
        path.mkdir(mode=0o700)
        if account.switch:
            os.chown(path, account.uid, account.gid, follow_symlinks=False)


def own_file(path: Path, text: str, account: Account) -> None:
    """Write `text` to `path` as a private file (0600) of `account`, whole or not at all."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w") as file:
        if account.switch:
            os.fchown(file.fileno(), account.uid, account.gid)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)


def _known(uid: int, *, switch: bool) -> Account | None:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch)


def _uid_of(name: str) -> int:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return 0


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
