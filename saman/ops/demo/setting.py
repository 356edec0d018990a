"""The day the demo is loaded: everything in it lies before or after this."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random

import msgspec

from saman.ops.demo.hours import OSLO, Hours, at


class Setting(msgspec.Struct, frozen=True):
    """The present (aware), the seed that all chance comes from, and the centre's hours."""

    now: datetime
    seed: int
    hours: Hours = Hours()

    @property
    def today(self) -> date:
        """The day in Norway."""
        return self.now.astimezone(OSLO).date()

    def day(self, offset: int) -> date:
        """The day `offset` days from today."""
        return self.today + timedelta(days=offset)

    def at(self, offset: int, clock: str = "10:00") -> datetime:
        """The time `clock` on the day `offset` days from today, in Norway."""
        return at(self.day(offset), time.fromisoformat(clock))

    def at_work(self, offset: int, clock: str) -> datetime:
        """The time `clock` on the day `offset` days from today, or on the last day before it that the centre opened."""
        return at(self.hours.workday(self.day(offset)), time.fromisoformat(clock))

    def chance(self, name: str) -> Random:
        """A source of chance of its own for `name`, so that a new person changes nobody else's numbers."""
        return Random(f"{self.seed} {name}")  # noqa: S311 - simulated numbers, nothing secret
