"""Reads a region's folder: its care model, who may see what in its country, and how people there prove who they are."""

from __future__ import annotations

from pathlib import Path

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.access import Policy
from saman.model.access.read import add_region, read_country
from saman.model.care.caremodel import CareModel
from saman.model.care.load import Loaded, load
from saman.model.identity import Identity, read_identity


class Region(msgspec.Struct, frozen=True):
    """A region ready to run: its care model, its access policy, and the identities of its country."""

    folder: Path
    loaded: Loaded
    policy: Policy
    identity: Identity

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
    identity = _identity(files, loaded.model)
    wrong = [part for part in (policy, identity) if isinstance(part, Refusal)]
    if isinstance(policy, Refusal) or isinstance(identity, Refusal):
        return Refusal(wrong[0].kind, tuple(issue for part in wrong for issue in part.issues))
    return Region(folder, loaded, policy, identity)


def _policy(files: dict[str, str], name: str, model: CareModel) -> Policy | Refusal:
    path = f"countries/{model.country.code.lower()}.access.yaml"
    if path not in files:
        return Refusal(Kind.NOT_FOUND, (Issue("not-found", f"{path} is missing: who may see what is not said.", path),))
    policy = read_country(path, files[path], {role.id for role in model.roles})
    own = f"{name}/access.yaml"
    if isinstance(policy, Refusal) or own not in files:
        return policy
    return add_region(policy, own, files[own])


def _identity(files: dict[str, str], model: CareModel) -> Identity | Refusal:
    path = f"countries/{model.country.code.lower()}.identity.yaml"
    if path not in files:
        text = f"{path} is missing: how people prove who they are is not said."
        return Refusal(Kind.NOT_FOUND, (Issue("not-found", text, path),))
    return read_identity(path, files[path], {one.uri for one in model.country.identifiers})
