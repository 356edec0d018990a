"""A region read from its files: its care model, who may see what in its country, and how people prove who they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.access import Policy
from saman.model.access.rulebook import Rulebook
from saman.model.care.calendar import local
from saman.model.care.caremodel import CareModel
from saman.model.care.check import check
from saman.model.care.dated import MOST_DAYS, days, standing
from saman.model.care.load import Loaded, load
from saman.model.care.yamltree import finding
from saman.model.identity import Identity, read_identity


class Region(msgspec.Struct, frozen=True):
    """A region ready to run: its care model, its access policy and the texts behind it, and the
    identities of its country. `files` are the texts that all of it was read from, by path.
    """

    folder: Path
    loaded: Loaded
    policy: Policy
    identity: Identity
    rulebook: Rulebook
    files: Mapping[str, str]

    @property
    def model(self) -> CareModel:
        """The care model."""
        return self.loaded.model


def read_region(files: Mapping[str, str], folder: Path, on: date) -> Region | Refusal:
    """The region whose texts by path begin with the name of `folder`, as it is `on` a day; or all that is wrong."""
    loaded = load(files, folder.name, on)
    if isinstance(loaded, Refusal):
        return loaded
    rulebook = _rulebook(standing(files, folder.name, on).texts, folder.name, loaded.model)
    policy = rulebook if isinstance(rulebook, Refusal) else rulebook.read()
    identity = _identity(files, loaded.model)
    wrong = [part for part in (policy, identity) if isinstance(part, Refusal)]
    if isinstance(rulebook, Refusal) or isinstance(policy, Refusal) or isinstance(identity, Refusal):
        return Refusal(wrong[0].kind, tuple(issue for part in wrong for issue in part.issues))
    policy = msgspec.structs.replace(policy, competences=loaded.model.skills)
    return Region(folder, loaded, policy, identity, rulebook, files)


def read_today(files: Mapping[str, str], folder: Path, now: datetime) -> Region | Refusal:
    """The region as it is on the day that it is there."""
    region = read_region(files, folder, now.date())
    if isinstance(region, Refusal):
        return region
    today = local(region.model.country, now).date()
    between = {today, now.date()}
    changing = any(min(between) < day <= max(between) for day in days(files, folder.name))
    return read_region(files, folder, today) if changing else region


def standing_day(files: Mapping[str, str], region: Region, now: datetime) -> date | None:
    """The last day on which the files changed something by themselves; None before the first."""
    today = local(region.model.country, now).date()
    return max((day for day in days(files, region.folder.name) if day <= today), default=None)


def next_change(files: Mapping[str, str], region: Region, now: datetime) -> datetime | None:
    """The midnight at which the files change something by themselves next."""
    coming = (day for day in days(files, region.folder.name) if day > local(region.model.country, now).date())
    day = min(coming, default=None)
    zone = local(region.model.country, now).tzinfo
    return datetime.combine(day, time(), zone).astimezone(UTC) if day is not None else None


def findings(files: Mapping[str, str], folder: Path, now: datetime) -> tuple[Issue, ...]:
    """All that is wrong with a region at `now` or after a change to come, its access rows included."""
    coming = [datetime.combine(day, time(), UTC) for day in days(files, folder.name) if day > now.date()]
    if len(coming) > MOST_DAYS:
        wrong = f"There are more than {MOST_DAYS} days to come on which something changes."
        return (finding(f"{folder.name}:1", "too-long", wrong, "Put what begins near each other into one folder."),)
    found: dict[Issue, None] = {}
    for moment in (now, *coming):
        region = read_region(files, folder, moment.date())
        found |= dict.fromkeys(region.issues if isinstance(region, Refusal) else check(region.loaded, moment))
    return tuple(found)


def _rulebook(files: Mapping[str, str], name: str, model: CareModel) -> Rulebook | Refusal:
    path = f"countries/{model.country.code.lower()}.access.yaml"
    if path not in files:
        return Refusal(Kind.NOT_FOUND, (Issue("not-found", f"{path} is missing: who may see what is not said.", path),))
    own = f"{name}/access.yaml"
    roles = frozenset(role.id for role in model.roles)
    return Rulebook(country_file=path, country=files[path], region_file=own, region=files.get(own, ""), roles=roles)


def _identity(files: Mapping[str, str], model: CareModel) -> Identity | Refusal:
    path = f"countries/{model.country.code.lower()}.identity.yaml"
    if path not in files:
        text = f"{path} is missing: how people prove who they are is not said."
        return Refusal(Kind.NOT_FOUND, (Issue("not-found", text, path),))
    return read_identity(path, files[path], {one.uri for one in model.country.identifiers})
