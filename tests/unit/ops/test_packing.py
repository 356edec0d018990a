"""Packages of regions: the same bytes each time, a region again from them, and nothing else let in."""

from __future__ import annotations

import gzip
import io
import json
import re
import resource
import shutil
import signal
import tarfile
import tracemalloc
from pathlib import Path

import msgspec
import pytest
import yaml

from saman.kernel import json as exact
from saman.kernel.outcome import Refusal
from saman.model.care.compare import compare
from saman.model.fhir.validation import validate
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
    packed = pack(agder.model, region_files(agder.folder), tmp_path_factory.mktemp("packages"))
    assert isinstance(packed, Path)
    return packed


def test_the_same_files_give_the_same_bytes(agder: Region, package: Path, tmp_path: Path) -> None:
    again = pack(agder.model, region_files(agder.folder), tmp_path / "again")
    assert isinstance(again, Path)
    assert again.name == package.name == "saman.region.no-agder-0.1.0.tgz"
    assert again.read_bytes() == package.read_bytes()


def held_in(package: Path) -> dict[str, bytes]:
    with tarfile.open(package) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]


def test_a_package_says_of_itself_what_fhir_asks_for(package: Path) -> None:
    # https://hl7.org/fhir/packages.html: required, and recommended (canonical to languages)
    manifest = json.loads(held_in(package)["package/package.json"])
    assert re.fullmatch(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+", manifest["name"])
    assert (manifest["name"], manifest["version"]) == ("saman.region.no-agder", "0.1.0")
    assert manifest["dependencies"] == {"hl7.fhir.r4.core": "4.0.1"}
    assert all(manifest[word] for word in ("author", "description", "title"))
    assert manifest["canonical"] == manifest["url"] == "https://saman.example/regions/no-agder"
    assert (manifest["type"], manifest["license"], manifest["fhirVersions"]) == ("IG", "CC0-1.0", ["4.0.1"])
    assert (manifest["jurisdiction"], manifest["languages"][0]) == ("urn:iso:std:iso:3166#NO", "nb")
    assert manifest["directories"] == {"lib": "package", "example": "example"}


def test_a_package_is_laid_out_as_fhir_says(package: Path) -> None:
    held = held_in(package)
    index = json.loads(held["package/.index.json"])
    assert index["index-version"] == 2
    words = ("resourceType", "id", "url", "version", "kind", "type", "supplements", "content")
    for folder in ("package", "package/example"):
        listed = json.loads(held[f"{folder}/.index.json"])["files"]
        there = {name for name in held if name.rpartition("/")[0] == folder and not name.endswith("/.index.json")}
        assert {f"{folder}/{one['filename']}" for one in listed} == there - {"package/package.json"}
        for one in listed:
            resource = exact.decode(held[f"{folder}/{one['filename']}"])
            told = {word: resource[word] for word in words if isinstance(resource.get(word), str)}
            assert one == told | {"filename": one["filename"]}
            assert validate(resource) == (), one
    assert {one["resourceType"] for one in index["files"]} == {
        "PlanDefinition", "ActivityDefinition", "Questionnaire", "Measure", "ImplementationGuide",
    }  # fmt: skip
    guide = json.loads(held["package/ImplementationGuide-saman.region.no-agder.json"])
    assert guide["url"] == "https://saman.example/regions/no-agder/ImplementationGuide/saman.region.no-agder"
    named = {one["reference"]["reference"].replace("/", "-") + ".json" for one in guide["definition"]["resource"]}
    assert named == {name.rpartition("/")[2] for name in held if name.endswith(".json")} - {
        "package.json", ".index.json", "ImplementationGuide-saman.region.no-agder.json",
    }  # fmt: skip
    readme = held["package/other/README.md"].decode()
    assert all(words in readme for words in ("CC0-1.0", "## Sources", "## Not known", "Safety alarm"))


@pytest.mark.parametrize("version", ["1", "1.0", "v1.0.0", "01.0.0", "1.0.0 ", ""])
def test_a_version_that_no_reader_can_sort_by_is_refused(agder: Region, tmp_path: Path, version: str) -> None:
    numbered = msgspec.structs.replace(agder.model.region, version=version)
    refusal = pack(msgspec.structs.replace(agder.model, region=numbered), region_files(agder.folder), tmp_path)
    assert isinstance(refusal, Refusal)
    assert "is no version of a package" in refusal.issues[0].text
    assert list(tmp_path.iterdir()) == []


def test_whoever_made_a_region_is_named_in_its_package(agder: Region, tmp_path: Path) -> None:
    named = msgspec.structs.replace(agder.model.region, author="Agder fylkeskommune")
    packed = pack(msgspec.structs.replace(agder.model, region=named), region_files(agder.folder), tmp_path)
    assert isinstance(packed, Path)
    assert json.loads(held_in(packed)["package/package.json"])["author"] == "Agder fylkeskommune"


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


REGION = (f"{FILES}a/region.yaml", b"schema: 0\n")


def member(name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"", size: int | None = None) -> bytes:
    """A member as it stands in an archive; `size` is what it says of itself."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.size, entry.linkname = kind, len(data) if size is None else size, "/etc/passwd"
    return entry.tobuf(tarfile.USTAR_FORMAT) + data + b"\0" * (-len(data) % 512)


def described(**headers: str) -> bytes:
    """An archive of one file with extended headers."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.PAX_FORMAT) as made:
        entry = tarfile.TarInfo(REGION[0])
        entry.size, entry.pax_headers = len(REGION[1]), headers
        made.addfile(entry, io.BytesIO(REGION[1]))
    return held.getvalue()


LINKS = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE)
CRAFTED = {
    "an endless header": member("x", tarfile.XHDTYPE, size=3_000_000_000) + b"\0" * (66 * 1024 * 1024),
    "an endless name": member("x", tarfile.GNUTYPE_LONGNAME, size=3_000_000_000) + b"a" * (66 * 1024 * 1024),
    "headers of headers": member("x", tarfile.XHDTYPE, b"10 a=bbbb\n") * 5_000 + member(*REGION[:1], data=REGION[1]),
    "names of names": member("x", tarfile.GNUTYPE_LONGNAME, b"abc\0") * 5_000,
    "holes that are none": described(**{"GNU.sparse.size": "abc", "GNU.sparse.map": "1,x"}),
    "holes of other sizes": described(**{"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"}),
    "a size that is not there": member(REGION[0], size=60_000_000) + b"x" * 1024,
    "backslashes": member(f"{FILES}a\\..\\region.yaml", data=b"x"),
    "a drive": member(f"{FILES}C:/region.yaml", data=b"x"),
    "a hidden folder": member(f"{FILES}a/.git/x.yaml", data=b"x"),
    "a long way": member(f"{FILES}a/b/c/d/e.yaml", data=b"x"),
    "a name twice": member(REGION[0], data=b"one") + member(REGION[0], data=b"two"),
    "a name in other letters": member(REGION[0], data=b"one") + member(f"{FILES}a/REGION.yaml", data=b"2"),
    "a name in other code points": member(f"{FILES}a/\xe5.yaml") + member(f"{FILES}a/a\u030a.yaml"),
    "two regions": member(REGION[0], data=b"one") + member(f"{FILES}b/region.yaml", data=b"two"),
    "links and devices": b"".join(member(REGION[0], kind) for kind in LINKS),
}  # fmt: skip


@pytest.mark.parametrize("name", CRAFTED)
def test_a_crafted_archive_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / "x.tgz"
    file.write_bytes(gzip.compress(CRAFTED[name] + b"\0" * 1024))
    tracemalloc.start()
    refusal = unpack(file)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(refusal, Refusal), refusal
    assert refusal.issues[0].text.startswith("x.tgz ")
    assert most < 256 * 1024 * 1024
    assert isinstance(fork(file, tmp_path / "own"), Refusal)
    assert [one.name for one in tmp_path.iterdir()] == ["x.tgz"]


def test_an_archive_that_is_broken_anywhere_is_refused(tmp_path: Path, package: Path) -> None:
    whole, file = package.read_bytes(), tmp_path / "x.tgz"
    for place in range(12, len(whole), len(whole) // 20):
        for broken in (whole[:place], whole[:place] + bytes((whole[place] ^ 255,)) + whole[place + 1 :]):
            file.write_bytes(broken)
            assert isinstance(unpack(file), Refusal), place


def test_what_a_package_says_of_itself_stays_text_in_a_fork(tmp_path: Path) -> None:
    source = tmp_path / "regions" / "no-agder"
    shutil.copytree(REGIONS, source.parent)
    text = (source / "region.yaml").read_text("utf-8")
    odd = r'https://saman.example/\1\g<0>", sha256: "x/no-agder'
    said = text.replace("canonical: https://saman.example/regions/no-agder", f"canonical: '{odd}'")
    (source / "region.yaml").write_text(said, "utf-8")
    made = fork(source, tmp_path / "regions" / "own")
    assert not isinstance(made, Refusal), made
    own = open_region(made.folder)
    assert isinstance(own, Region), own
    (ancestor,) = own.model.region.ancestors
    assert (ancestor.id, ancestor.version, ancestor.canonical) == ("no-agder", "0.1.0", odd)
    (source / "region.yaml").write_text(json.dumps(yaml.load(text, Loader=yaml.BaseLoader)), "utf-8")
    assert isinstance(fork(source, tmp_path / "regions" / "other"), Refusal)
    assert not (tmp_path / "regions" / "other").exists()


@pytest.mark.parametrize("made_by", ["package", "fork"])
def test_a_full_disk_leaves_nothing_half(agder: Region, tmp_path: Path, made_by: str) -> None:
    (tmp_path / "out").mkdir()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limit[1]))
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        if made_by == "package":
            done: object = pack(agder.model, region_files(agder.folder), tmp_path / "out")
        else:
            done = fork(REGIONS / "no-agder", tmp_path / "out" / "own")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, before)
    assert isinstance(done, Refusal), done
    assert "cannot be written: File too large" in done.issues[0].text
    assert not [one for one in (tmp_path / "out").rglob("*") if "own" in one.parts or one.suffix in (".tgz", ".part")]
