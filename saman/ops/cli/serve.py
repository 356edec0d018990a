"""`saman serve`."""

from __future__ import annotations

from saman.kernel.outcome import Refusal
from saman.ops.cli.telling import say


def serve() -> Refusal | None:
    """Start PostgreSQL if none is given, bring it up to date, and serve until told to stop."""
    from saman.ops import serving
    from saman.ops.settings import load

    settings = load()
    return settings if isinstance(settings, Refusal) else serving.serve(settings, say)
