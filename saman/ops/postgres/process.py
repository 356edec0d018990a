"""The server as processes: is it there, is it ready, is that pid really it, has the last of them gone."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
import psutil

Say = Callable[[str], None]
State = Literal["stopped", "starting", "ready", "stopping"]

PATIENCE = 2.0
"""Seconds of silence before progress is told."""


class Status(msgspec.Struct, frozen=True):
    """What the server over a folder is doing; `pid` is 0 when it is stopped."""

    state: State
    pid: int = 0


def status(data: Path) -> Status:
    """The state of the server whose PGDATA is `data`. A pid file left by a dead server counts as stopped."""
    process = postmaster(data)
    if process is None:
        return Status("stopped")
    lines = _pid_file(data)
    word = lines[7].strip() if len(lines) > 7 else "starting"
    state: State = "ready" if word == "ready" else "stopping" if word == "stopping" else "starting"
    return Status(state, process.pid)


def postmaster(data: Path) -> psutil.Process | None:
    """The living server over `data`, or None; another program that got the same pid is not mistaken for it."""
    lines = _pid_file(data)
    if not lines or not lines[0].strip().isdigit():
        return None
    try:
        process = psutil.Process(int(lines[0]))
        words = process.cmdline()
        alive = process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None
    ours = len(words) > 2 and Path(words[0]).name == "postgres" and "-D" in words and str(data) in words
    return process if alive and ours else None


def forget_stale_pid(data: Path) -> bool:
    """Remove a pid file whose pid now belongs to another program (the server itself would refuse to start).

    Returns whether one was removed. A pid that nobody has is left for the server, which knows what to do.
    """
    lines = _pid_file(data)
    if not lines or postmaster(data) is not None:
        return False
    if lines[0].strip().isdigit() and not psutil.pid_exists(int(lines[0])):
        return False
    (data / "postmaster.pid").unlink(missing_ok=True)
    return True


def leftovers(name: str, data: Path) -> list[psutil.Process]:
    """Processes of the server called `name` that have outlived their postmaster."""
    living = postmaster(data)
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            title = " ".join(process.cmdline())
            if title.startswith(f"postgres: {name}: ") and (living is None or process.ppid() != living.pid):
                found.append(process)
    return found


def see_off(name: str, data: Path, say: Say) -> list[psutil.Process]:
    """Wait for the processes of a killed server to end, asking them firmly after five seconds; the stubborn ones."""
    remaining = leftovers(name, data)
    if not remaining:
        return []
    say("Waiting for the processes of an earlier PostgreSQL to end")
    _, remaining = psutil.wait_procs(remaining, timeout=5)
    for asked in (signal.SIGQUIT, signal.SIGKILL):
        for process in remaining:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(asked)
        _, remaining = psutil.wait_procs(remaining, timeout=10)
    return list(remaining)


def wait_until_ready(data: Path, pid: int, say: Say) -> bool:
    """Wait while the server `pid` starts or recovers, telling how long it has taken; False when it ended instead."""
    began = told = time.monotonic()
    while True:
        now = status(data)
        if now.state == "ready":
            return True
        if not _lives(pid):
            return False
        if time.monotonic() - told >= PATIENCE:
            told = time.monotonic()
            say(f"PostgreSQL is starting; after an unclean stop it recovers first: {told - began:.0f} s so far")
        time.sleep(0.02)


def stop_server(data: Path, say: Say, seconds: float = 60) -> bool:
    """Stop the server over `data` after ending its sessions; without a checkpoint if that takes more than `seconds`.

    Returns whether it is gone.
    """
    process = postmaster(data)
    for asked in (signal.SIGINT, signal.SIGQUIT):
        if process is None:
            return True
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(asked)
            if _gone(process, seconds, say):
                return True
        process = postmaster(data)
    return process is None


def _gone(process: psutil.Process, seconds: float, say: Say) -> bool:
    began = told = time.monotonic()
    while _lives(process.pid):
        now = time.monotonic()
        if now - began >= seconds:
            return False
        if now - told >= PATIENCE:
            told = now
            say(f"PostgreSQL is stopping, {now - began:.0f} s so far")
        time.sleep(0.02)
    return True


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []
