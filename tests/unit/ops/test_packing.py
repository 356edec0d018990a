"""Packages of regions: the same bytes each time, a region again from them, and nothing else let in."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import tarfile
from pathlib import Path

import pytest

from saman.kernel.outcome import Refusal
from saman.model.care.compare import compare
from saman.ops.cli import main
from saman.ops.forking import fork
from saman.ops.packing import FILES, pack, unpack
from saman.ops.region import Region, open_region, region_files

REGIONS = Path(__file__).parents[3] / "regions"


@pytest.fixture(scope="module")
def agder() -> Region:
    region = open_region(REGIONS / "no-agder")
    assert isinstance(region, Region)
    return region


@pytest.fixture(scope="module")
def package(agder: Region, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pack(agder.model, region_files(agder.folder), tmp_path_factory.mktemp("packages"))


def test_the_same_files_give_the_same_bytes(agder: Region, package: Path, tmp_path: Path) -> None:
    again = pack(agder.model, region_files(agder.folder), tmp_path / "again")
    assert again.name == package.name == "saman.region.no-agder-0.1.0.tgz"
    assert again.read_bytes() == package.read_bytes()


def test_a_package_is_laid_out_as_fhir_says(package: Path) -> None:
    with tarfile.open(package) as archive:
        held = {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]
    manifest = json.loads(held["package/package.json"])
    assert (manifest["name"], manifest["fhirVersions"]) == ("saman.region.no-agder", ["4.0.1"])
    index = json.loads(held["package/.index.json"])
    for one in index["files"]:
        resource = json.loads(held[f"package/{one['filename']}"])
        assert (resource["resourceType"], resource["id"]) == (one["resourceType"], one["id"])
    assert {one["resourceType"] for one in index["files"]} == {
        "PlanDefinition", "ActivityDefinition", "Questionnaire", "Measure",
    }  # fmt: skip
    readme = held["package/other/README.md"].decode()
    assert all(words in readme for words in ("CC0-1.0", "## Sources", "## Not known", "Safety alarm"))


def test_a_region_made_from_a_package_works_in_the_same_way(agder: Region, package: Path, tmp_path: Path) -> None:
    made = fork(package, tmp_path / "regions" / "my-own")
    assert not isinstance(made, Refusal)
    own = open_region(made.folder)
    assert isinstance(own, Region)
    (ancestor,) = own.model.region.ancestors
    assert (ancestor.id, ancestor.version, len(ancestor.sha256)) == ("no-agder", "0.1.0", 64)
    names = {one.where[0] for one in compare(agder.model, own.model)}
    assert names == {"id", "canonical", "ancestors"}
    assert main(["model", "check", str(made.folder)]) == 0


def test_a_fork_of_a_fork_keeps_both(agder: Region, tmp_path: Path) -> None:
    shutil.copytree(REGIONS, tmp_path / "regions")
    first = fork(tmp_path / "regions" / "no-agder", tmp_path / "regions" / "first")
    assert not isinstance(first, Refusal)
    second = fork(first.folder, tmp_path / "regions" / "second")
    assert not isinstance(second, Refusal)
    own = open_region(second.folder)
    assert isinstance(own, Region)
    assert [one.id for one in own.model.region.ancestors] == ["first", "no-agder"]


def test_a_fork_goes_by_its_own_id_in_every_file_and_from_every_day(tmp_path: Path) -> None:
    shutil.copytree(REGIONS, tmp_path / "regions")
    agder = tmp_path / "regions" / "no-agder"
    (agder / "from-2027-01-01").mkdir()
    for name in ("region.yaml", "access.yaml"):
        shutil.copy(agder / name, agder / "from-2027-01-01" / name)
    made = fork(agder, tmp_path / "regions" / "my-own")
    assert not isinstance(made, Refusal)
    for day in ("", "from-2027-01-01/"):
        assert "\nid: my-own\n" in (made.folder / f"{day}region.yaml").read_text("utf-8")
        assert "\nregion: my-own\n" in (made.folder / f"{day}access.yaml").read_text("utf-8")


def test_shared_files_that_are_there_stay(package: Path, tmp_path: Path) -> None:
    (tmp_path / "roles.yaml").write_text("schema: 0\nroles: []\n")
    made = fork(package, tmp_path / "my-own")
    assert not isinstance(made, Refusal)
    assert made.kept == ("roles.yaml",)
    assert (tmp_path / "roles.yaml").read_text() == "schema: 0\nroles: []\n"


@pytest.mark.parametrize("name", ["My", "a b", "..", "a" * 41])
def test_a_name_that_is_none_is_refused(package: Path, tmp_path: Path, name: str) -> None:
    assert isinstance(fork(package, tmp_path / name), Refusal)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_written_over(package: Path, tmp_path: Path) -> None:
    (tmp_path / "my-own").mkdir()
    assert isinstance(fork(package, tmp_path / "my-own"), Refusal)
    assert list((tmp_path / "my-own").iterdir()) == []


def archive(path: Path, **entries: bytes) -> Path:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as made:
        for name, data in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            made.addfile(entry, io.BytesIO(data))
    path.write_bytes(gzip.compress(held.getvalue()))
    return path


@pytest.mark.parametrize(
    "entries",
    [
        {},
        {"package/package.json": b"{}"},
        {f"{FILES}../../etc/evil.yaml": b"x"},
        {f"{FILES}/etc/evil.yaml": b"x"},
        {f"{FILES}a/run.sh": b"x"},
        {f"{FILES}a/region.yaml": b"\xff\xfe"},
        {f"{FILES}a/region.yaml": b"schema: ["},
    ],
    ids=["empty", "no files", "climbing", "absolute", "no YAML", "no text", "broken"],
)
def test_a_package_that_is_none_makes_nothing(tmp_path: Path, entries: dict[str, bytes]) -> None:
    made = fork(archive(tmp_path / "x.tgz", **entries), tmp_path / "own")
    assert isinstance(made, Refusal)
    assert [one.name for one in tmp_path.iterdir()] == ["x.tgz"]


def test_a_package_that_grows_too_large_is_refused(tmp_path: Path) -> None:
    bomb = archive(tmp_path / "x.tgz", **{f"{FILES}a/region.yaml": b"#" * (65 * 1024 * 1024)})
    assert bomb.stat().st_size < 1_000_000
    refusal = unpack(bomb)
    assert isinstance(refusal, Refusal)
    assert "more than a region" in refusal.issues[0].text


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tgz").write_bytes(b"hello")
    assert isinstance(unpack(tmp_path / "x.tgz"), Refusal)


def test_what_differs_is_said_in_plain_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(REGIONS, tmp_path / "regions")
    alarm = tmp_path / "regions" / "no-agder" / "services" / "safety-alarm.yaml"
    alarm.write_text(alarm.read_text("utf-8").replace("request_done: {hours: 2", "request_done: {hours: 4"), "utf-8")
    assert main(["model", "diff", str(REGIONS / "no-agder"), str(tmp_path / "regions" / "no-agder")]) == 0
    assert capsys.readouterr().out.strip() == "Service safety-alarm: response, request done, hours: 2 → 4"
    assert main(["model", "diff", str(REGIONS / "no-agder"), str(REGIONS / "no-agder")]) == 0
    assert "same way of working" in capsys.readouterr().out
