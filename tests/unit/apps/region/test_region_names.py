"""Whatever the rules of the countries speak of has a name on the region's page."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from saman.apps.region import names

COUNTRIES = Path("regions/countries")


@pytest.mark.parametrize("path", sorted(COUNTRIES.glob("*.access.yaml")), ids=lambda path: path.name[:2])
def test_rules_speak_of_nothing_without_a_name(path: Path) -> None:
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))["rows"]
    rules = [rule for row in rows for rule in row.get("rules", ())]
    assert len(rules) > 10
    assert {row["id"] for row in rows} <= set(names.QUESTIONS)
    assert {topic for rule in rules for topic in rule.get("about", ())} <= set(names.TOPICS)
    assert {kind for rule in rules for kind in (*rule.get("sees", ()), *rule.get("never_sees", ()))} <= set(names.DATA)
