"""How large, deep and long what comes from outside may be: the same for all of a process, from its settings.

They guard memory and time, not meaning, and every room reads what is sent; so they stand here once and are not handed
through each function. Whoever composes a process lets them stand before it reads anything.
"""

from __future__ import annotations

import msgspec


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """A body in bytes, nesting in levels, a Bundle and a page in entries, a regular expression in characters."""

    body: int = 16 * 1024 * 1024
    nesting: int = 64
    entries: int = 5000
    page: int = 1000
    pattern: int = 1000


class _Standing:
    bounds = Bounds()


def bounds() -> Bounds:
    """Those of this process."""
    return _Standing.bounds


def let_stand(chosen: Bounds) -> None:
    """Have these from now on."""
    _Standing.bounds = chosen
