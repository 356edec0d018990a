"""What the pages about operations and terminology show is what happens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from saman.apps.fhir_api.operations.standard import OPERATIONS
from saman.kernel import json

DOCS = Path(__file__).parents[3] / "docs" / "subsystems"
PAGES = {
    name: (DOCS / f"{name}.md").read_text("utf-8")
    for name in ("operations", "terminology", "subscriptions", "validation")
}
STAGES = {"ips": "STU2", "sdc": "STU3", "subscriptions-backport": "STU1.1"}
"""Where the guides that define further operations publish the stage that is used here."""
CALLS = [
    found.groups()
    for page in PAGES.values()
    for found in re.finditer(r"```http\nGET /fhir/(\S+)\n```\n\n```json\n(.+?)\n```", page, re.DOTALL)
]


def within(expected: Any, found: Any) -> bool:
    """Whether everything that a page shows is in the answer."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(
            name in found and within(one, found[name]) for name, one in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(found, list) and all(any(within(one, each) for each in found) for one in expected)
    return expected == found  # type: ignore[no-any-return]


def test_there_are_calls() -> None:
    assert len(CALLS) == 8


@pytest.mark.parametrize(("path", "shown"), CALLS)
async def test_a_call_is_answered_as_shown(client: httpx.AsyncClient, path: str, shown: str) -> None:
    answer = (await client.get(path)).json()
    assert within(json.decode(shown), answer), answer


@pytest.mark.parametrize("name", PAGES)
def test_the_python_of_a_page_runs(name: str) -> None:
    for block in re.findall(r"```python\n(.+?)```", PAGES[name], re.DOTALL):
        exec(compile(block, name, "exec"), {})


def test_the_page_lists_every_operation() -> None:
    for one in OPERATIONS:
        assert re.search(rf"\| `\${one.name}` \|.*\]\({re.escape(address(one.url))}\)", PAGES["operations"]), one.name


def address(url: str) -> str:
    """Where the specification describes the operation that has this canonical URL."""
    if "/uv/bulkdata/" in url:
        return "https://hl7.org/fhir/uv/bulkdata/STU2/export.html"
    if url.startswith("urn:saman:"):
        return "subscriptions.md"
    guide, _, of_guide = url.partition("/uv/")[2].partition("/OperationDefinition/")
    if guide:
        return f"https://hl7.org/fhir/uv/{guide}/{STAGES[guide]}/OperationDefinition-{of_guide}.html"
    kind, _, name = url.rpartition("/")[2].partition("-")
    return f"https://hl7.org/fhir/R4/{kind.lower()}-operation-{name}.html"
