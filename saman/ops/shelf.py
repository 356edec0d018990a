"""Other regions beside the one that runs here, and packages in a folder: read when first asked for, then kept.

Only folders beside the region and files in the folder of packages are read, never a name that somebody sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

import structlog

from saman.apps.region.shelf import Made, Packed, Unread
from saman.kernel.outcome import Refusal
from saman.model.care.caremodel import CareModel
from saman.model.care.load import load
from saman.model.care.package import package_name
from saman.ops.packing import LICENCE, packed, sha256_of, unpack
from saman.ops.region import region_files

PACKAGES = Path(".saman/packages")
MOST_REGIONS = 40
MOST_PACKAGES = 100
MOST_BYTES = 8 * 1024 * 1024
"""Of a package that is shown; one that is larger can still be made a region of on the command line."""

_State = tuple[int, int]
log = structlog.get_logger()


class Bookshelf:
    """Regions beside `folder`, and the packages in `packages`; `files` are those that the region runs on."""

    def __init__(self, folder: Path, packages: Path, files: Mapping[str, str]) -> None:
        self.folder = folder
        self._files = files
        self.packages_in = packages
        self._lock = Lock()
        self._regions: dict[str, CareModel] | None = None
        self._packages: dict[Path, tuple[_State, Packed | Unread]] = {}
        self._made: tuple[CareModel, Made] | None = None

    def regions(self) -> Mapping[str, CareModel]:
        """The other regions, once for as long as this runs; one that does not load is left out, and the log says so."""
        with self._lock:
            if self._regions is None:
                self._regions = {model.region.id: model for model in map(_model, self._others()) if model}
            return self._regions

    def _others(self) -> list[Path]:
        beside = sorted(one.parent for one in self.folder.parent.glob("*/region.yaml"))
        return [one for one in beside if one.resolve() != self.folder.resolve()][:MOST_REGIONS]

    def packages(self) -> tuple[Packed | Unread, ...]:
        """The packages in the folder; each is read again when its file has changed."""
        files = sorted(one for one in self.packages_in.glob("*.tgz") if one.is_file())[:MOST_PACKAGES]
        with self._lock:
            self._packages = {one: self._package(one) for one in files}
            return tuple(found for _, found in self._packages.values())

    def _package(self, file: Path) -> tuple[_State, Packed | Unread]:
        about = file.stat()
        state = (about.st_mtime_ns, about.st_size)
        kept = self._packages.get(file)
        return kept if kept is not None and kept[0] == state else (state, _read(file))

    def package(self, model: CareModel) -> Made:
        """The package of the region, made once for a care model."""
        with self._lock:
            if self._made is None or self._made[0] is not model:
                data = packed(model, self._files)
                name = f"{package_name(model)}-{model.region.version}.tgz"
                self._made = model, Made(name, data, sha256_of(data))
            return self._made[1]


def _model(folder: Path) -> CareModel | None:
    loaded = load(region_files(folder), folder.name, datetime.now(UTC).date())
    if isinstance(loaded, Refusal):
        log.warning("region left out", region=folder.name, issues=len(loaded.issues))
        return None
    return loaded.model


def _read(file: Path) -> Packed | Unread:
    """What a package holds; the same care as when a region is made from it."""
    if file.stat().st_size > MOST_BYTES:
        return Unread(file.name, f"It has more than {MOST_BYTES // 1024**2} MB.")
    unpacked = unpack(file)
    if isinstance(unpacked, Refusal):
        return Unread(file.name, unpacked.issues[0].text)
    name = next((path.split("/")[0] for path in unpacked.files if path.endswith("/region.yaml")), "")
    loaded = load(unpacked.files, name)
    if isinstance(loaded, Refusal):
        return Unread(file.name, loaded.issues[0].text)
    region = loaded.model.region
    return Packed(file.name, region, region.licence or LICENCE, unpacked.sha256)
