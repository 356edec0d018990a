"""Reads a region's folder: its care model, who may see what in its country, and how people there prove who they are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.access import Policy
from saman.model.access.rulebook import Rulebook
from saman.model.care.caremodel import CareModel
from saman.model.care.dated import days, standing
from saman.model.care.load import Loaded, load
from saman.model.identity import Identity, read_identity
from saman.ops.folder import read_folder


class Region(msgspec.Struct, frozen=True):
    """A region ready to run: its care model, its access policy and the texts behind it, and the
    identities of its country.
    """

    folder: Path
    loaded: Loaded
    policy: Policy
    identity: Identity
    rulebook: Rulebook

    @property
    def model(self) -> CareModel:
        """The care model."""
        return self.loaded.model


def region_files(folder: Path) -> dict[str, str]:
    """Texts of a region and of what all regions share, by path below the folder that holds the regions."""
    return read_folder(folder).files


def open_region(folder: Path, on: date | None = None) -> Region | Refusal:
    """The region in `folder` as it is `on` a day (without one: today), or everything that is wrong with its files."""
    if not (folder / "region.yaml").is_file():
        issue = Issue("not-found", f"There is no region in {folder.name}: region.yaml is missing.", "SAMAN_REGION")
        return Refusal(Kind.NOT_FOUND, (issue,))
    files, unread = read_folder(folder)
    if unread:
        return Refusal(Kind.INVALID, unread)
    day = on or datetime.now(UTC).date()
    loaded = load(files, folder.name, day)
    if isinstance(loaded, Refusal):
        return loaded
    rulebook = _rulebook(standing(files, folder.name, day).texts, folder.name, loaded.model)
    policy = rulebook if isinstance(rulebook, Refusal) else rulebook.read()
    identity = _identity(files, loaded.model)
    wrong = [part for part in (policy, identity) if isinstance(part, Refusal)]
    if isinstance(rulebook, Refusal) or isinstance(policy, Refusal) or isinstance(identity, Refusal):
        return Refusal(wrong[0].kind, tuple(issue for part in wrong for issue in part.issues))
    policy = msgspec.structs.replace(policy, competences=loaded.model.skills)
    return Region(folder, loaded, policy, identity, rulebook)


def changing_days(folder: Path) -> tuple[date, ...]:
    """The days on which something changes in a region by its own files."""
    return days(region_files(folder), folder.name)


def _rulebook(files: dict[str, str], name: str, model: CareModel) -> Rulebook | Refusal:
    path = f"countries/{model.country.code.lower()}.access.yaml"
    if path not in files:
        return Refusal(Kind.NOT_FOUND, (Issue("not-found", f"{path} is missing: who may see what is not said.", path),))
    own = f"{name}/access.yaml"
    roles = frozenset(role.id for role in model.roles)
    return Rulebook(country_file=path, country=files[path], region_file=own, region=files.get(own, ""), roles=roles)


def _identity(files: dict[str, str], model: CareModel) -> Identity | Refusal:
    path = f"countries/{model.country.code.lower()}.identity.yaml"
    if path not in files:
        text = f"{path} is missing: how people prove who they are is not said."
        return Refusal(Kind.NOT_FOUND, (Issue("not-found", text, path),))
    return read_identity(path, files[path], {one.uri for one in model.country.identifiers})
