"""The worker as the child of a server, on the database that the server names in SAMAN_DATABASE_URL."""

from __future__ import annotations

import sys

from saman.kernel.outcome import Refusal
from saman.ops.lifeline import end_with_parent
from saman.ops.settings import load
from saman.ops.worker import work


def beside(lifeline: int) -> int:
    """Work until told to stop, or until the other end of the pipe `lifeline` closes."""
    end_with_parent(lifeline)
    settings = load()
    refusal = settings if isinstance(settings, Refusal) else work(settings, settings.database_url, lambda line: None)
    if refusal is not None:
        sys.exit(" ".join(issue.text for issue in refusal.issues))
    return 0


if __name__ == "__main__":
    sys.exit(beside(int(sys.argv[1])))
