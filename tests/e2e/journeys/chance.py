"""A sample by chance that every worker of a run draws alike; the rest is left to `make soak`."""

from __future__ import annotations

import os
import zlib
from collections.abc import Collection, Iterable
from random import Random
from typing import Any, Final

import pytest

SEED: Final = int(os.environ.get("SAMAN_SEED") or zlib.crc32(os.environ.get("SAMAN_TEST_RUN", "").encode()))
"""Set SAMAN_SEED to what a failed test printed to draw the same sample again."""


def chance() -> Random:
    """A source of chance that starts at `SEED`."""
    return Random(SEED)


def sampled(everything: Iterable[Any], sample: Collection[Any]) -> list[Any]:
    """Parameters for a test: all of `everything`, those outside `sample` only when soaking."""
    return [pytest.param(one, marks=() if one in sample else (pytest.mark.soak,), id=name(one)) for one in everything]


def name(one: Any) -> str:
    """What a parameter is called; a plain tuple by its parts."""
    return "-".join(map(str, one)) if type(one) is tuple else str(one)
