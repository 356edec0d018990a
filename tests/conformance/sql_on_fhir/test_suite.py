"""The official suite of SQL on FHIR, its resources stored and its views run in PostgreSQL.

How many pass is printed and may only rise (`counts.yaml`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.record import Record, system
from saman.record.views import read_view, run_view
from tests.conformance.sql_on_fhir.suite import SUITE
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, open_at, policy

__all__ = ["open_at", "policy"]

pytestmark = pytest.mark.conformance

HERE = Path(__file__).parent
LEAST = yaml.safe_load((HERE / "counts.yaml").read_text("utf-8"))["passed"]


NAMES = [f"{file}: {test['title']}" for file, content in SUITE.items() for test in content["tests"]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def outcomes(new_database: Callable[[], Database], open_at: Opener) -> dict[str, str]:
    """What is wrong with the answer to each test, nothing where it is right."""
    found: dict[str, str] = {}
    for file, content in SUITE.items():
        record = Record(await open_at(new_database().app_url, connections=2), system(NOW), BASE)
        for resource in content["resources"]:
            kind, id = resource["resourceType"], resource.get("id")
            stored = await (record.update(kind, id, resource) if id else record.create(resource))
            assert not isinstance(stored, Refusal), (file, id, stored)
        for test in content["tests"]:
            found[f"{file}: {test['title']}"] = await wrong(record, test)
    return found


async def wrong(record: Record, test: dict[str, Any]) -> str:
    view = read_view(test["view"])
    if isinstance(view, Refusal):
        return "" if test.get("expectError") else f"refused: {view}"
    rows: list[tuple[Any, ...]] = []
    async for batch in run_view(record, view):
        if isinstance(batch, Refusal):
            return "" if test.get("expectError") else f"failed: {batch}"
        rows += batch
    names = [one.name for one in view.columns]
    if test.get("expectError"):
        return "was not refused"
    if "expectColumns" in test and names != test["expectColumns"]:
        return f"columns {names}"
    return differences([dict(zip(names, row, strict=True)) for row in rows], test["expect"])


def differences(rows: list[dict[str, Any]], expected: list[dict[str, Any]]) -> str:
    """Rows that are missing or too many, in any order; true is not 1 here."""
    found, wanted = Counter(map(told, rows)), Counter(map(told, expected))
    return f"missing {wanted - found}, too many {found - wanted}" if found != wanted else ""


def told(row: dict[str, Any]) -> str:
    """A row as text, numbers without zeros at their ends."""
    plain = {name: one.normalize() if isinstance(one, Decimal) else one for name, one in row.items()}
    same = {name: int(one) if isinstance(one, Decimal) and one == int(one) else one for name, one in plain.items()}
    return json.encode(dict(sorted(same.items()))).decode()


def test_the_suite_is_whole() -> None:
    assert len(SUITE) == 22
    assert len(NAMES) == len(set(NAMES)) == 134


def test_as_many_pass_as_ever(outcomes: dict[str, str]) -> None:
    passed = sum(not one for one in outcomes.values())
    print(f"SQL on FHIR: {passed} of {len(outcomes)} pass")
    assert passed >= LEAST
    assert passed == LEAST, f"{passed} pass now: raise the number in counts.yaml"


@pytest.mark.parametrize("name", NAMES)
def test_a_view_gives_the_rows_it_should(name: str, outcomes: dict[str, str]) -> None:
    assert outcomes[name] == ""
