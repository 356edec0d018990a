"""What pages may know of other regions: care models that stand beside this one, and packages to make a region from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from saman.model.care.caremodel import CareModel
from saman.model.care.region import RegionFile


class Packed(msgspec.Struct, frozen=True):
    """A package in the folder of packages: its file, the region in it, its licence, the SHA-256 of the file."""

    file: str
    region: RegionFile
    licence: str
    sha256: str


class Unread(msgspec.Struct, frozen=True):
    """A package that cannot be read, and why."""

    file: str
    why: str


class Made(msgspec.Struct, frozen=True):
    """The package of the region that runs here, made now: its name, its bytes and their SHA-256."""

    file: str
    data: bytes
    sha256: str


class Shelf(Protocol):
    """Other regions and packages. Each may take a while when it is first asked for, and none of it is about persons."""

    def regions(self) -> Mapping[str, CareModel]:
        """The care models of the regions that stand beside the one that runs here, by id; without it."""
        ...

    def packages(self) -> tuple[Packed | Unread, ...]:
        """The packages there are, by the name of their files."""
        ...

    def package(self, model: CareModel) -> Made:
        """The package of the region that runs here, with the same bytes for the same files."""
        ...
