"""Visits: what somebody asked for about one person without a longer pause is one opening of the record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby

import msgspec

from saman.record.audit import Logged
from saman.record.entrance import entrance_of

PAUSE = timedelta(minutes=30)
"""Reads by one person that lie no further apart are one visit."""

WRITES = frozenset("CUD")


class Visit(msgspec.Struct, frozen=True):
    """The entries of one visit, oldest first; all by one actor of one unit in one role, about one person."""

    entries: tuple[Logged, ...]

    @property
    def first(self) -> Logged:
        """Where it begins; its number names the visit."""
        return self.entries[0]

    @property
    def number(self) -> int:
        """What the visit is called by."""
        return self.first.entry

    @property
    def start(self) -> datetime:
        """When it began."""
        return self.first.at

    @property
    def end(self) -> datetime:
        """When it ended."""
        return self.entries[-1].at

    @property
    def shown(self) -> tuple[Logged, ...]:
        """The entries in which something was shown or written."""
        return tuple(one for one in self.entries if one.showed)

    @property
    def refused(self) -> bool:
        """Whether nothing at all was shown."""
        return not self.shown

    @property
    def wrote(self) -> bool:
        """Whether something was added or changed."""
        return any(one.action in WRITES for one in self.shown)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The resource types it was about, each once."""
        return tuple(dict.fromkeys(kind for one in self.entries for kind in (*one.shown_types, *one.missed_types)))


def visits(entries: Iterable[Logged]) -> tuple[Visit, ...]:
    """The visits that entries make, newest first; coming in and leaving is no look at anybody."""
    found: list[Visit] = []
    looks = (one for one in entries if entrance_of(one) is None)
    ordered = sorted(looks, key=lambda one: (*_who(one), one.at, one.entry))
    for _, of_one in groupby(ordered, key=_who):
        run: list[Logged] = []
        for one in of_one:
            if run and one.at - run[-1].at > PAUSE:
                found.append(Visit(tuple(run)))
                run = []
            run.append(one)
        found.append(Visit(tuple(run)))
    return tuple(sorted(found, key=lambda visit: (visit.start, visit.number), reverse=True))


def _who(one: Logged) -> tuple[str, str, str, str]:
    return one.actor, one.party, one.role, one.person or ""
