"""What a region should not forget: agreements that run out, and options that end unused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import msgspec

from saman.model.care.agreement import Agreement, Take

AHEAD = timedelta(days=90)


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement that ends on a day, or with a service an option on it that nobody has taken up."""

    agreement: str
    name: str
    on: date
    service: str = ""
    parties: tuple[str, ...] = ()


def endings(agreements: Iterable[Agreement], today: date) -> tuple[Ending, ...]:
    """Everything that ends within 90 days, the first to end first; what has ended already is `model check`'s to say."""
    return tuple(sorted(_endings(agreements, today), key=lambda one: (one.on, one.agreement, one.service)))


def _endings(agreements: Iterable[Agreement], today: date) -> Iterator[Ending]:
    for one in agreements:
        if one.valid_to is not None and today <= one.valid_to <= today + AHEAD:
            yield Ending(agreement=one.id, name=one.name, on=one.valid_to)
        for cover in one.services:
            until = cover.option_until
            unused = cover.take is Take.OPTIONAL and cover.exercised is None
            if unused and until is not None and today <= until <= today + AHEAD:
                yield Ending(agreement=one.id, name=one.name, on=until, service=cover.service, parties=cover.parties)
