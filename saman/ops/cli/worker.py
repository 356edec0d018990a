"""`saman worker`."""

from __future__ import annotations

from saman.kernel.outcome import Refusal
from saman.ops.cli.telling import say


def worker() -> Refusal | None:
    """Do what time asks for, such as noticing a report that did not come, until told to stop."""
    from saman.ops import database
    from saman.ops.settings import load
    from saman.ops.worker import work

    settings = load()
    if isinstance(settings, Refusal):
        return settings
    source = database.find(settings, say)
    if isinstance(source, Refusal):
        return source
    try:
        return work(settings, source.app_url, say)
    finally:
        source.close(say)
