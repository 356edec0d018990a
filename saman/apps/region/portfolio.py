"""What the region has under way and what it has learnt, under the sources' four headings."""

from __future__ import annotations

from collections.abc import Container
from datetime import date

import msgspec

from saman.apps.region import names
from saman.apps.region.facts import Ground, Said, Teller
from saman.apps.region.people import party_name
from saman.model.care.portfolio import Heading, Project


class LessonLine(msgspec.Struct, frozen=True):
    """What was learnt, under its heading, about what."""

    heading: str
    text: Said
    about: Said
    ground: Ground


class ProjectView(msgspec.Struct, frozen=True):
    """One project: who takes part, which services it is about, when, with what money, and what was learnt."""

    id: str
    name: str
    purpose: Said
    shape: str
    status: str
    parties: tuple[str, ...]
    services: tuple[tuple[str, Said], ...]
    period: str
    funding: Said | None
    lessons: tuple[LessonLine, ...]
    ground: Ground


class Portfolio(msgspec.Struct, frozen=True):
    """Projects with their lessons, and lessons about services or anything else."""

    projects: tuple[ProjectView, ...]
    lessons: tuple[LessonLine, ...]


def portfolio(tell: Teller) -> Portfolio:
    """Everything under way and learnt."""
    own = {one.id for one in tell.model.projects}
    others = tuple(dict.fromkeys(one.about for one in tell.model.lessons if one.about not in own))
    return Portfolio(tuple(_project(tell, one) for one in tell.model.projects), lesson_lines(tell, others))


def lesson_lines(tell: Teller, about: Container[str]) -> tuple[LessonLine, ...]:
    """What was learnt about some services or projects, in the order of the headings."""
    found = [one for one in tell.model.lessons if one.about in about]
    titles = _titles(tell)
    return tuple(
        LessonLine(
            tell.words.gettext(names.HEADINGS[one.heading]),
            tell.said(one.text),
            titles.get(one.about, Said(one.about)),
            tell.ground(one),
        )
        for heading in Heading
        for one in found
        if one.heading is heading
    )


def _titles(tell: Teller) -> dict[str, Said]:
    services = {one.id: tell.said(one.name) for one in tell.model.services}
    return services | {one.id: Said(one.name) for one in tell.model.projects}


def _project(tell: Teller, one: Project) -> ProjectView:
    shape, words = names.PROJECTS[one.status]
    services = [(name, service) for name in one.services if (service := tell.model.service(name)) is not None]
    return ProjectView(
        id=one.id,
        name=one.name,
        purpose=tell.said(one.purpose),
        shape=shape,
        status=tell.words.gettext(words),
        parties=tuple(party_name(tell, party) for party in one.parties),
        services=tuple((name, tell.said(service.name)) for name, service in services),
        period=_period(tell, one.since, one.until),
        funding=tell.said(one.funding) if one.funding else None,
        lessons=lesson_lines(tell, (one.id,)),
        ground=tell.ground(one),
    )


def _period(tell: Teller, since: date | int | None, until: date | int | None) -> str:
    def written(day: date | int | None) -> str:
        return "" if day is None else str(day) if isinstance(day, int) else tell.words.full_date(day)

    return f"{written(since)}–{written(until)}" if since is not None or until is not None else ""
