"""Packages of regions: whose they are and on which sources, and the one of the region that runs here to take along."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import tarfile
from pathlib import Path

import pytest

from saman.kernel.outcome import Refusal
from saman.ops.forking import Fork, fork
from saman.ops.packing import pack, unpack
from saman.ops.region import Region, open_region, region_files
from tests.http.region.conftest import REGIONS, GetFrom, fetched, make_app, opened


def test_the_package_that_is_taken_is_the_one_the_command_makes(get_from: GetFrom, tmp_path: Path) -> None:
    region = opened("no-agder")
    written = pack(region.model, region_files(region.folder), tmp_path)
    answer = get_from("no-agder", "/region/package")
    assert answer.content == written.read_bytes()
    assert answer.headers["content-type"] == "application/gzip"
    assert answer.headers["content-disposition"] == f'attachment; filename="{written.name}"'
    sha256 = hashlib.sha256(answer.content).hexdigest()
    assert answer.headers["etag"] == f'"{sha256}"'
    assert sha256 in get_from("no-agder", "/region/gallery").text


def test_the_package_holds_the_files_that_were_applied_whatever_the_folder_has_become(tmp_path: Path) -> None:
    shutil.copytree(REGIONS, tmp_path / "regions")
    running = open_region(tmp_path / "regions" / "no-agder")
    assert isinstance(running, Region)
    (running.folder / "governance.yaml").write_text("schema: 0\n", "utf-8")
    (tmp_path / "taken.tgz").write_bytes(fetched(make_app(running), "/region/package").content)
    taken = unpack(tmp_path / "taken.tgz")
    assert not isinstance(taken, Refusal)
    assert taken.files == running.files


def test_a_region_can_be_made_from_the_package_that_was_taken(get_from: GetFrom, tmp_path: Path) -> None:
    package = tmp_path / "taken.tgz"
    package.write_bytes(get_from("dk", "/region/package").content)
    made = fork(package, tmp_path / "regions" / "my-own")
    assert isinstance(made, Fork)
    assert isinstance(open_region(made.folder), Region)


def test_without_packages_the_page_says_so_and_shows_the_regions_beside(get_from: GetFrom) -> None:
    html = get_from("no-agder", "/region/gallery?lang=en").text
    assert "There is none yet." in html
    for name in ("Denmark", "Fjallabyggð", "Norrtälje", "Päijät-Häme"):
        assert re.search(rf"<h3>(<span[^>]*>)?{name}", html)
    assert html.count("Take the package") == 1


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder with a package of a fork, one that is damaged, and one that climbs out."""
    folder = tmp_path / "packages"
    region = opened("is-fjallabyggd")
    first = pack(region.model, region_files(region.folder), tmp_path / "first")
    made = fork(first, tmp_path / "regions" / "north-coast")
    assert isinstance(made, Fork)
    own = open_region(made.folder)
    assert isinstance(own, Region)
    pack(own.model, region_files(own.folder), folder)
    (folder / "damaged.tgz").write_bytes(b"\x1f\x8b no package")
    with tarfile.open(folder / "climbing.tgz", "w:gz") as archive:
        entry = tarfile.TarInfo("package/other/regions/../../../etc/x.yaml")
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"x: "))
    shutil.copy(first, folder / "notes.txt")
    return folder


def test_each_package_says_whose_it_is_and_what_it_was_made_from(packages: Path) -> None:
    html = fetched(make_app(opened("no-agder"), packages=packages), "/region/gallery?lang=en").text
    part = html.split('id="packages"', 1)[1].split("Could not be read", 1)[0]
    file = packages / "saman.region.north-coast-0.1.0.tgz"
    assert hashlib.sha256(file.read_bytes()).hexdigest() in part
    assert file.name in part
    assert "Iceland" in part
    assert "is-fjallabyggd 0.1.0" in part
    assert (
        hashlib.sha256((packages.parent / "first" / "saman.region.is-fjallabyggd-0.1.0.tgz").read_bytes()).hexdigest()
        in part
    )
    assert "notes.txt" not in html


def test_what_cannot_be_read_is_named_and_nothing_of_it_is_shown(packages: Path) -> None:
    answer = fetched(make_app(opened("no-agder"), packages=packages), "/region/gallery?lang=en")
    assert answer.status_code == 200
    faults = answer.text.split("Could not be read", 1)[1].split("</ul>", 1)[0]
    assert "damaged.tgz is no package." in faults
    assert "climbing.tgz holds a file that does not belong into a region." in faults


def test_a_package_that_is_put_there_or_replaced_is_seen_at_once(packages: Path) -> None:
    app = make_app(opened("no-agder"), packages=packages)
    before = fetched(app, "/region/gallery?lang=en").text
    (packages / "damaged.tgz").unlink()
    region = opened("dk")
    pack(region.model, region_files(region.folder), packages)
    after = fetched(app, "/region/gallery?lang=en").text
    assert "saman.region.dk-0.1.0.tgz" not in before
    assert "saman.region.dk-0.1.0.tgz" in after
    assert "damaged.tgz" not in after


def test_a_package_says_its_own_licence(tmp_path: Path) -> None:
    shutil.copytree(REGIONS, tmp_path / "regions")
    file = tmp_path / "regions" / "no-agder" / "region.yaml"
    file.write_text(f"{file.read_text('utf-8')}\nlicence: EUPL-1.2\n", "utf-8")
    region = open_region(file.parent)
    assert isinstance(region, Region)
    app = make_app(region)
    own = fetched(app, "/region/gallery?lang=en").text.split('id="packages"', 1)[0]
    (tmp_path / "own.tgz").write_bytes(fetched(app, "/region/package").content)
    assert "EUPL-1.2" in own
    unpacked = unpack(tmp_path / "own.tgz")
    assert "licence: EUPL-1.2" in unpacked.files["no-agder/region.yaml"]  # type: ignore[union-attr]
