"""What the log keeps besides looks and writes: who came in and left, who was refused, and acts of administration.

Such an entry is an execution (`E`) whose `query` begins with one of the words below. A citizen's own ones are about the
citizen, so that they are found in the own log; nobody else's are about a person. No entry holds an identifier, a key or
what somebody typed.
"""

from __future__ import annotations

from enum import Enum

from saman.model.fhir import resource_number
from saman.record.audit import OK, REFUSED, Entry, Logged
from saman.record.context import Context


class Entrance(Enum):
    """The first word of what was done."""

    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    ASSIGNMENT = "assignment"
    """Somebody signed in took another of their assignments."""
    ADMINISTRATION = "administration"


_WORDS = {one.value: one for one in Entrance}
NOBODY = "nobody"
"""The actor of a sign-in that failed before it was known whose it was."""


def entrance_entry(what: Entrance, context: Context, how: str, *, good: bool = True, about: str = "") -> Entry:
    """The entry of an act by `context`'s actor, or upon `about` (a reference); `how` is made of words of the program.

    A sign-in that failed has the actor as far as it was proven, else `NOBODY`.
    """
    kind, _, id = (about or context.actor).partition("/")
    person = id if good and kind == "Patient" and what is not Entrance.ADMINISTRATION else None
    number = resource_number(kind if id else "Practitioner")
    query, outcome = f"{what.value} {how}".strip(), OK if good else REFUSED
    return Entry(context, "E", number, id, person=person, outcome=outcome, query=query)


def entrance_of(entry: Logged) -> tuple[Entrance, str] | None:
    """What such an entry says: the act, and how; None for every other."""
    word, _, how = entry.query.partition(" ")
    found = _WORDS.get(word) if entry.action == "E" else None
    return (found, how) if found is not None else None
