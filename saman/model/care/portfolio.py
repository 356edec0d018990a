"""What a region has under way and what it has learnt: projects, and lessons in the sources' four headings."""

from __future__ import annotations

from datetime import date
from enum import Enum

import msgspec

from saman.model.care.basis import Grounded, Node, Note, Slug


class ProjectStatus(Enum):
    """How far a project has come."""

    IDEA = "idea"
    UNDER_WAY = "under-way"
    IN_OPERATION = "in-operation"
    ENDED = "ended"
    NOT_KNOWN = "not-known"


class Project(Grounded, frozen=True, kw_only=True):
    """One project: who takes part, which services it is about, from when to when, with what money."""

    id: Slug
    name: str
    purpose: Note
    status: ProjectStatus
    parties: tuple[Slug, ...] = ()
    services: tuple[Slug, ...] = ()
    since: date | int | None = None
    until: date | int | None = None
    funding: Note = msgspec.field(default_factory=dict)


class Heading(Enum):
    """What a lesson says, in the order of a report."""

    OUTCOME = "outcome"
    IMPACT = "impact"
    LEARNING = "learning"
    REFLECTION = "reflection"


class Lesson(Grounded, frozen=True, kw_only=True):
    """One thing learnt, about a project or a service, for others to find."""

    id: Slug
    about: Slug
    heading: Heading
    text: Note


class PortfolioFile(Node, frozen=True, kw_only=True):
    """`portfolio.yaml`: projects, and what was learnt from them and from services."""

    schema: int
    projects: tuple[Project, ...] = ()
    lessons: tuple[Lesson, ...] = ()
