"""What an export is asked for (https://hl7.org/fhir/uv/bulkdata/STU2/export.html#query-parameters)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from saman.model.fhir import RESOURCE_TYPES
from saman.model.fhir.definitions import patient_compartment, search_parameters
from saman.model.fhir.summary import Part

MADE = frozenset({"AuditEvent"})
"""Types that are made from the log when they are asked for, and are not exported."""

EVERYTHING, PATIENTS = "system", "patient"
EXPORT, IMPORT = "export", "import"
INPUT = "input.ndjson"
"""The file of an import that holds what was sent."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One export, asked for at `url` of the interface at `base`: `level` system, or patient for what is about people.

    `types` are all that are wanted; `persons` those it is about, None for everybody. `filters` are searches by type,
    of which any may match; `elements` names of elements, perhaps with a type before them. Resources whose version
    at `moment` was made after `since` and not after `until`.
    """

    url: str
    base: str
    level: str
    types: tuple[str, ...]
    moment: datetime
    persons: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    elements: tuple[str, ...] = ()
    filters: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    @property
    def latest(self) -> datetime:
        """The last moment at which a wanted version may have been made."""
        return min(self.moment, self.until) if self.until else self.moment

    def part(self, type_name: str) -> Part:
        """Which part of the resources of a type is wanted: all of those of which no element was named."""
        own = (one for one in self.elements if "." not in one or one.startswith(f"{type_name}."))
        return Part(elements=frozenset(own))

    def filters_of(self, type_name: str) -> Sequence[tuple[tuple[str, str], ...]]:
        """The searches of which a resource of a type must match one; none when all are wanted."""
        return [pairs for kind, pairs in self.filters if kind == type_name]


def types_of(level: str) -> tuple[str, ...]:
    """What can be exported: all types, or those of the Patient compartment and others that are about a patient."""
    known = (one for one in RESOURCE_TYPES if one not in MADE)
    return tuple(known) if level == EVERYTHING else tuple(one for one in known if _is_about_people(one))


def _is_about_people(type_name: str) -> bool:
    if type_name == "Patient" or type_name in patient_compartment:
        return True
    known = search_parameters(type_name)
    return any(code in known and "Patient" in known[code].targets for code in ("patient", "subject"))


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """One import, asked for at `url` of the interface at `base`."""

    url: str
    base: str
    moment: datetime


class File(msgspec.Struct, frozen=True):
    """A file that was made: `bytes` of it count, whatever a worker that was killed has written behind them.

    `list` is where the manifest names it: output, deleted or error.
    """

    name: str
    type: str
    bytes: int
    count: int
    list: str = "output"


def grown(files: Iterable[File], more: Iterable[File]) -> tuple[File, ...]:
    """Files by name, with those of `more` in the place of what they were."""
    return tuple(({one.name: one for one in files} | {one.name: one for one in more}).values())
