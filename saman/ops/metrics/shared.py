"""The folder in which the processes of one `saman serve` keep their figures."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from prometheus_client.multiprocess import mark_process_dead

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The setting by which prometheus_client finds the folder; it must be set before a process starts."""


@contextmanager
def shared_folder(run: Path) -> Iterator[dict[str, str]]:
    """The environment that names a fresh folder below `run`; those left by servers that were killed are removed."""
    made = run / "metrics" / str(os.getpid())
    for left in made.parent.glob("*"):
        if left == made or not psutil.pid_exists(int(left.name)):
            shutil.rmtree(left, ignore_errors=True)
    made.mkdir(parents=True)
    try:
        yield {FOLDER: str(made)}
    finally:
        shutil.rmtree(made, ignore_errors=True)


def forget(environment: dict[str, str], pid: int) -> None:
    """A process has ended: what it counted stays, what stood for a moment goes."""
    mark_process_dead(pid, environment[FOLDER])  # type: ignore[no-untyped-call]
