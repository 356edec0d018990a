"""Every R4 type, every interaction, everybody who may look, five countries: nothing shows but what is allowed.

Printed are the seed, the requests and what came of them for each country. `SAMAN_LEAKS_SEED` repeats a run,
`SAMAN_LEAKS_REQUESTS` says how many requests all countries share; a million with `make leaks`.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from tests.conftest import Database

from .playing import EVERY, play
from .resources import templates
from .truth import COUNTRIES
from .world import world_of

SHARE = 54_000
A_WORLD = 40_000
"""How many requests one world takes at most; then another is made."""
FAULTS_TOLD = 30
"""So many are told of each world, as soon as it has been played."""
LEAST_PERMITTED = 0.2
"""A matrix in which nearly all is refused would find little: this share is answered with something, at least."""


def requests() -> int:
    """How many requests each country gets."""
    return int(os.environ.get("SAMAN_LEAKS_REQUESTS") or SHARE) // len(COUNTRIES) + 1


class _Country:
    """One country; the classes share the work out to the workers of a run."""

    country = ""

    async def test_only_what_is_allowed(
        self, new_database: Callable[[], Database], capsys: pytest.CaptureFixture[str]
    ) -> None:
        seed = int(os.environ.get("SAMAN_LEAKS_SEED") or Random().randrange(2**32))
        tell(capsys, f"{self.country}: SAMAN_LEAKS_SEED={seed}")
        count: Counter[str] = Counter()
        faults: list[str] = []
        for number in range(-(-requests() // A_WORLD)):
            world = await world_of(self.country, seed + number, new_database().app_url)
            left = requests() - count["requests"]
            told = await play(world, min(left, A_WORLD), Random(seed + number))
            await world.close()
            count.update(told.count)
            faults += told.faults
            for fault in told.faults[:FAULTS_TOLD]:
                tell(capsys, f"{self.country}: SAMAN_LEAKS_SEED={seed + number} {fault}")
        tell(capsys, f"{self.country}: SAMAN_LEAKS_SEED={seed} {summary(count)}, {len(faults)} faults")
        assert not faults, "\n".join([f"SAMAN_LEAKS_SEED={seed}", *faults[:FAULTS_TOLD]])
        assert count["leaks"] == 0
        assert count["requests"] >= requests()
        assert count["permitted"] / count["requests"] >= LEAST_PERMITTED
        assert count["dealt"] >= len(EVERY) * len(templates()) or requests() < SHARE / len(COUNTRIES)


def tell(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """Print a line where it is read also when several workers run."""
    with capsys.disabled():
        print(f"\n{line}", file=sys.stderr, flush=True)


def summary(count: Counter[str]) -> str:
    """The figures in a line."""
    return ", ".join(f"{count[name]} {name}" for name in ("requests", "permitted", "refused", "empty", "leaks"))


class TestSweden(_Country):
    country = "SE"


class TestNorway(_Country):
    country = "NO"


class TestDenmark(_Country):
    country = "DK"


class TestFinland(_Country):
    country = "FI"


class TestIceland(_Country):
    country = "IS"
