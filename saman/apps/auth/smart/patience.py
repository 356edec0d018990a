"""How often somebody may fail before they have to wait, so that nobody guesses a secret."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta

MOST = 20
WITHIN = timedelta(minutes=5)
REMEMBERED = 10_000


class Patience:
    """Failures of late, by who failed; the longest silent are forgotten first."""

    def __init__(self, most: int = MOST, within: timedelta = WITHIN) -> None:
        self._most = most
        self._within = within
        self._failed: OrderedDict[str, deque[datetime]] = OrderedDict()

    def failed(self, who: str, now: datetime) -> None:
        """Note a failure."""
        times = self._failed.setdefault(who, deque(maxlen=self._most))
        times.append(now)
        self._failed.move_to_end(who)
        while len(self._failed) > REMEMBERED:
            self._failed.popitem(last=False)

    def wait(self, who: str, now: datetime) -> int:
        """Seconds to wait before the next try, 0 when it may come now."""
        times = self._failed.get(who)
        if times is None or len(times) < self._most:
            return 0
        left = (times[0] + self._within - now).total_seconds()
        return int(left) + 1 if left > 0 else 0
