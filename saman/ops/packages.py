"""FHIR packages in a folder: the profiles, value sets and code systems that they hold, found by URL.

A package is a gzipped tar with JSON files below `package/` (https://confluence.hl7.org/display/FHIR/NPM+Package+Specification).
Nothing of it is unpacked to disk, so that no name in it leads anywhere.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec
import structlog

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.fhir.validating import Known, Level, Unknown, Validation
from saman.model.fhir.validating.shelf import Head, Shelf
from saman.ops.settings import Settings

MOST_PACKAGES = 100
MOST_PACKED = 64 * 1024 * 1024
MOST_UNPACKED = 512 * 1024 * 1024
MOST_FILES = 50_000
MOST_BYTES = 16 * 1024 * 1024
"""Of one file in a package."""

KINDS = frozenset({"StructureDefinition", "ValueSet", "CodeSystem"})
_FOLDER = "package/"
_BROKEN = (OSError, EOFError, tarfile.TarError, zlib.error)

log = structlog.get_logger()


class Unfit(Exception):
    """A package that is not taken."""


class Packages:
    """What packages define; they are read when something is first asked for."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = files
        self._shelf: Shelf | None = None

    def find(self, kind: str, url: str) -> dict[str, Any] | None:
        """The definition of a type with a canonical URL, in the version that it names, else the newest."""
        shelf = self.read()
        found = shelf.find(kind, url)
        return shelf.all_codes(url) if found is None and kind == "ValueSet" else found

    def read(self) -> Shelf:
        """Read all packages, once; one that is damaged or too large is left out as a whole, and the log says so."""
        if self._shelf is None:
            self._shelf = Shelf()
            for file in self.files:
                try:
                    for head, packed in list(_definitions(file)):
                        self._shelf.put(head.resourceType, head, packed, _order(head.version))
                except (*_BROKEN, Unfit) as error:
                    log.warning("package left out", package=file.name, why=type(error).__name__)
        return self._shelf


def validation_of(settings: Settings) -> Validation | Refusal:
    """How this installation validates: as far as the setting says, with the packages of its folder."""
    folder = Path(settings.packages) if settings.packages else settings.region / "packages"
    packages = open_packages(folder, is_named=bool(settings.packages))
    if isinstance(packages, Refusal):
        return packages
    level = Level(settings.validation)
    if level is Level.PROFILES:
        packages.read()
    return Validation(level, Known(packages.find), Unknown(settings.unknown_extensions))


def open_packages(folder: Path, *, is_named: bool = False) -> Packages | Refusal:
    """The packages (`*.tgz`) in a folder; refused when `is_named` and not there, or when there is too much in it."""
    if not folder.is_dir():
        text = f"There is no folder {folder} with packages."
        return Refusal(Kind.INVALID, (Issue("not-found", text, "SAMAN_PACKAGES"),)) if is_named else Packages(())
    files = sorted(one for one in folder.glob("*.tgz") if one.is_file())
    large = [one.name for one in files if one.stat().st_size > MOST_PACKED]
    if large or len(files) > MOST_PACKAGES:
        text = f"{large[0]} is larger than {MOST_PACKED // 1024**2} MB." if large else f"More than {MOST_PACKAGES}."
        return Refusal(Kind.INVALID, (Issue("too-long", f"Packages in {folder}: {text}", "SAMAN_PACKAGES"),))
    return Packages(files)


def _definitions(file: Path) -> Iterator[tuple[Head, bytes]]:
    """Each definition of a package, compressed; files in folders below, such as examples, are passed over."""
    unpacked = 0
    with tarfile.open(file, "r|gz") as archive:
        for number, member in enumerate(archive):
            unpacked += member.size
            if number >= MOST_FILES or unpacked > MOST_UNPACKED:
                raise Unfit
            name = member.name.removeprefix("./")
            is_wanted = member.isreg() and name.startswith(_FOLDER) and name.endswith(".json")
            if is_wanted and "/" not in name.removeprefix(_FOLDER) and member.size <= MOST_BYTES:
                content = archive.extractfile(member)
                found = None if content is None else _definition(content)
                if found is not None:
                    yield found


def _definition(content: IO[bytes]) -> tuple[Head, bytes] | None:
    raw = content.read()
    try:
        head = msgspec.json.decode(raw, type=Head)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return (head, zlib.compress(raw)) if head.resourceType in KINDS and head.url else None


def _order(version: str) -> tuple[int, ...]:
    """A version as numbers, so that 1.10 comes after 1.9."""
    return tuple(
        int(part) if part.isdigit() and part.isascii() and len(part) < 10 else -1 for part in version.split(".")
    )
