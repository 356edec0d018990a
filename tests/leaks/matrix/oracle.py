"""Who may see what in a generated world: from the tables of `truth.py`, what is true of its people, and nothing else.

No rule, grant or answer of the product is used here, and no code of its evaluator.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from .people import Person, Persona
from .truth import reads, situation

OWN_AGE = {"SE": 13, "NO": 16, "DK": 15, "FI": 18, "IS": 16}
"""An age at which something changes for those who have custody."""


class Thing(NamedTuple):
    """A resource as the world knows it: what it is, whom it is about, and the canaries of each of its versions.

    `person` is None for what is about nobody, "-" for what does not say whom it is about. `mentions` are all canaries
    and ids that stand in it, its own included; `names` those of them that are its own. `links` are the ids it points
    to, `limit` is the number of the limit that a Consent says, `closed` are those that speak of this thing alone.
    """

    type: str
    id: str
    person: str | None
    kind: str
    versions: tuple[str, ...]
    deleted: bool
    mentions: frozenset[bytes]
    names: frozenset[bytes]
    links: tuple[str, ...] = ()
    limit: int | None = None
    closed: frozenset[int] = frozenset()


class Oracle:
    """What personas may see of a world at a moment."""

    def __init__(self, country: str, people: tuple[Person, ...], things: tuple[Thing, ...]) -> None:
        self._country = country
        self._people = {one.id: one for one in people}
        self._things = things
        self._read: dict[tuple[str, str, datetime], frozenset[str]] = {}

    def shows(self, who: Persona, thing: Thing, at: datetime) -> bool:
        """Whether somebody may see a thing."""
        if who.types is not None and thing.type not in who.types:
            return False
        if thing.kind == "directory":
            return True
        if thing.person == "-" or thing.person is None:
            return who.kind == "system"
        if who.only and thing.person != who.only:
            return False
        return self._reads(who, thing.person, thing.kind, at) and not self.closes(who, thing, at)

    def _reads(self, who: Persona, person: str, kind: str, at: datetime) -> bool:
        if who.kind == "system":
            return True
        key = (who.name, person, at)
        if key not in self._read:
            self._read[key] = reads(self._country, situation(self._country, who, self._people[person], at))
        return kind in self._read[key]

    def closes(self, who: Persona, thing: Thing, at: datetime) -> bool:
        """Whether its person has closed a thing to somebody."""
        person = self._people.get(thing.person or "")
        if person is None or who.kind == "system" or (who.kind == "citizen" and who.about == person.id):
            return False
        named = who.unit if who.kind == "staff" else who.actor.partition("/")[2]
        for number, limit in enumerate(person.limits):
            whole = not limit.types and (thing.kind == limit.kind if limit.kind else thing.kind != "person")
            speaks = whole or thing.limit == number or number in thing.closed
            if speaks and limit.whom in ("", named) and limit.span.holds(at):
                return True
        return False

    def keeps_back(self, who: Persona, thing: Thing, at: datetime) -> bool:
        """Whether somebody would see a thing, had its person not closed it: they may not learn that it is there."""
        would = thing.person in self._people and self._reads(who, thing.person or "", thing.kind, at)
        return would and self.closes(who, thing, at)

    def visible(self, who: Persona, at: datetime) -> tuple[Thing, ...]:
        """Everything that somebody may see, deleted things too."""
        return tuple(one for one in self._things if self.shows(who, one, at))
