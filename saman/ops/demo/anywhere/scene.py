"""What every part of the demo of a region is made with: its people, the present, and a source of chance."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from saman.model.care.calendar import deadline, opening
from saman.model.care.country import Country
from saman.model.care.party import Party
from saman.model.care.timing import Span
from saman.ops.demo.anywhere.cast import Cast


class Scene(msgspec.Struct, frozen=True):
    """A cast at a time (aware); all chance comes from `seed`. `asking` are roles that see more by a citizen's yes."""

    cast: Cast
    now: datetime
    seed: int = 1
    asking: frozenset[str] = frozenset()

    @property
    def country(self) -> Country:
        """The country that the region is in."""
        return self.cast.model.country

    @property
    def today(self) -> date:
        """The day where the region is."""
        return self.now.astimezone(ZoneInfo(self.country.time_zone)).date()

    def day(self, offset: int) -> date:
        """The day `offset` days from today."""
        return self.today + timedelta(days=offset)

    def at(self, offset: int, clock: str) -> datetime:
        """The time `clock` on the day `offset` days from today, where the region is."""
        return datetime.combine(self.day(offset), time.fromisoformat(clock), ZoneInfo(self.country.time_zone))

    def open_at(self, party: Party, moment: datetime) -> datetime:
        """`moment` when `party` is open then, else when it next opens; `moment` where its hours are not known."""
        state = opening(party, self.country, moment)
        return moment if state.open else state.next_opening or moment

    def due(self, span: Span, party: Party, since: datetime) -> datetime:
        """`span` after `since`, in a day where the hours of `party` are not known."""
        return deadline(span, party, self.country, since) or since + timedelta(days=1)

    def chance(self, name: str) -> Random:
        """A source of chance of its own for `name`."""
        return Random(f"{self.seed} {self.cast.model.region.id} {name}")  # noqa: S311 - simulated, nothing secret
