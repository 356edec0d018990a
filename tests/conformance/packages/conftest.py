"""Packages of regions, and the programs by which others read them, in a place that nothing reaches out from."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from saman.model.care.caremodel import CareModel
from saman.ops.packing import pack
from saman.ops.region import Region, open_region, region_files
from tests import node

REGIONS = Path(__file__).parents[3] / "regions"
HERE = Path(__file__).parent / "node"
CORE = "hl7.fhir.r4.core"
DEFINITIONS = ("StructureDefinition", "ValueSet", "CodeSystem")
PATIENCE = 180
"""Seconds after which Node is ended; nothing waits for them to pass."""
NOWHERE = "http://127.0.0.1:9"
"""An address that nobody answers at, for whoever would fetch something."""


class Packed(msgspec.Struct, frozen=True):
    """A region's package."""

    name: str
    version: str
    file: Path
    model: CareModel


def packed(name: str, folder: Path) -> Packed:
    """The package of a region that comes along."""
    region = open_region(REGIONS / name)
    assert isinstance(region, Region)
    file = pack(region.model, region_files(region.folder), folder)
    assert isinstance(file, Path), file
    return Packed(f"saman.region.{name}", region.model.region.version, file, region.model)


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder with what others wrote."""
    return node.packages(HERE)


@pytest.fixture(scope="session")
def home(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with R4 itself in its cache of packages, made from the official definitions."""
    home = tmp_path_factory.mktemp("home")
    official = tools / "node_modules" / "hl7.fhir.r4.examples"
    core = home / ".fhir" / "packages" / f"{CORE}#4.0.1" / "package"
    core.mkdir(parents=True)
    for kind in DEFINITIONS:
        for file in official.glob(f"{kind}-*.json"):
            shutil.copy(file, core)
    manifest = msgspec.json.decode((official / "package.json").read_bytes(), type=dict[str, object])
    (core / "package.json").write_bytes(msgspec.json.encode(manifest | {"name": CORE, "type": "Core"}))
    return home


def run(home: Path, *words: str, given: str = "", within: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Node with a program of the tools; it finds no other program, and no registry."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    around = kept | {"HOME": str(home), "PATH": str(home), "FPL_REGISTRY": NOWHERE, "NO_COLOR": "1"}
    return subprocess.run(
        [node.node(), *words], input=given, capture_output=True, text=True, timeout=PATIENCE, env=around, cwd=within
    )
