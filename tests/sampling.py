"""A share of the tests, drawn by chance: for parts whose whole takes longer than their time (`make soak` runs it).

`SAMAN_TEST_SHARE=10` draws every tenth file outside the folders of `ALWAYS`; `SAMAN_TEST_SEED` repeats a run.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from random import Random, SystemRandom

SHARE = "SAMAN_TEST_SHARE"
SEED = "SAMAN_TEST_SEED"
ALWAYS = ("tests/record/",)


def seeded() -> None:
    """Settle the seed before workers start, so that all draw the same."""
    if os.environ.get(SHARE):
        os.environ.setdefault(SEED, str(SystemRandom().randrange(10**9)))


def told() -> list[str]:
    """What a report says of it."""
    share = os.environ.get(SHARE)
    return [f"One file in {share}, and all of {', '.join(ALWAYS)}: {SEED}={os.environ[SEED]}"] if share else []


def drawn(files: Iterable[str], share: int, seed: str) -> set[str]:
    """One file of every `share`, at least one, besides all of `ALWAYS`."""
    every = sorted(set(files))
    kept = {file for file in every if file.startswith(ALWAYS)}
    others: Sequence[str] = [file for file in every if file not in kept]
    return kept | set(Random(seed).sample(others, -(-len(others) // share)))


def sampled(files: Iterable[str]) -> set[str]:
    """The files of this run."""
    share = os.environ.get(SHARE)
    return drawn(files, int(share), os.environ[SEED]) if share else set(files)
