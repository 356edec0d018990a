"""What a region's folder may not hold is refused with its place and why, whatever somebody put there."""

from __future__ import annotations

import os
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from saman.kernel.outcome import Refusal
from saman.ops.cli import main
from saman.ops.folder import MOST_BYTES, MOST_ENTRIES, read_folder
from saman.ops.forking import fork
from saman.ops.region import open_region

REGIONS = Path(__file__).parents[3] / "regions"


@pytest.fixture
def region(tmp_path: Path) -> Path:
    """A whole region in a folder of its own."""
    shutil.copytree(REGIONS, tmp_path / "regions", ignore=shutil.ignore_patterns("dk", "fi-*", "is-*", "se-*"))
    return tmp_path / "regions" / "no-agder"


def not_text(region: Path) -> None:
    """The third line in Latin-1."""
    (region / "indicators.yaml").write_bytes(b"schema: 0\nindicators: []\n# p\xe5 norsk\n")


def huge(region: Path) -> None:
    """A file without end, of which nothing is stored."""
    with (region / "indicators.yaml").open("wb") as file:
        file.truncate(1 << 40)


def long(region: Path) -> None:
    """More characters than a file may have, and fewer bytes than are read."""
    (region / "indicators.yaml").write_text("# " + "x" * 1_100_000, "utf-8")


def nested(region: Path) -> None:
    """Lists in lists, as deep as the file is long."""
    (region / "indicators.yaml").write_text("schema: 0\nindicators: " + "[" * 900_000, "utf-8")


def link_out(region: Path) -> None:
    """A link to a file of somebody else."""
    (region.parent.parent / "secret.yaml").write_text("schema: 0\n", "utf-8")
    (region / "indicators.yaml").unlink()
    (region / "indicators.yaml").symlink_to(region.parent.parent / "secret.yaml")


def link_to_itself(region: Path) -> None:
    """A link that leads nowhere."""
    (region / "indicators.yaml").unlink()
    (region / "indicators.yaml").symlink_to("indicators.yaml")


def pipe(region: Path) -> None:
    """What would be waited for and never be read."""
    os.mkfifo(region / "services" / "waits.yaml")


def folder(region: Path) -> None:
    """A folder called like a file."""
    (region / "services" / "night.yaml").mkdir()


def many(region: Path) -> None:
    """As many names as a folder may not have; they are links, so that making them takes no room."""
    for number in range(MOST_ENTRIES):
        (region / f"{number}").symlink_to("region.yaml")


BAD: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "not UTF-8": (not_text, "no-agder/indicators.yaml:3", "not written in UTF-8"),
    "a file without end": (huge, "no-agder/indicators.yaml:1", f"more than {MOST_BYTES} bytes"),
    "a file too long": (long, "no-agder/indicators.yaml:1", "characters"),
    "nesting without end": (nested, "no-agder/indicators.yaml:2", "nested deeper"),
    "a link out of the folder": (link_out, "no-agder/indicators.yaml:1", "leads out"),
    "a link to itself": (link_to_itself, "no-agder/indicators.yaml:1", "cannot be read"),
    "a pipe": (pipe, "no-agder/services/waits.yaml:1", "is none"),
    "a folder for a file": (folder, "no-agder/services/night.yaml:1", "is none"),
    "too many files": (many, "no-agder:1", f"more than {MOST_ENTRIES} files"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_with_its_place_and_why(
    case: str, region: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, place, why = BAD[case]
    spoil(region)
    found = open_region(region)
    assert isinstance(found, Refusal)
    told = [issue for issue in found.issues if issue.path == place and why in issue.text]
    assert told, [(issue.path, issue.text) for issue in found.issues]
    assert "secret" not in "".join(issue.text for issue in found.issues)
    assert main(["model", "check", str(region)]) == 1
    assert why in capsys.readouterr().out.replace("\n", " ")


@pytest.mark.parametrize("case", BAD)
def test_reading_bad_input_takes_little_memory(case: str, region: Path) -> None:
    BAD[case][0](region)
    tracemalloc.start()
    try:
        open_region(region)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 64_000_000


@pytest.mark.parametrize("case", [case for case in BAD if case not in ("a file too long", "nesting without end")])
def test_nothing_is_forked_from_what_cannot_be_read(case: str, region: Path) -> None:
    BAD[case][0](region)
    assert isinstance(fork(region, region.parent / "of-our-own"), Refusal)
    assert not (region.parent / "of-our-own").exists()


def test_what_the_regions_here_hold_is_read_whole() -> None:
    for found in sorted(REGIONS.glob("*/region.yaml")):
        files, issues = read_folder(found.parent)
        assert issues == ()
        own = {f"{found.parent.name}/{path.relative_to(found.parent)}" for path in found.parent.rglob("*.yaml")}
        assert own <= files.keys()
        assert files["roles.yaml"] == (REGIONS / "roles.yaml").read_text("utf-8")


def test_what_a_version_control_keeps_beside_the_files_is_not_the_region_s(region: Path) -> None:
    (region / ".git").mkdir()
    (region / ".git" / "config.yaml").write_bytes(b"\xff\xfe")
    assert not isinstance(open_region(region), Refusal)
