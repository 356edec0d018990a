from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from saman.ops.demo.whole import demo_bundles

Resource = dict[str, Any]
MONDAY = datetime.fromisoformat("2026-11-23T08:12:00+01:00")


@pytest.fixture(scope="session")
def demo() -> dict[str, Resource]:
    """The whole demo of one Monday morning by the names of its Bundles."""
    return dict(demo_bundles(MONDAY))


@pytest.fixture(scope="session")
def stored(demo: dict[str, Resource]) -> list[Resource]:
    """Every resource in the order in which it is stored."""
    return [entry["resource"] for bundle in demo.values() for entry in bundle["entry"]]


@pytest.fixture(scope="session")
def by_place(stored: list[Resource]) -> dict[str, Resource]:
    """The resources with an id of their own, as they are after the last Bundle."""
    return {f"{each['resourceType']}/{each['id']}": each for each in stored if "id" in each}
