"""A package made from one region begins another in a system that has neither of them: new, check, apply."""

from __future__ import annotations

from pathlib import Path

import pytest

from saman.model.care.fhir import to_fhir
from saman.ops.cli import main
from saman.ops.region import Region, open_region
from tests.conftest import NewDatabase

REGIONS = Path(__file__).parents[3] / "regions"


def test_a_package_installs_where_nothing_is(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["model", "package", str(REGIONS / "no-agder"), "--out", str(tmp_path)]) == 0
    (package,) = tmp_path.glob("*.tgz")
    clean = tmp_path / "clean"
    clean.mkdir()
    monkeypatch.chdir(clean)
    monkeypatch.setenv("SAMAN_DATABASE_URL", new_database().app_url)
    monkeypatch.setenv("SAMAN_DATA_DIR", str(clean / "data"))

    assert main(["model", "new", "regions/no-own", "--from", str(package)]) == 0
    assert sorted(path.name for path in (clean / "regions").iterdir()) == [
        "assessment.yaml", "competences.yaml", "countries", "no-own", "roles.yaml", "way.yaml",
    ]  # fmt: skip
    assert main(["model", "check", "regions/no-own"]) == 0
    assert main(["model", "papers", "regions/no-own"]) == 0
    own = open_region(clean / "regions" / "no-own")
    assert isinstance(own, Region)

    capfd.readouterr()
    assert main(["model", "apply", "regions/no-own"]) == 0
    assert counted(capfd.readouterr().out, column=1) == len(to_fhir(own.model))
    assert main(["model", "apply", "regions/no-own"]) == 0
    again = capfd.readouterr().out
    assert (counted(again, column=1), counted(again, column=2)) == (0, 0)
    assert counted(again, column=3) == len(to_fhir(own.model))


def counted(table: str, column: int) -> int:
    """The sum of a column of the table that applying prints."""
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in table.splitlines() if line.startswith("│")]
    return sum(int(row[column]) for row in cells)
