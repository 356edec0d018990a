"""What a change of a region's files means: what is wrong with them, what becomes other, who may see more or less."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from saman.flows.governance.sight import UNREAD, sight
from saman.kernel.outcome import Issue, Refusal
from saman.model.care.compare import Difference, compare
from saman.model.care.fhir import address, plan_changes, to_fhir
from saman.model.whole import findings, read_region


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
        sight=sight(before, after, folder, now, old),
        made=len(changes.create),
        changed=len(changes.update),
        left=len(changes.left),
    )
