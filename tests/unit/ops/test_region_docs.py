"""docs/region-of-your-own.md is followed word for word: its commands are run, its edits made, its answers seen."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from saman.model.care.basis import Grounded
from saman.model.care.walk import walk
from saman.ops.cli import main
from saman.ops.packing import unpack
from saman.ops.region import Region, open_region
from tests.conftest import Database

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "region-of-your-own.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
HEAD = re.compile(r"# (?P<file>\S+), (?P<how>in place of|added to) (?P<part>.+)")
SAMAN = ".venv/bin/saman "
OWN = "regions/my-region"


class Answer(NamedTuple):
    """What the commands of a block said, and the last exit status."""

    said: str
    status: int


SILENT = Answer("", 0)

Run = Callable[[str], Answer]


@pytest.fixture
def run(database: Database, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs the lines of a block in a folder that holds the regions and a database, and nothing else."""
    shutil.copytree(ROOT / "regions", tmp_path / "regions")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAMAN_DATABASE_URL", database.app_url)
    monkeypatch.setenv("SAMAN_DATA_DIR", str(tmp_path / "data"))

    def lines(block: str) -> Answer:
        capfd.readouterr()
        status = 0
        for line in block.splitlines():
            assert status == 0, capfd.readouterr()
            status = _done(line)
        return Answer("".join(capfd.readouterr()), status)

    return lines


def _done(line: str) -> int:
    if line.startswith(SAMAN):
        return main(shlex.split(line.removeprefix(SAMAN)))
    return subprocess.run(line, shell=True, check=False).returncode


def edit(block: str) -> None:
    """Make the edit that the first line of a block asks for."""
    first, _, text = block.partition("\n")
    head = HEAD.fullmatch(first)
    assert head is not None, first
    file = Path(OWN) / head["file"]
    lines = file.read_text("utf-8").splitlines()
    begins, ends = span(lines, head["part"].split(" / "))
    lines[ends if head["how"] == "added to" else begins : ends] = text.splitlines()
    file.write_text("\n".join(lines) + "\n", "utf-8")


def span(lines: list[str], part: list[str]) -> tuple[int, int]:
    """Where a part stands, from its first line to the one after its last: a word, or the id of something in a list."""
    begins, ends = 0, len(lines)
    for name in part:
        wanted = re.compile(rf"\s*(?:- \{{?(?:id|code): \"?{name}\"?(?=[,}}]|$)|{name}:)")
        begins = next(number for number in range(begins, ends) if wanted.match(lines[number]))
        depth = _depth(lines[begins])
        after = (number for number in range(begins + 1, ends) if lines[number] and _depth(lines[number]) <= depth)
        ends = next(after, ends)
    while not lines[ends - 1]:
        ends -= 1
    return begins, ends


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def is_said(line: str, said: str) -> bool:
    """Whether a line of the page was printed; `…` stands for whatever is not shown."""
    return re.search(".*".join(map(re.escape, line.split("…"))), said) is not None


def test_whoever_follows_the_page_has_a_region_that_fits_together(run: Run) -> None:
    answer = SILENT
    for kind, block in BLOCKS:
        if kind == "text":
            assert [line for line in block.splitlines() if not is_said(line, answer.said)] == [], answer.said
            assert answer.status == (1 if "to mend in" in block else 0)
            answer = SILENT
            continue
        assert answer.status == 0, answer.said
        if kind == "sh":
            answer = run(block)
        else:
            edit(block)
    assert answer.status == 0, answer.said
    _is_whole()


def _is_whole() -> None:
    assert main(["model", "check", OWN]) == 0
    own = open_region(Path(OWN))
    assert isinstance(own, Region)
    assert [one.id for one in own.model.region.ancestors] == ["template"]
    assert [place.slug for place in own.model.region.places] == ["risor", "gjerstad", "vegarshei"]
    (package,) = Path("packages").iterdir()
    unpacked = unpack(package)
    assert getattr(unpacked, "files", {}).get("my-region/region.yaml") == (Path(OWN) / "region.yaml").read_text("utf-8")


def test_the_page_has_blocks_of_each_kind_and_of_no_other() -> None:
    assert {kind for kind, _ in BLOCKS} == {"sh", "yaml", "text"}


def test_nothing_in_the_template_is_given_out_as_a_fact() -> None:
    template = open_region(ROOT / "regions" / "template")
    assert isinstance(template, Region)
    own = [part for file, part in template.loaded.parts.items() if file.startswith("template/")]
    facts = [visit.value for part in own for visit in walk(part) if isinstance(visit.value, Grounded)]
    assert len(own) > 8
    assert [fact for fact in facts if fact.source or fact.sample is fact.not_known] == []


@pytest.mark.parametrize("country", ['"NO"', "DK", "FI", "IS", "SE"])
def test_the_template_fits_together_in_each_country(tmp_path: Path, country: str) -> None:
    shutil.copytree(ROOT / "regions", tmp_path / "regions")
    region = tmp_path / "regions" / "template" / "region.yaml"
    text = region.read_text("utf-8")
    region.write_text(re.sub(r"^country: .*$", f"country: {country}", text, flags=re.MULTILINE), "utf-8")
    assert main(["model", "check", str(region.parent)]) == 0
