"""Papers of regions, drafted from their files on a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from saman.model.care.papers.drafts import drafts
from saman.model.care.papers.paper import Paper
from saman.ops.papers import material
from saman.ops.region import Region, open_region

REGIONS = Path(__file__).parents[5] / "regions"
DAY = date(2026, 11, 23)

Drafted = tuple[Region, tuple[Paper, ...]]


def drafted_from(folder: Path, on: date = DAY) -> Drafted:
    """A region's papers."""
    region = open_region(folder, on)
    assert isinstance(region, Region), region
    return region, drafts(material(region, on))


@cache
def _shipped(name: str) -> Drafted:
    return drafted_from(REGIONS / name)


@pytest.fixture
def shipped() -> Callable[[str], Drafted]:
    """The papers of a region that comes along, by its id."""
    return _shipped
