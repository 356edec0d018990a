"""Reads a region's folder."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.whole import Region, read_region

__all__ = ["Region", "open_region", "region_files", "there"]


def region_files(folder: Path) -> dict[str, str]:
    """Texts of a region and of what all regions share, by path below the folder that holds the regions."""
    shared = folder.parent
    paths = [*folder.rglob("*.yaml"), *shared.glob("*.yaml"), *(shared / "countries").glob("*.yaml")]
    return {str(path.relative_to(shared)): path.read_text(encoding="utf-8") for path in sorted(paths)}


def open_region(folder: Path, on: date | None = None) -> Region | Refusal:
    """The region in `folder` as it is `on` a day (without one: today), or everything that is wrong with its files."""
    return there(folder) or read_region(region_files(folder), folder, on or datetime.now(UTC).date())


def there(folder: Path) -> Refusal | None:
    """Why a folder holds no region."""
    if (folder / "region.yaml").is_file():
        return None
    issue = Issue("not-found", f"There is no region in {folder.name}: region.yaml is missing.", "SAMAN_REGION")
    return Refusal(Kind.NOT_FOUND, (issue,))
