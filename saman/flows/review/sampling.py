"""A random sample of visits for each week and unit, the same whoever draws it: systematic checks that are documented.

Law that asks for such checks: HSLF-FS 2016:40 ch. 4 § 9 (SE); row R22 of each country.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from saman.flows.review.visits import Visit
from saman.record.review import Note

LEAST, MOST = 5, 50
ONE_IN = 20
"""One visit in twenty, at least five and at most fifty, or all where there are fewer."""

FOUND = ("checked", "asked", "serious")
"""What a reviewer says of a visit: nothing to ask about, somebody was asked, or it is serious."""


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """The sample of one unit: how many visits there were, and those drawn, oldest first, with what was said of them."""

    unit: str
    total: int
    visits: tuple[Visit, ...]
    notes: Mapping[int, Note]

    @property
    def left(self) -> int:
        """How many nobody has looked at."""
        return sum(1 for one in self.visits if one.number not in self.notes)


def week_of(moment: datetime, zone: ZoneInfo) -> str:
    """The ISO week of a moment in a zone: `2026-W47`."""
    year, week, _ = moment.astimezone(zone).isocalendar()
    return f"{year}-W{week:02}"


def week_span(week: str, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """From Monday's first moment up to the next Monday's, in UTC; None when there is no such week."""
    try:
        monday = date.fromisoformat(f"{week}-1")
    except ValueError:
        return None
    first, last = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (monday, monday + timedelta(7)))
    return first, last


def weeks_before(moment: datetime, zone: ZoneInfo, count: int) -> tuple[str, ...]:
    """The week of a moment and those before it, newest first."""
    return tuple(week_of(moment - timedelta(weeks=back), zone) for back in range(count))


def seed_of(secret: bytes, organisation: str, week: str) -> str:
    """What the sample of a week is drawn with: shown beside it, and nothing that anybody could know before."""
    text = f"log sample {organisation} {week}".encode()
    return hashlib.blake2b(text, key=secret[:64], digest_size=8).hexdigest()


def size_of(total: int) -> int:
    """How many of `total` visits are drawn."""
    return min(total, max(LEAST, min(MOST, -(-total // ONE_IN))))


def sample(found: Iterable[Visit], seed: str) -> tuple[Visit, ...]:
    """Visits in the order of SHA-256 over seed and number, the first `size_of` of them, oldest first."""
    listed = list(found)
    chosen = sorted(listed, key=lambda one: hashlib.sha256(f"{seed} {one.number}".encode()).digest())
    return tuple(sorted(chosen[: size_of(len(listed))], key=lambda one: (one.start, one.number)))


def drawn(found: Sequence[Visit], seed: str, notes: Iterable[Note]) -> tuple[Drawn, ...]:
    """The sample of each unit, by unit; the newest note about a visit counts."""
    said = {one.visit: one for one in notes}
    units: dict[str, list[Visit]] = {}
    for one in found:
        units.setdefault(one.first.party, []).append(one)
    return tuple(
        Drawn(unit=unit, total=len(of_unit), visits=sample(of_unit, seed), notes=said)
        for unit, of_unit in sorted(units.items())
    )
