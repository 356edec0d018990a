"""Reads a region's folder: its care model, and who may see what in its country."""

from __future__ import annotations

from pathlib import Path

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.access import Policy
from saman.model.access.read import add_region, read_country
from saman.model.care.caremodel import CareModel
from saman.model.care.load import Loaded, load


class Region(msgspec.Struct, frozen=True):
    """A region ready to run: its care model and the access policy of its country and agreements."""

    folder: Path
    loaded: Loaded
    policy: Policy

    @property
    def model(self) -> CareModel:
        """The care model."""
        return self.loaded.model


def region_files(folder: Path) -> dict[str, str]:
    """Texts of a region and of what all regions share, by path below the folder that holds the regions."""
    shared = folder.parent
    paths = [*folder.rglob("*.yaml"), *shared.glob("*.yaml"), *(shared / "countries").glob("*.yaml")]
    return {str(path.relative_to(shared)): path.read_text(encoding="utf-8") for path in sorted(paths)}


def open_region(folder: Path) -> Region | Refusal:
    """The region in `folder`, or everything that is wrong with its files."""
    if not (folder / "region.yaml").is_file():
        issue = Issue("not-found", f"There is no region in {folder.name}: region.yaml is missing.", "SAMAN_REGION")
        return Refusal(Kind.NOT_FOUND, (issue,))
    files = region_files(folder)
    loaded = load(files, folder.name)
    if isinstance(loaded, Refusal):
        return loaded
    policy = _policy(files, folder.name, loaded.model)
    return policy if isinstance(policy, Refusal) else Region(folder, loaded, policy)


def _policy(files: dict[str, str], name: str, model: CareModel) -> Policy | Refusal:
    path = f"countries/{model.country.code.lower()}.access.yaml"
    if path not in files:
        return Refusal(Kind.NOT_FOUND, (Issue("not-found", f"{path} is missing: who may see what is not said.", path),))
    policy = read_country(path, files[path], {role.id for role in model.roles})
    own = f"{name}/access.yaml"
    if isinstance(policy, Refusal) or own not in files:
        return policy
    return add_region(policy, own, files[own])
