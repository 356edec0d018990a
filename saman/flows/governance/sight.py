"""By what a change of a region's files may alter who sees what, so that two people decide it.

Words for people, numbers, hours and sources alter it nowhere. Whatever else is other counts: what nobody thought of
asks for two people rather than for none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from saman.kernel.outcome import Refusal
from saman.model.access import digest
from saman.model.care.agreement import FundingShare
from saman.model.care.basis import Grounded
from saman.model.care.calendar import local
from saman.model.care.dated import MOST_DAYS, days
from saman.model.care.distance import Doses, Room, Tour
from saman.model.care.monitoring import Monitoring
from saman.model.care.party import Hours
from saman.model.care.pathway import Within
from saman.model.care.service_model import Equipment, Mode
from saman.model.care.timing import Span
from saman.model.whole import Region, read_region

RULES, AGREEMENTS, PARTIES, SERVICES, PATHWAYS, UNREAD = (
    "rules",
    "agreements",
    "parties",
    "services",
    "pathways",
    "unread",
)
"""Why a change may let somebody see more or less than before."""

_PARTS = (AGREEMENTS, PARTIES, SERVICES, PATHWAYS)
_WHOLE = frozenset({"citizen_sees", "relative_sees", "flows", "legal_bases"})
"""Whose words count too: they say what is seen, and on which ground."""
_LIGHT = frozenset(
    {
        *Grounded.__struct_fields__,
        *("name", "version", "phone", "paid_by", "minutes", "most_people", "booked"),
        *("inclusion", "exclusion", "ends", "indicators", "assumptions"),
    }
)
"""Fields that say nothing of who sees what, or say it in words only."""
_PLAIN = (dict, Decimal, Doses, Equipment, FundingShare, Hours, Mode, Monitoring, Room, Span, Tour, Within)
"""The same of whole parts; `dict` holds a text in its languages."""


def sight(
    before: Mapping[str, str], after: Mapping[str, str], folder: Path, now: datetime, today: Region
) -> tuple[str, ...]:
    """By what the files touch who may see what, today or from a day that they name; `today` is read from `before`."""
    first = local(today.model.country, now).date()
    coming = {day for files in (before, after) for day in days(files, folder.name) if day > min(first, now.date())}
    if len(coming) > MOST_DAYS:
        return (UNREAD,)
    found: dict[str, None] = {}
    for day in sorted({first, now.date(), *coming}):
        old, new = read_region(before, folder, day), read_region(after, folder, day)
        if isinstance(old, Refusal) or isinstance(new, Refusal):
            found[UNREAD] = None
        else:
            found |= dict.fromkeys(touched(old, new))
    return tuple(found)


def touched(old: Region, new: Region) -> Iterator[str]:
    """By what two regions differ in who may see what, as they are on one day."""
    if _rules(old) != _rules(new):
        yield RULES
    for name in _PARTS:
        if _by_id(getattr(old.model, name)) != _by_id(getattr(new.model, name)):
            yield name


def _rules(region: Region) -> tuple[Any, ...]:
    model = region.model
    shared = (_by_id(model.roles), _by_id(model.competences), model.country.identifiers)
    return region.rulebook, digest(region.policy), region.identity, shared


def _by_id(parts: Sequence[Any]) -> list[Any]:
    """The parts in the order of their ids: that in which files have them says nothing."""
    return [(one.id, _weight(one)) for one in sorted(parts, key=lambda one: str(one.id))]


def _weight(value: Any) -> Any:
    """What may say who sees what in a part of the model."""
    if isinstance(value, _PLAIN):
        return None
    if isinstance(value, tuple):
        return [_weight(one) for one in value]
    if not isinstance(value, msgspec.Struct):
        return value
    names = (name for name in value.__struct_fields__ if name not in _LIGHT)
    return [(name, getattr(value, name) if name in _WHOLE else _weight(getattr(value, name))) for name in names]
