"""What the parts of the care model are called, for those who read what a change means."""

from __future__ import annotations

from collections.abc import Mapping

from saman.apps.workspace.desk import Desk

Part = tuple[str, str]
"""The kind of a part, as `saman.model.care.compare` calls it, and its id."""


def called(desk: Desk) -> Mapping[Part, str]:
    """The name of each part as it is in force, in the reader's language; what is new has none yet."""
    model = desk.model
    texts = (
        *(("Shared goal", one.id, one.text) for one in model.goals),
        *(("Lesson", one.id, one.text) for one in model.lessons),
        *(("Service", one.id, one.name) for one in model.services),
        *(("Pathway", one.id, one.name) for one in model.pathways),
        *(("Body", one.id, one.name) for one in model.bodies),
        *(("Indicator", one.id, one.name) for one in model.indicators),
    )
    plain = (
        *(("Party", one.id, one.name) for one in model.parties),
        *(("Agreement", one.id, one.name) for one in model.agreements),
        *(("Project", one.id, one.name) for one in model.projects),
    )
    told = {(kind, id): desk.said(text) for kind, id, text in texts}
    return told | {(kind, id): name for kind, id, name in plain}
