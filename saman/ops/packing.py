"""Packages of regions as files: written so that the same files give the same bytes, and read with care."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
from pathlib import Path, PurePosixPath

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.caremodel import CareModel
from saman.model.care.package import FILES, package_name, packaged

MOST_BYTES = 64 * 1024 * 1024
MOST_FILES = 5000
LICENCE = "CC0-1.0"
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
"""Of Semantic Versioning: https://semver.org/"""


class Unpacked(msgspec.Struct, frozen=True):
    """The files of a region from a package, by path below the folder of regions, and the package's SHA-256."""

    files: dict[str, str]
    sha256: str


def pack(model: CareModel, files: dict[str, str], folder: Path) -> Path | Refusal:
    """Write the package of a region into `folder`; its name says the region and its version.

    Refused when the version is not one by Semantic Versioning, which every reader of packages sorts by.
    """
    if not VERSION.fullmatch(model.region.version):
        text = f"`{model.region.version}` is no version of a package: write three numbers, such as 1.0.0."
        return refused(Kind.INVALID, "value", text, "region.yaml")
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{package_name(model)}-{model.region.version}.tgz"
    target.write_bytes(packed(model, files))
    return target


def packed(model: CareModel, files: dict[str, str]) -> bytes:
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


def fingerprint(files: dict[str, str]) -> str:
    """The SHA-256 of files by path, in the order of their paths: what something was made from, to be told again."""
    whole = hashlib.sha256()
    for path, text in sorted(files.items()):
        for part in (path, text):
            data = part.encode()
            whole.update(f"{len(data)}:".encode() + data)
    return whole.hexdigest()


def unpack(package: Path) -> Unpacked | Refusal:
    """The files of the region in a package; refused when it is none, climbs out of its folder or grows too large."""
    if package.stat().st_size > MOST_BYTES:
        return _unfit(package, f"has more than {MOST_BYTES // 1024**2} MB")
    data = package.read_bytes()
    files: dict[str, str] = {}
    size = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            for number, entry in enumerate(archive):
                size += entry.size
                if number >= MOST_FILES or size > MOST_BYTES:
                    return _unfit(package, "unpacks to more than a region can be")
                held = archive.extractfile(entry) if entry.isreg() and entry.name.startswith(FILES) else None
                if held is None:
                    continue
                path = PurePosixPath(entry.name.removeprefix(FILES))
                if path.is_absolute() or ".." in path.parts or path.suffix != ".yaml":
                    return _unfit(package, "holds a file that does not belong into a region")
                files[str(path)] = held.read().decode()
    except (tarfile.TarError, EOFError, OSError, UnicodeDecodeError):
        return _unfit(package, "is no package")
    if not files:
        return _unfit(package, "holds no region")
    return Unpacked(files, sha256_of(data))


def _unfit(package: Path, why: str) -> Refusal:
    return refused(Kind.INVALID, "structure", f"{package.name} {why}.", package.name)
