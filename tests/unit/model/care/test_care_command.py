"""`saman model`: what a person sees, and the exit status."""

import shutil
from pathlib import Path

import pytest
from rich.console import Console

from saman.model.care.fhir import plan_changes, to_fhir
from saman.ops.cli import main
from saman.ops.cli.applied import changes_table
from saman.ops.cli.model import picture

REGIONS = Path(__file__).parents[4] / "regions"


@pytest.fixture
def regions(tmp_path: Path) -> Path:
    return Path(shutil.copytree(REGIONS, tmp_path / "regions"))


def test_check_says_that_agder_fits(regions, capsys):
    assert main(["model", "check", str(regions / "no-agder")]) == 0
    said = capsys.readouterr()
    assert "all parts fit together" in said.out
    assert said.err == ""


def test_check_names_file_line_and_mend_and_fails(regions, capsys):
    parties = regions / "no-agder" / "parties.yaml"
    text = parties.read_text("utf-8").replace('place: "4203"', 'place: "9999"', 1)
    parties.write_text(text, encoding="utf-8")
    line = text.split('"9999"')[0].count("\n") + 1
    assert main(["model", "check", str(regions / "no-agder")]) == 1
    said = capsys.readouterr()
    assert f"{parties}:{line}: There is no place `9999`." in said.out
    assert "    Add it, or correct the id of the place." in said.out
    assert said.err.startswith("1 to mend in ")


def test_check_names_a_fault_in_the_access_rows(regions, capsys):
    access = regions / "no-agder" / "access.yaml"
    access.write_text(access.read_text("utf-8").replace("sees: [health]", "sees: [finance]"), encoding="utf-8")
    assert main(["model", "check", str(regions / "no-agder")]) == 1
    assert "opens more than the law's slot" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "show"])
def test_a_folder_without_a_region_is_refused(tmp_path, capsys, command):
    assert main(["model", command, str(tmp_path)]) == 1
    assert "region.yaml is missing" in "".join(capsys.readouterr())


def test_show_draws_the_region_in_the_reader_s_language(agder):
    console = Console(record=True, width=200)
    picture(console, agder, "nb")
    text = console.export_text()
    for word in (
        "Agder",
        "Felles regional styringsgruppe",
        "observer",
        "Digital hjemmeoppfølging",
        "Kols, Hjertesvikt",
    ):
        assert word in text
    assert "not known" in text.replace("not-known", "not known")
    assert all(source.publisher in text and source.title in text for source in agder.region.sources)


def test_schema_writes_every_schema(tmp_path):
    assert main(["model", "schema", "--folder", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in (REGIONS / "schema").iterdir()}


def test_a_plan_of_changes_is_counted_by_type(agder):
    resources = to_fhir(agder)
    gone = {"Organization/old": {"resourceType": "Organization", "id": "old"}}
    console = Console(record=True, width=120)
    console.print(changes_table(plan_changes(gone, resources)))
    row = next(line for line in console.export_text().splitlines() if "Organization " in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["Organization", "89", "0", "0", "1"]
