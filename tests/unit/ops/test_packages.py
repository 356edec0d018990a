"""Packages: what they define is found by URL, and nothing in them can lead elsewhere or take too much."""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.fhir.validating import Known, Level, Validation
from saman.ops import packages
from saman.ops.packages import Packages, open_packages, validation_of
from saman.ops.settings import Settings
from tests.unit.model.fhir.validating.profiled import BASE, profile

NEEDS_SUBJECT = profile("one", "Observation", {"path": "Observation.subject", "min": 1})
OBSERVATION = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}


def pack(file: Path, **members: Any) -> Path:
    """A package with these files; names are written with `__` for `/` and without their ending."""
    with tarfile.open(file, "w:gz") as archive:
        for name, content in members.items():
            data = content if isinstance(content, bytes) else json.encode(content)
            member = tarfile.TarInfo(name.replace("__", "/") + ".json")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return file


def find(*files: Path, kind: str = "StructureDefinition", url: str = BASE + "one") -> dict[str, Any] | None:
    return Packages(files).find(kind, url)


def test_a_definition_is_found_by_its_url(tmp_path: Path) -> None:
    file = pack(tmp_path / "a.tgz", package__one=NEEDS_SUBJECT, package__package={"name": "a"}, package__bad=b"{")
    assert find(file) == NEEDS_SUBJECT
    assert find(file, kind="ValueSet") is None
    assert find(file, url="x:y") is None


def test_of_several_versions_the_newest_is_taken(tmp_path: Path) -> None:
    files = [
        pack(tmp_path / f"{number}.tgz", package__one=NEEDS_SUBJECT | {"version": version})
        for number, version in enumerate(("1.9.0", "1.10.0", "1.2.0"))
    ]
    found = find(*files)
    assert found is not None
    assert found["version"] == "1.10.0"


@pytest.mark.parametrize(
    "place", ["package__example__one", "other__one", "package__..__one", "..__package__one", "__package__one"]
)
def test_only_what_stands_in_its_folder_is_read_and_nothing_is_unpacked(tmp_path: Path, place: str) -> None:
    file = pack(tmp_path / "a.tgz", **{place: NEEDS_SUBJECT})
    assert find(file) is None
    assert [one.name for one in tmp_path.rglob("*")] == ["a.tgz"]


def test_links_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_bytes(json.encode(NEEDS_SUBJECT))
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            member = tarfile.TarInfo("package/one.json")
            member.type, member.linkname = kind, "../secret.json"
            archive.addfile(member)
    assert find(tmp_path / "a.tgz") is None


@pytest.mark.parametrize("limit", ["MOST_UNPACKED", "MOST_FILES", "MOST_BYTES"])
def test_what_is_too_much_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    file = pack(tmp_path / "a.tgz", package__zero={}, package__one=NEEDS_SUBJECT)
    monkeypatch.setattr(packages, limit, 1)
    assert find(file) is None


@pytest.mark.parametrize("content", [b"", b"nothing", b"\x1f\x8b\x08\x00nothing"])
def test_a_damaged_package_is_left_out_and_others_are_not(tmp_path: Path, content: bytes) -> None:
    good = pack(tmp_path / "b.tgz", package__one=NEEDS_SUBJECT)
    (tmp_path / "a.tgz").write_bytes(content)
    cut = tmp_path / "c.tgz"
    cut.write_bytes(good.read_bytes()[:-40])
    assert find(tmp_path / "a.tgz", good, cut) == NEEDS_SUBJECT


def test_a_folder_has_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack(tmp_path / "a.tgz", package__one=NEEDS_SUBJECT)
    assert isinstance(open_packages(tmp_path), Packages)
    assert isinstance(open_packages(tmp_path / "none"), Packages)
    assert isinstance(open_packages(tmp_path / "none", is_named=True), Refusal)
    for limit in ("MOST_PACKED", "MOST_PACKAGES"):
        monkeypatch.setattr(packages, limit, 0)
        assert isinstance(open_packages(tmp_path), Refusal)


def test_a_setting_says_how_far_writes_are_checked(tmp_path: Path) -> None:
    pack(tmp_path / "a.tgz", package__one=NEEDS_SUBJECT)
    claiming = OBSERVATION | {"meta": {"profile": [BASE + "one"]}}
    for level, count in (("structure", 0), ("base", 0), ("profiles", 1)):
        made = validation_of(Settings(packages=str(tmp_path), validation=level))  # type: ignore[arg-type]
        assert isinstance(made, Validation)
        assert len(made.on_write(claiming, datetime(2026, 11, 22, tzinfo=UTC))) == count
    assert isinstance(validation_of(Settings(packages=str(tmp_path / "none"))), Refusal)


def test_value_sets_of_packages_are_known(tmp_path: Path) -> None:
    url = "http://example.org/ValueSet/two"
    codes = {"resourceType": "ValueSet", "url": url, "status": "active", "compose": {"include": [
        {"system": "x:y", "concept": [{"code": "a"}]}]}}  # fmt: skip
    bound = profile(
        "one", "Observation", {"path": "Observation.code", "binding": {"strength": "required", "valueSet": url}}
    )
    file = pack(tmp_path / "a.tgz", package__one=bound, package__two=codes)
    judge = Validation(Level.PROFILES, Known(Packages([file]).find))
    for code, count in (("a", 0), ("b", 1)):
        sent = OBSERVATION | {
            "meta": {"profile": [BASE + "one"]},
            "code": {"coding": [{"system": "x:y", "code": code}]},
        }
        assert len(judge.on_write(sent, datetime(2026, 11, 22, tzinfo=UTC))) == count
