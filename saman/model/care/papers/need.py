"""The need-and-risk analysis of who sees what: one part for each role that some rule opens data to."""

from __future__ import annotations

from collections.abc import Iterator

from saman.model.care.papers import common
from saman.model.care.papers.desk import Desk
from saman.model.care.papers.paper import PROFESSIONALS, Entry, Paper, Phrase, Section, alone, phrase
from saman.model.care.region import Role

OPENING = ("R05", "R06", "R07", "R08", "R09", "R10", "R11")


def analysis(desk: Desk, rule: Phrase) -> Paper:
    """What each role sees by which rule, and room for why it needs it and what could go wrong."""
    return Paper(
        id="need-and-risk-analysis",
        title=phrase("Need and risk analysis"),
        rule=rule,
        sections=(
            *_roles(desk),
            Section(phrase("What is closed, and how it is opened"), desk.rows(*OPENING)),
            common.security(desk),
        ),
    )


def _roles(desk: Desk) -> Iterator[Section]:
    for role in desk.model.roles:
        if seen := tuple(desk.rules(role.id)):
            yield Section(alone(role.name), (Entry(phrase("Sees by the rules of access"), seen), *_asked(desk, role)))


def _asked(desk: Desk, role: Role) -> tuple[Entry, ...]:
    labels = (
        phrase("What it needs this for"),
        phrase("What it does not need"),
        phrase("What could go wrong, how likely and how grave"),
    )
    needs = tuple(desk.left_open(label, role, PROFESSIONALS) for label in labels)
    return (*needs, desk.left_open(phrase("Decision, and when it is looked at again"), role))
