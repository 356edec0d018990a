"""The first page of the workspace: its places, each with what it is for."""

from __future__ import annotations

import msgspec

from saman.apps.ui.locales import mark
from saman.apps.workspace.changes_waiting import Waiting, waiting
from saman.apps.workspace.desk import Desk


class Place(msgspec.Struct, frozen=True):
    """A place of the workspace: where it is, what it is called and for, and what waits there for the reader."""

    path: str
    name: str
    purpose: str
    waiting: int = 0


class Home(msgspec.Struct, frozen=True):
    """The first page."""

    region: str
    places: tuple[Place, ...]
    waits: tuple[Waiting, ...]


PLACES: tuple[tuple[str, str, str], ...] = (
    ("/files", mark("Files"), mark("How the region works, as plain files: read them, and propose a change.")),
    ("/changes", mark("Proposals"), mark("What somebody wants to change, what it means, and who approves it.")),
    ("/bodies", mark("Bodies"), mark("Who decides together: seats, meetings, decisions and minutes.")),
    ("/actions", mark("Actions"), mark("What meetings agreed on: who does it, until when.")),
    ("/assessment", mark("Self-assessment"), mark("How leaders, staff and citizens see the cooperation, over time.")),
    (
        "/ways",
        mark("Ways to new practice"),
        mark("From a challenge to a service that works, step by step and together."),
    ),
)
"""Path below the workspace, name and purpose of each place, marked for translation."""


async def home_page(desk: Desk) -> Home:
    """The first page in the reader's language."""
    places = tuple(Place(path, desk.t(name), desk.t(purpose)) for path, name, purpose in PLACES)
    return Home(desk.region, places, await waiting(desk))
