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


def test_papers_are_written_and_named(regions, tmp_path, capsys):
    words = ["model", "papers", str(regions / "template"), "--on", "2026-11-23", "--language", "nb", "--language", "fi"]
    for folder in ("one", "again"):
        assert main([*words, "--out", str(tmp_path / folder)]) == 0
    written = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(written) == 7 * 2 * 2
    assert {"risk-assessment.nb.pdf", "citizen-information-video-visit.fi.html"} <= set(written)
    told = capsys.readouterr().out.splitlines()
    assert sorted(Path(line).name for line in told if line.startswith(str(tmp_path / "one"))) == written
    for name in written:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_papers_come_in_the_country_s_own_language_unless_asked(regions, tmp_path):
    assert main(["model", "papers", str(regions / "fi-paijat-hame"), "--out", str(tmp_path / "papers")]) == 0
    assert {path.suffixes[0] for path in (tmp_path / "papers").iterdir()} == {".fi"}


def test_no_papers_of_a_region_that_does_not_fit_together(regions, tmp_path, capsys):
    parties = regions / "no-agder" / "parties.yaml"
    parties.write_text(parties.read_text("utf-8").replace('place: "4203"', 'place: "9999"', 1), encoding="utf-8")
    assert main(["model", "papers", str(regions / "no-agder"), "--out", str(tmp_path / "papers")]) == 1
    assert "There is no place `9999`." in capsys.readouterr().out
    assert not (tmp_path / "papers").exists()


def test_no_papers_in_a_language_that_the_region_is_not_written_in(regions, tmp_path, capsys):
    words = ["model", "papers", str(regions / "template"), "--out", str(tmp_path / "papers"), "--language", "de"]
    assert main(words) == 1
    assert "template is not written in de." in capsys.readouterr().err
    assert not (tmp_path / "papers").exists()
