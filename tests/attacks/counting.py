"""How many cases of an attack were tried; the number is printed, and may not fall below what is written down."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

LEAST: dict[str, int] = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text("utf-8"))


def tried(capsys: pytest.CaptureFixture[str], attack: str, cases: int) -> None:
    """Print how many cases were tried, and hold the number against the least there must be."""
    with capsys.disabled():
        print(f"\n{attack}: {cases} cases")
    assert cases >= LEAST[attack], attack
