"""Progress of what takes longer than two seconds, on stderr."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.status import Status

from saman.ops.cli.telling import say

PATIENCE = 2.0
"""Seconds of silence before progress is shown."""

EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


class Progress:
    """Call it with what is being done, as often as you like."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._begun = self._told = time.monotonic()
        self._console = Console(stderr=True)
        self._status: Status | None = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._status is not None:
            self._status.stop()

    def __call__(self, what: str) -> None:
        """Show `what`, once two seconds have gone."""
        now = time.monotonic()
        if now - self._begun < PATIENCE:
            return
        line = f"{self._title}: {what}, {now - self._begun:.0f} s"
        if self._console.is_terminal:
            self._show(line)
        elif now - self._told >= EVERY:
            self._told = now
            say(line)

    def _show(self, line: str) -> None:
        if self._status is None:
            self._status = self._console.status(line)
            self._status.start()
        self._status.update(line)
