"""What a change of a region's files means: what is wrong with them, what becomes other, who may see more or less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from saman.kernel.outcome import Issue, Refusal
from saman.model.access import digest
from saman.model.care.calendar import local
from saman.model.care.compare import Difference, compare
from saman.model.care.dated import days
from saman.model.care.fhir import address, plan_changes, to_fhir
from saman.model.whole import Region, findings, read_region

RULES, AGREEMENTS, PARTIES, SERVICES, UNREAD = "rules", "agreements", "parties", "services", "unread"
"""Why a change may let somebody see more or less than before."""

_WEIGHTY: Mapping[str, tuple[str, ...]] = {
    AGREEMENTS: ("kind", "parties", "services", "mandates", "legal_bases", "valid_from", "valid_to"),
    PARTIES: ("kind", "parent", "parents", "roles"),
    SERVICES: ("roles", "activities", "flows", "receivers", "citizen_sees", "relative_sees"),
}


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from files: `wrong` must be empty before they can be applied.

    `sight` says by what it touches who may see what (empty: not at all); `made`, `changed` and `left` count resources
    of the record that come, become another version, or are no longer part of the model.
    """

    wrong: tuple[Issue, ...]
    differences: tuple[Difference, ...] = ()
    sight: tuple[str, ...] = ()
    made: int = 0
    changed: int = 0
    left: int = 0


def meaning(before: Mapping[str, str], after: Mapping[str, str], name: str, now: datetime, language: str) -> Meaning:
    """What it means that the files of the folder `name` become others."""
    folder = Path(name)
    wrong = findings(after, folder, now)
    old, new = read_region(before, folder, now.date()), read_region(after, folder, now.date())
    if isinstance(old, Refusal) or isinstance(new, Refusal):
        return Meaning(wrong=wrong, sight=(UNREAD,))
    changes = plan_changes({address(one): one for one in to_fhir(old.model)}, to_fhir(new.model))
    return Meaning(
        wrong=wrong,
        differences=compare(old.model, new.model, language),
        sight=_sight(before, after, folder, now, old),
        made=len(changes.create),
        changed=len(changes.update),
        left=len(changes.left),
    )


def _sight(
    before: Mapping[str, str], after: Mapping[str, str], folder: Path, now: datetime, today: Region
) -> tuple[str, ...]:
    """By what the change touches who may see what, today or after a day that the files name."""
    first = local(today.model.country, now).date()
    coming = {day for files in (before, after) for day in days(files, folder.name) if day > min(first, now.date())}
    found: dict[str, None] = {}
    for day in sorted({first, now.date(), *coming}):
        old, new = read_region(before, folder, day), read_region(after, folder, day)
        if isinstance(old, Refusal) or isinstance(new, Refusal):
            found[UNREAD] = None
        else:
            found |= dict.fromkeys(_touched(old, new))
    return tuple(found)


def _touched(old: Region, new: Region) -> Iterator[str]:
    if old.rulebook != new.rulebook or digest(old.policy) != digest(new.policy):
        yield RULES
    for name, fields in _WEIGHTY.items():
        if _weight(getattr(old.model, name), fields) != _weight(getattr(new.model, name), fields):
            yield name


def _weight(parts: tuple[Any, ...], fields: tuple[str, ...]) -> dict[str, list[Any]]:
    return {one.id: [getattr(one, field) for field in fields] for one in parts}
