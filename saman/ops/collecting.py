"""How a process that lives for long looks for objects that hold each other (https://docs.python.org/3/library/gc.html)."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS = 20_000
"""New objects after which the collector looks for those that hold each other; a Bundle alone makes thousands."""
MANY = 500_000
"""The same where much is read: more than is held at the same time, so that only what was left over counts."""


def set_aside() -> None:
    """Let no later look for what is no longer used go through all that a process has loaded at its start.

    Such a look takes a tenth of a second, in which the process answers nobody.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS, *gc.get_threshold()[1:])


@contextmanager
def seldom() -> Iterator[None]:
    """Look less often while it is open: resources that come by the thousand hold each other in no circles."""
    before = gc.get_threshold()
    gc.set_threshold(MANY, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
