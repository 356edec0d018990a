"""Where the server's files stand, and the passwords that open it.

Beside the rest of Saman's data where the server's account can reach that; else, for root, in a private folder under
/var/lib that the data folder points to. The mode of a folder that is not ours is never changed.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import tempfile
from pathlib import Path

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops.postgres.account import Account, account_for, can_run, can_write, own_folder
from saman.ops.postgres.binaries import copied_binaries

LONGEST_SOCKET = 100
"""Bytes in the path of a socket that every system takes (Linux 107, macOS 103)."""

SYSTEM_FOLDERS = ("/var/lib", "/var/db")


class Pointer(msgspec.Struct, frozen=True):
    """What the data folder keeps about its server (`postgres.json`, 0600): where it is, and its passwords."""

    place: str
    superuser: str
    owner: str
    app: str

    def __repr__(self) -> str:
        """The place alone: passwords don't come into logs."""
        return f"Pointer({self.place!r})"


class Place(msgspec.Struct, frozen=True):
    """A server's files: `data` is PGDATA, `binaries` holds `postgres`, `socket` the folder of its socket."""

    root: Path
    account: Account
    binaries: Path
    socket: Path
    pointer: Pointer

    @property
    def data(self) -> Path:
        """PGDATA."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        """The folder with the server's own log, one file a weekday."""
        return self.root / "log"

    @property
    def name(self) -> str:
        """The name in the titles of the server's processes, so that they can be told from another server's."""
        return "saman-" + hashlib.sha256(str(self.root).encode()).hexdigest()[:10]


def settle(data_dir: Path, binaries: Path) -> Place | Refusal:
    """The place of the server for `data_dir`, made when it is new; refused with the mend when nobody could reach it.

    Call it under the start lock.
    """
    pointer = _pointer(data_dir)
    if isinstance(pointer, Refusal):
        return pointer
    root = data_dir / pointer.place if pointer else data_dir / "postgres"
    account = account_for(root)
    if isinstance(account, Refusal):
        return account
    try:
        if pointer is None:
            found = _first_place(data_dir, root, account)
            if isinstance(found, Refusal):
                return found
            root, pointer = found
        return _complete(root, account, binaries, pointer)
    except PermissionError as error:
        return refused(
            Kind.UNAVAILABLE,
            "security",
            f"PostgreSQL shall run as {account.name}, but that is not permitted here ({error}). "
            "Start Saman as an ordinary user, or give SAMAN_DATABASE_URL.",
        )


def _pointer(data_dir: Path) -> Pointer | Refusal | None:
    path = data_dir / "postgres.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Pointer)
    except FileNotFoundError:
        if not (data_dir / "postgres" / "data").exists():
            return None
        text = (
            f"{path} with the database's passwords is missing. Bring it back from a backup, "
            f"or move {data_dir} away to begin anew."
        )
    except PermissionError:
        text = f"{path} belongs to another user. Start Saman as that user, or choose another SAMAN_DATA_DIR."
    except msgspec.DecodeError:
        text = f"{path} is damaged. Bring it back from a backup."
    return refused(Kind.UNAVAILABLE, "security", text)


def _first_place(data_dir: Path, beside: Path, account: Account) -> tuple[Path, Pointer] | Refusal:
    own_folder(beside, account)
    root = beside
    if not can_write(account, beside):
        beside.rmdir()
        away = _away(data_dir, account)
        if isinstance(away, Refusal):
            return away
        root = away
    place = "postgres" if root == beside else str(root)
    pointer = Pointer(place, *(secrets.token_urlsafe(24) for _ in range(3)))
    keep_private(data_dir / "postgres.json", msgspec.json.encode(pointer))
    return root, pointer


def _away(data_dir: Path, account: Account) -> Path | Refusal:
    for folder in SYSTEM_FOLDERS:
        base = Path(folder) / "saman"
        if not os.access(folder, os.W_OK):
            continue
        base.mkdir(mode=0o755, exist_ok=True)
        root = base / f"postgres-{secrets.token_hex(6)}"
        own_folder(root, account)
        if can_write(account, root):
            return root
        root.rmdir()
    return refused(
        Kind.UNAVAILABLE,
        "security",
        f"PostgreSQL must run as {account.name}, who can reach neither {data_dir} nor {SYSTEM_FOLDERS[0]}. "
        f"Set SAMAN_DATA_DIR to a folder that {account.name} can reach, or start Saman as an ordinary user.",
    )


def keep_private(path: Path, text: bytes) -> None:
    """Write `text` to `path` as a file that only we can read (0600), whole or not at all."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)


def _complete(root: Path, account: Account, binaries: Path, pointer: Pointer) -> Place | Refusal:
    if not root.exists():
        return refused(
            Kind.UNAVAILABLE, "not-found", f"The database's folder {root} is gone. Bring it back from a backup."
        )
    if root.stat().st_uid != account.uid:
        text = f"The database in {root} is another user's. Start Saman as that user, or choose another SAMAN_DATA_DIR."
        return refused(Kind.UNAVAILABLE, "security", text)
    if not can_run(account, binaries / "postgres"):
        base = Path(SYSTEM_FOLDERS[0]) / "saman"
        base.mkdir(mode=0o755, exist_ok=True)
        binaries = copied_binaries(binaries, base)
    own_folder(root / "log", account)
    return Place(root.resolve(), account, binaries, _socket_folder(root.resolve(), account), pointer)


def _socket_folder(root: Path, account: Account) -> Path:
    beside = root / "socket"
    if len(os.fsencode(beside / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET:
        own_folder(beside, account)
        return beside
    kept = root / "socket-at"
    if kept.is_symlink() and _is_private(short := kept.readlink(), account):
        return short
    base = min(("/tmp", tempfile.gettempdir()), key=len)  # noqa: S108 - a private folder is made in it
    short = Path(tempfile.mkdtemp(prefix="saman-", dir=base))
    if account.switch:
        os.chown(short, account.uid, account.gid, follow_symlinks=False)
    kept.unlink(missing_ok=True)
    kept.symlink_to(short)
    return short


def _is_private(folder: Path, account: Account) -> bool:
    try:
        known = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(known.st_mode) and known.st_uid == account.uid and stat.S_IMODE(known.st_mode) == 0o700
