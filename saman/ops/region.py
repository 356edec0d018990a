"""Reads a region's folder: its care model, who may see what in its country, and how people there prove who they are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.whole import Region, read_region
from saman.ops.folder import read_folder

__all__ = ["Region", "files_in", "open_region", "region_files", "there"]


def region_files(folder: Path) -> dict[str, str]:
    """Texts of a region and of what all regions share, by path below the folder that holds the regions."""
    return read_folder(folder).files


def files_in(folder: Path) -> dict[str, str] | Refusal:
    """The same; refused when there is no region, or with every file that cannot be read."""
    missing = there(folder)
    if missing is not None:
        return missing
    files, unread = read_folder(folder)
    return Refusal(Kind.INVALID, unread) if unread else files


def open_region(folder: Path, on: date | None = None) -> Region | Refusal:
    """The region in `folder` as it is `on` a day (without one: today), or everything that is wrong with its files."""
    files = files_in(folder)
    return files if isinstance(files, Refusal) else read_region(files, folder, on or datetime.now(UTC).date())


def there(folder: Path) -> Refusal | None:
    """Why a folder holds no region."""
    if (folder / "region.yaml").is_file():
        return None
    issue = Issue("not-found", f"There is no region in {folder.name}: region.yaml is missing.", "SAMAN_REGION")
    return Refusal(Kind.NOT_FOUND, (issue,))
