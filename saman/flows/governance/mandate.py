"""Who may work on what of the region: only people with a mandate change it.

A mandate comes with a role, and a role with a membership that an organisation gives for a time. What changes who may
see what takes two people: whoever wrote it, and somebody else who may approve it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from saman.kernel.outcome import Kind, Refusal, refused
from saman.record import Context

ADMINISTRATOR = "region-administrator"
OFFICER = "data-protection-officer"


class Matter(Enum):
    """What a mandate is for."""

    FILES = "files"
    APPROVAL = "approval"
    BODIES = "bodies"
    ASSESSMENT = "assessment"
    WAYS = "ways"


MANDATES: Mapping[Matter, frozenset[str]] = MappingProxyType(
    {
        Matter.FILES: frozenset({ADMINISTRATOR}),
        Matter.APPROVAL: frozenset({ADMINISTRATOR, OFFICER}),
        Matter.BODIES: frozenset({ADMINISTRATOR}),
        Matter.ASSESSMENT: frozenset({ADMINISTRATOR}),
        Matter.WAYS: frozenset({ADMINISTRATOR, "team-leader"}),
    }
)
"""The roles that carry each mandate."""


def has_mandate(context: Context, matter: Matter) -> bool:
    """Whether the one who asks may work on a matter."""
    return context.kind == "staff" and context.party != "" and context.role in MANDATES[matter]


def barred(context: Context, matter: Matter) -> Refusal | None:
    """The refusal of work on a matter without a mandate for it."""
    if has_mandate(context, matter):
        return None
    text = "You have no mandate for this. The region's administrators can tell you who has."
    return refused(Kind.FORBIDDEN, "forbidden", text, key="governance.no-mandate")
