"""What every page of the workspace can be told when something is refused."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from saman.apps.ui.locales import mark
from saman.kernel.outcome import Refusal
from saman.record.workspace import CHANGED

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        CHANGED: mark("Somebody else has changed this meanwhile. Look at what they wrote, then try again."),
        "workspace.reason": mark("Say why."),
        "governance.no-mandate": mark(
            "You have no mandate for this. The region's administrators can tell you who has."
        ),
    }
)
"""Sentence of each key that any of these pages can meet."""

EMPTY: Mapping[str, str] = MappingProxyType(
    {
        "title": mark("Say in a few words what it is about."),
        "decision": mark("Write what is decided."),
        "action": mark("Write what is to be done."),
        "challenge": mark("Write what the challenge is."),
        "note": mark("Write the note first."),
        "how": mark("Say how they were heard."),
        "said": mark("Write what they said."),
        "place": mark("Say where it was."),
        "about": mark("Write what happened."),
    }
)
"""What is said of each field that must not be empty, by its name."""


def told(refusal: Refusal) -> Refusal:
    """The refusal with sentences in the place of the keys that every page knows."""
    issues = (msgspec.structs.replace(one, key=SENTENCES.get(one.key, one.key)) for one in refusal.issues)
    return Refusal(refusal.kind, tuple(issues))
