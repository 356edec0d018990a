"""Validation as an installation has it: how far it goes on every write, and which profiles are loaded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Any

from saman.kernel.outcome import Issue
from saman.model.fhir.fhirpath import Context
from saman.model.fhir.place import Place
from saman.model.fhir.validating.base import Looking, look
from saman.model.fhir.validating.profiles.conforming import Conforming
from saman.model.fhir.validating.profiles.extensions import Extensions, Unknown
from saman.model.fhir.validating.profiles.known import Known
from saman.model.fhir.validation import validate


class Level(Enum):
    """How far resources are checked when they are written."""

    STRUCTURE = "structure"
    BASE = "base"
    PROFILES = "profiles"


class Validation:
    """One for each process; made once, since what it learns of definitions stays with it."""

    def __init__(
        self, level: Level = Level.BASE, known: Known | None = None, unknown: Unknown = Unknown.ACCEPT
    ) -> None:
        self.level = level
        self.known = known or Known()
        self.unknown = unknown

    def on_write(self, resource: dict[str, Any], now: datetime) -> tuple[Issue, ...]:
        """Errors of a resource that is to be stored and whose structure is right, as far as `level` goes."""
        if self.level is Level.STRUCTURE:
            return ()
        looking = Looking(now, errors_only=True)
        if self.level is Level.PROFILES:
            self._watch(looking, claimed=True)
        look(resource, looking)
        return tuple(one for one in looking.issues if one.severity == "error")

    def whole(
        self, resource: Any, now: datetime, profiles: Iterable[str] = (), *, claimed: bool = True
    ) -> tuple[Issue, ...]:
        """All there is to say of what was sent as a resource, recommendations too, by R4 and by profiles.

        `profiles` are canonical URLs that it has to be as; with `claimed` those that it names itself as well. Rules
        and profiles are looked at only where the structure is right.
        """
        wrong = validate(resource)
        if wrong:
            return wrong
        looking = Looking(now, errors_only=False)
        self._watch(looking, claimed=claimed, more=tuple(profiles))
        look(resource, looking)
        return tuple(looking.issues)

    def _watch(self, looking: Looking, *, claimed: bool, more: tuple[str, ...] = ()) -> None:
        extensions = Extensions(self.known, looking, self.unknown)

        def watch(name: str, value: dict[str, Any], place: Place, context: Context) -> None:
            if name == "Extension":
                extensions.check(value, place, context)
                return
            conforming = Conforming(self.known, looking, context)
            profiles = value.get("meta", {}).get("profile", ()) if claimed else ()
            for url in dict.fromkeys((*profiles, *(more if place[0] is None else ()))):
                conforming.claimed(url, (name, value, None), place)

        looking.watch = watch
