"""What somebody searched for, as far as a reader of the log is told: never another person's name or number."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

from saman.model.fhir import RESOURCE_TYPES, resource_name, search_parameters
from saman.record.audit import Logged

Criteria = Callable[[Logged], str]
"""The text of a search for one kind of reader."""

HIDDEN = "…"
_PLAIN = frozenset({"category", "clinical-status", "code", "lifecycle-status", "status", "type"})
_ANSWERING = frozenset(
    {"_count", "_elements", "_include", "_revinclude", "_since", "_sort", "_summary", "_total", "_type"}
)
"""What says how to answer, or which types; tags and the like may be made for one person alone."""


def all_criteria(entry: Logged) -> str:
    """What was asked, as the log keeps it: for the back-end client and those who answer for the log."""
    return entry.query or resource_name(entry.type)


def own_criteria(entry: Logged) -> str:
    """What was asked, for the person whom the entry is about: one search may name several people.

    Dates, codes and what says how to answer stay; so do values that name this person. Every other value is hidden.
    """
    return "\n".join(_search(line, entry.person) for line in entry.query.split("\n")) or resource_name(entry.type)


def _search(text: str, person: str | None) -> str:
    kind, mark, query = text.partition("?")
    told = (f"{name}={_told(kind, name, value, person)}" for name, value in parse_qsl(query, keep_blank_values=True))
    return f"{kind}?{'&'.join(told)}" if mark else text


def _told(kind: str, name: str, value: str, person: str | None) -> str:
    code = name.partition(":")[0]
    parameter = search_parameters(kind).get(code) if kind in RESOURCE_TYPES else None
    if code in _PLAIN | _ANSWERING or (parameter is not None and parameter.type == "date"):
        return value
    own = {person, f"Patient/{person}"} if person else set()
    return ",".join(one if one in own else HIDDEN for one in value.split(","))
