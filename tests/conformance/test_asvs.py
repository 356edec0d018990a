"""Every requirement of OWASP ASVS 5.0 that is claimed is mapped, to tests that exist or to a reason that is said."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.conformance

ROOT = Path(__file__).parents[2]
MAP: dict[str, Any] = yaml.safe_load((ROOT / "docs/asvs.yaml").read_text("utf-8"))
REQUIREMENTS: dict[str, dict[str, Any]] = MAP["requirements"]
WAYS = ("tests", "document", "reason", "open")
LEVEL_3_TOO = ("8", "10", "16")

LEVELS = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23",
    "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3", "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222",
    "5.1": "2", "5.2": "112333", "5.3": "113", "5.4": "222",
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333", "6.6": "2223",
    "6.7": "33", "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222",
    "10.1": "22", "10.2": "223", "10.3": "22223", "10.4": "1111122222233333", "10.5": "22222", "10.6": "22",
    "10.7": "222",
    "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23", "11.7": "33",
    "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233",
    "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
    "17.1": "23", "17.2": "22223333", "17.3": "22",
}  # fmt: skip
"""The level of each requirement of a section, in order, as in version 5.0.0."""


def claimed() -> dict[str, int]:
    """Every requirement that is claimed, with its level."""
    levels = {
        f"{section}.{number}": int(level)
        for section, of_section in LEVELS.items()
        for number, level in enumerate(of_section, 1)
    }
    assert Counter(levels.values()) == {1: 70, 2: 183, 3: 92}
    return {id: level for id, level in levels.items() if level < 3 or id.split(".")[0] in LEVEL_3_TOO}


@cache
def named_in(path: str) -> frozenset[str]:
    """The names of the tests of a file."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds) and node.name.startswith("test_"))


def test_every_requirement_that_is_claimed_is_mapped_at_its_level() -> None:
    assert {id: one["level"] for id, one in REQUIREMENTS.items()} == claimed()
    assert len(REQUIREMENTS) == 253 + 14


@pytest.mark.parametrize("id", REQUIREMENTS)
def test_a_requirement_says_one_thing_of_how_it_is_met(id: str) -> None:
    one = REQUIREMENTS[id]
    assert one["says"].strip()
    given = [way for way in WAYS if one.get(way)]
    assert len(given) == 1, given
    assert set(one) == {"level", "says", *given}
    for node in one.get("tests", ()):
        path, _, name = node.partition("::")
        assert (ROOT / path).is_file(), path
        assert not name or name in named_in(path), node
    if "document" in one:
        assert (ROOT / one["document"]).is_file(), one["document"]


def test_what_is_open_is_counted_and_only_falls(capsys: pytest.CaptureFixture[str]) -> None:
    counted = Counter(way for one in REQUIREMENTS.values() for way in WAYS if way in one)
    tests = {node for one in REQUIREMENTS.values() for node in one.get("tests", ())}
    with capsys.disabled():
        print(
            f"\nASVS 5.0: {len(REQUIREMENTS)} requirements, {counted['tests']} tested by {len(tests)} tests,"
            f" {counted['document']} documented, {counted['reason']} reasoned, {counted['open']} open"
        )
    assert counted["open"] == MAP["open"], "write the new number into docs/asvs.yaml, and only a smaller one"
