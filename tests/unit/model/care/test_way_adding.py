"""A drafted agreement goes among those that a region has: nothing of what stands there is changed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from saman.model.care.way_adding import HEAD, with_agreement

REGIONS = Path(__file__).parents[4] / "regions"
TEXTS = {path.parent.relative_to(REGIONS).as_posix(): path for path in sorted(REGIONS.rglob("agreements.yaml"))}
DRAFT = f"# A draft from a way.\n{HEAD}- id: new-one\n  purpose:\n    nb: Sove godt\n  not_known: true\n"
NEW = {"id": "new-one", "purpose": {"nb": "Sove godt"}, "not_known": True}


@pytest.mark.parametrize("name", TEXTS)
def test_it_comes_last_in_the_files_of_a_region(name: str) -> None:
    there = TEXTS[name].read_text("utf-8")
    made = with_agreement(there, DRAFT)
    assert made is not None
    assert made.startswith(there.rstrip("\n"))
    assert made.endswith("not_known: true\n")
    before, after = yaml.safe_load(there), yaml.safe_load(made)
    assert after["agreements"] == [*before["agreements"], NEW]
    assert after | {"agreements": []} == before | {"agreements": []}


@pytest.mark.parametrize(
    "there",
    [
        "agreements:\n- id: a\nschema: 0\n",
        "agreements:\n  - id: a\n    name: |\n      long\n\n# about the scheme\nschema: 0",
        "schema: 0\nagreements:\n    - id: a # said\n      # said too\n\n\n",
        "schema: 0\nagreements: []\n",
        "schema: 0\nagreements: [] # none yet\n# end",
        "agreements: []\nschema: 0\n",
        "agreements: [\n]\nschema: 0\n",
    ],
)
def test_it_comes_last_however_the_list_is_written(there: str) -> None:
    made = with_agreement(there, DRAFT)
    assert made is not None
    before, after = yaml.safe_load(there), yaml.safe_load(made)
    assert after == before | {"agreements": [*before["agreements"], NEW]}
    assert "# A draft from a way." in made
    assert all(f"# {remark}" in made for remark in re.findall("# (.*)", there))


def test_a_region_without_agreements_gets_the_draft() -> None:
    assert with_agreement(None, DRAFT) == DRAFT


@pytest.mark.parametrize(
    "there", ["agreements: [{id: a}]\n", "agreements: none\n", "schema: 0\n", "- a\n", "", "a: [", "--- 1\n--- 2\n"]
)
def test_where_there_is_no_place_nothing_is_made(there: str) -> None:
    assert with_agreement(there, DRAFT) is None
