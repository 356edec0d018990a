"""What the command line says: answers on stdout, progress and refusals on stderr."""

from __future__ import annotations

import sys

from rich.console import Console

_progress = Console(stderr=True, highlight=False, soft_wrap=True)


def say(line: str) -> None:
    """Tell progress on stderr."""
    _progress.print(line, markup=False)


def fail(line: str) -> None:
    """Say on stderr, in one line, why it did not work."""
    print(one_line(line), file=sys.stderr)  # noqa: T201


def one_line(text: str) -> str:
    """`text` without line breaks and double spaces."""
    return " ".join(text.split())
