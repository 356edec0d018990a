"""Whether the parts of a care model fit together; what does not is named with file, line and mend."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from saman.kernel.outcome import Issue
from saman.model.care import (
    check_assessment,
    check_competence,
    check_country,
    check_everywhere,
    check_parties,
    check_pathway,
    check_portfolio,
    check_service,
    check_way,
)
from saman.model.care.calendar import local
from saman.model.care.load import Loaded


def check(loaded: Loaded, now: datetime) -> tuple[Issue, ...]:
    """Every issue of a care model at the moment `now`, in the order of files and lines; empty when all fits."""
    found = set(_found(loaded, now))
    return tuple(sorted(found, key=_place))


def _found(loaded: Loaded, now: datetime) -> Iterator[Issue]:
    yield from check_everywhere.issues(loaded)
    yield from check_country.issues(loaded)
    yield from check_parties.issues(loaded)
    yield from check_competence.issues(loaded)
    yield from check_assessment.issues(loaded)
    yield from check_way.issues(loaded)
    if check_country.zone_exists(loaded.model.country):
        # Services and agreements are looked at for today on the region's own calendar.
        today = local(loaded.model.country, now).date()
        yield from check_service.issues(loaded, today)
        yield from check_pathway.issues(loaded, today)
        yield from check_portfolio.issues(loaded, today)


def _place(issue: Issue) -> tuple[str, int, str]:
    file, _, line = issue.path.rpartition(":")
    return file, int(line), issue.text
