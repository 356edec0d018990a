"""Checks of projects, lessons and options: they are about what exists, and no option has been let go by in silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from saman.kernel.outcome import Issue
from saman.model.care.agreement import Coverage, Take
from saman.model.care.check_parties import AGREEMENTS, missing, party_ids
from saman.model.care.load import Loaded
from saman.model.care.yamltree import Path, finding

PORTFOLIO = "portfolio.yaml"


def issues(loaded: Loaded, today: date) -> Iterator[Issue]:
    """What is wrong with projects and lessons, and with options of agreements, on a day."""
    model = loaded.model
    services, projects = {one.id for one in model.services}, {one.id for one in model.projects}
    for index, project in enumerate(model.projects):
        at: Path = ("projects", index)
        yield from missing(loaded, PORTFOLIO, (*at, "parties"), "party", project.parties, party_ids(loaded))
        yield from missing(loaded, PORTFOLIO, (*at, "services"), "service", project.services, services)
        if _year(project.since) > _year(project.until, 9999):
            wrong = "The project ends before it begins."
            yield finding(loaded.at(PORTFOLIO, *at, "until"), "value", wrong, "Correct `since` or `until`.")
    for index, lesson in enumerate(model.lessons):
        about: Path = ("lessons", index, "about")
        yield from missing(loaded, PORTFOLIO, about, "project or service", [lesson.about], projects | services)
    for index, agreement in enumerate(model.agreements):
        for position, coverage in enumerate(agreement.services):
            yield from _option(loaded, ("agreements", index, "services", position), coverage, today)


def _year(day: date | int | None, otherwise: int = 0) -> int:
    return day.year if isinstance(day, date) else day if day is not None else otherwise


def _option(loaded: Loaded, path: Path, coverage: Coverage, today: date) -> Iterator[Issue]:
    place = loaded.at(AGREEMENTS, *path)
    is_option = coverage.take is Take.OPTIONAL
    if not is_option and (coverage.option_until is not None or coverage.exercised is not None):
        wrong = "What is taken from the start has no option."
        yield finding(place, "value", wrong, "Write `take: optional`, or take the dates away.")
    elif is_option and coverage.exercised is None and coverage.option_until is not None:
        if coverage.option_until < today:
            wrong = f"The option of {', '.join(coverage.parties)} ended on {coverage.option_until.isoformat()}, unused."
            yield finding(place, "option", wrong, "Write `exercised` with the day, or take these parties out.")
    elif coverage.exercised and coverage.option_until and coverage.exercised > coverage.option_until:
        wrong = "The option was taken up after it had ended."
        yield finding(place, "option", wrong, "Correct `exercised` or `option_until`.")
