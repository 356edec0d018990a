"""How much the bench fills in, how long it measures and what; each may be set in the environment, `SAMAN_BENCH_…`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

NEWEST, VERSIONS = "newest", "versions"
"""Steps for which there is more to fill in."""
EACH = 100
"""Readings of a person, unless their number is set."""


class Size(NamedTuple):
    """`persons` and `readings` are what all steps look at; `seconds` is how long each step is measured.

    `heavy` is how many readings one person more has, `versions` how many one reading has, `imported` how many are
    sent to `$import` and `entries` how many there are in the log that is verified. `cold`: everything is started again
    before each step, with nothing in its caches. `steps` names those that are wanted; empty: all.
    """

    persons: int = 1_000
    readings: int = 1_000 * EACH
    seconds: float = 8.0
    heavy: int = 130_000
    versions: int = 2_000
    imported: int = 40_000
    entries: int = 200_000
    cold: bool = True
    steps: tuple[str, ...] = ()

    def wants(self, *names: str) -> bool:
        """Whether one of these steps is wanted."""
        return not self.steps or any(name in self.steps for name in names)


def read_size(known: Mapping[str, str]) -> Size:
    """The size that an environment asks for."""
    numbers = {
        name: int(known[f"SAMAN_BENCH_{name.upper()}"])
        for name in ("persons", "readings", "heavy", "versions", "imported", "entries")
        if known.get(f"SAMAN_BENCH_{name.upper()}")
    }
    if "persons" in numbers:
        numbers.setdefault("readings", numbers["persons"] * EACH)
    wanted = known.get("SAMAN_BENCH_STEPS", "")
    return Size(
        **numbers,
        seconds=float(known.get("SAMAN_BENCH_SECONDS") or Size().seconds),
        cold=known.get("SAMAN_BENCH_COLD", "1") != "0",
        steps=tuple(name.strip() for name in wanted.split(",") if name.strip()),
    )
