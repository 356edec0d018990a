"""Packages of regions as files: written so that the same files give the same bytes, and read with care."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
import unicodedata
import zlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.caremodel import CareModel
from saman.model.care.package import FILES, package_name, packaged

MOST_BYTES = 64 * 1024 * 1024
MOST_FILES = 5000
LICENCE = "CC0-1.0"
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
"""Of Semantic Versioning: https://semver.org/"""

SHARED = "countries"
"""The folder beside those of regions."""
_PATH = re.compile(r"([^\W_][\w-]*/){0,3}[^\W_][\w.-]*\.yaml")
_BROKEN = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, RecursionError)
_TOO_LARGE = "unpacks to more than a region can be"


class Unpacked(msgspec.Struct, frozen=True):
    """The files of a region from a package, by path below the folder of regions, and the package's SHA-256."""

    files: dict[str, str]
    sha256: str


def pack(model: CareModel, files: Mapping[str, str], folder: Path) -> Path | Refusal:
    """Write the package of a region into `folder`; its name says the region and its version.

    Refused when the version is not one by Semantic Versioning, which every reader of packages sorts by.
    """
    if not VERSION.fullmatch(model.region.version):
        text = f"`{model.region.version}` is no version of a package: write three numbers, such as 1.0.0."
        return refused(Kind.INVALID, "value", text, "region.yaml")
    target = folder / f"{package_name(model)}-{model.region.version}.tgz"
    unfinished = target.with_name(f".{target.name}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(packed(model, files))
        unfinished.replace(target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        return refused(Kind.UNAVAILABLE, "no-store", f"{target} cannot be written: {error.strerror}.", str(folder))
    return target


def packed(model: CareModel, files: Mapping[str, str]) -> bytes:
    """The package of a region."""
    content = packaged(model, files, model.region.licence or LICENCE)
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, data in content.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(held.getvalue(), mtime=0)


def sha256_of(package: bytes) -> str:
    """What a package is told by: the SHA-256 of its bytes."""
    return hashlib.sha256(package).hexdigest()


def fingerprint(files: Mapping[str, str]) -> str:
    """The SHA-256 of files by path, in the order of their paths: what something was made from, to be told again."""
    whole = hashlib.sha256()
    for path, text in sorted(files.items()):
        for part in (path, text):
            data = part.encode()
            whole.update(f"{len(data)}:".encode() + data)
    return whole.hexdigest()


def unpack(package: Path) -> Unpacked | Refusal:
    """The files of the region in a package; refused when it is none, climbs out of its folder or grows too large.

    What it says of its own sizes counts for nothing: no more is read of it than a region can be.
    """
    try:
        if package.stat().st_size > MOST_BYTES:
            return _unfit(package, f"has more than {MOST_BYTES // 1024**2} MB")
        data = package.read_bytes()
        raw = gzip.GzipFile(fileobj=io.BytesIO(data)).read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            return _unfit(package, _TOO_LARGE)
        found = _read(raw)
    except _BROKEN:
        return _unfit(package, "is no package")
    return _unfit(package, found) if isinstance(found, str) else Unpacked(found, sha256_of(data))


def _read(raw: bytes) -> dict[str, str] | str:
    """The files of the region by path, or what is wrong with them."""
    files: dict[str, str] = {}
    names: set[str] = set()
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
        for number, entry in enumerate(archive):
            if number >= MOST_FILES or entry.size > len(raw):
                return _TOO_LARGE
            held = archive.extractfile(entry) if entry.isreg() and entry.name.startswith(FILES) else None
            if held is None:
                continue
            path = entry.name.removeprefix(FILES)
            if not _is_plain(path):
                return "holds a file that does not belong into a region"
            name = unicodedata.normalize("NFKC", path).casefold()
            if name in names:
                return "holds two files of one name"
            names.add(name)
            files[path] = held.read().decode()
    folders = {path.partition("/")[0] for path in files if "/" in path} - {SHARED}
    if not folders:
        return "holds no region"
    return files if len(folders) == 1 else "holds the files of several regions"


def _is_plain(path: str) -> bool:
    """Whether it is the path of a file as regions have them, which means the same on every machine."""
    return _PATH.fullmatch(path) is not None and unicodedata.is_normalized("NFC", path)


def _unfit(package: Path, why: str) -> Refusal:
    return refused(Kind.INVALID, "structure", f"{package.name} {why}.", package.name)
