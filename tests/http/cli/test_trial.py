"""`saman model trial` tells who would gain or lose sight, before rules are in force."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.http.cli.conftest import AGDER, Saman

pytestmark = pytest.mark.usefixtures("people")

CLOSED = """
  - id: no-readings
    agreement: home-follow-up-agder
    says: The centre sees no readings.
    parties: [centre]
    never_sees: [readings]
    sample: true
"""


@pytest.fixture
def region(tmp_path: Path) -> Path:
    """A copy of the region and of what it stands on, free to be changed."""
    shutil.copytree(AGDER.parent, tmp_path / "regions")
    return tmp_path / "regions" / "no-agder"


def test_the_same_rules_change_nothing_and_other_rules_say_for_whom(saman: Saman, region: Path) -> None:
    assert saman("model", "trial", region, "--json").json() == {"persons": 2, "shifts": []}
    with (region / "access.yaml").open("a") as rules:
        rules.write(CLOSED)
    shifts = saman("model", "trial", region, "--json").json()["shifts"]
    assert [(one["role"], one["party"], one["data"], one["change"], one["persons"]) for one in shifts] == [
        ("telemedicine-nurse", "centre", "readings", "loses", 1)
    ]
    told = saman("model", "trial", region)
    assert "loses" in told.out
    assert "ingrid" not in told.out.lower()


def test_rules_that_cannot_be_read_are_not_tried(saman: Saman, region: Path) -> None:
    (region / "access.yaml").write_text("schema: 0\nregion: no-agder\nrows: [{id: x}]\n")
    done = saman("model", "trial", region)
    assert done.status == 1
    assert "Row x" in done.err
