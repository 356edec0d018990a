"""From a search for AuditEvents or Provenances to what is asked of the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import RESOURCE_TYPES, date_range, resource_number
from saman.record.audit_events.event import ACTIONS
from saman.record.search.asked import Clause, Query, prefix, unescape

_PEOPLE = ("Practitioner/", "Patient/", "RelatedPerson/", "PractitionerRole/")
_MILLISECOND = timedelta(milliseconds=1)

Unsealed = Callable[[str], int | None]
"""The number of an entry from the id of its resource; None for an id that is not of the log."""


class Ask(msgspec.Struct):
    """What the log is asked for; None asks for anything. `left` are the clauses that the log cannot answer exactly."""

    persons: frozenset[str] | None = None
    actors: frozenset[str] | None = None
    entries: frozenset[int] | None = None
    actions: frozenset[str] | None = None
    outcomes: frozenset[int] | None = None
    since: datetime | None = None
    until: datetime | None = None
    resources: frozenset[tuple[int, str]] | None = None
    grounds: frozenset[str] | None = None
    left: tuple[Clause, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be found."""
        sets = (self.persons, self.actors, self.entries, self.actions, self.outcomes)
        return any(one is not None and not one for one in sets)

    def values(self) -> tuple[Any, ...]:
        """The values of `audit_found` from `persons` on."""
        sets = (self.persons, self.actors, self.entries, self.actions, self.outcomes)
        kinds, ids = zip(*sorted(self.resources), strict=True) if self.resources else (None, None)
        lists = [None if one is None else sorted(one) for one in sets]
        return (*lists, self.since, self.until, kinds, ids, sorted(self.grounds) if self.grounds else None)


def read_ask(query: Query, start: Ask, unsealed: Unsealed, base: str, *, named: bool) -> Ask | Refusal:
    """`start` with what each clause of `query` adds; a clause that cannot be said to the log exactly is left.

    Unless whoever asks is told all names, a search by somebody's is held against what is shown.
    """
    ask = start
    for clause in query.clauses:
        by_name = clause.parameter.code == "agent" and not named
        taken = _left(ask, clause) if by_name else _taken(ask, clause, query.type, unsealed, base)
        if isinstance(taken, Refusal):
            return taken
        ask = taken
    return ask


def _taken(ask: Ask, clause: Clause, kind: str, unsealed: Unsealed, base: str) -> Ask | Refusal:
    code = clause.parameter.code
    if clause.parameter.type == "date" and clause.modifier == "":
        return _dated(ask, clause)
    values = [unescape(value).removeprefix(f"{base}/") for value in clause.values]
    narrowed = ask
    if clause.modifier == "" and code == "_id":
        return _narrowed(ask, entries=(entry for one in values if (entry := unsealed(one)) is not None))
    if clause.modifier in ("", "Patient") and code == "patient":
        narrowed = _narrowed(ask, persons=(value.removeprefix("Patient/") for value in values))
        return narrowed if kind == "AuditEvent" else _left(narrowed, clause)
    if (
        clause.modifier == ""
        and code == "agent"
        and all(value.startswith(_PEOPLE) and "/" in value for value in values)
    ):
        return _narrowed(ask, actors=values)
    if clause.modifier == "" and code == "action" and not any("|" in value for value in values):
        return _narrowed(ask, actions=(action for value in values for action in _actions(value)))
    if clause.modifier == "" and code == "outcome" and all(value in ("0", "4", "8", "12") for value in values):
        return _narrowed(ask, outcomes=map(int, values))
    if clause.modifier == "" and code in ("entity", "target"):
        narrowed = _resources(ask, values, patients=code == "target")
    return _left(narrowed, clause)


def _left(ask: Ask, clause: Clause) -> Ask:
    return msgspec.structs.replace(ask, left=(*ask.left, clause))


def _narrowed(ask: Ask, **sets: Iterable[Any]) -> Ask:
    """`ask` with each set cut to what is in the new one too."""
    found: dict[str, Any] = {}
    for name, values in sets.items():
        there = getattr(ask, name)
        found[name] = frozenset(values) if there is None else there & frozenset(values)
    return msgspec.structs.replace(ask, **found)


def _actions(code: str) -> list[str]:
    """The actions of the log that are shown under a code; what has no code of its own is an execution."""
    return [action for action, shown in ACTIONS.items() if shown == code] or (["S", "E"] if code == "E" else [])


def _resources(ask: Ask, values: list[str], *, patients: bool) -> Ask:
    """`ask` cut to entries that touch one of the resources or rest on it, where all are named with their type."""
    named = [value.partition("/_history/")[0].partition("/") for value in values]
    if ask.resources is not None or any(
        kind not in RESOURCE_TYPES or (kind == "Patient" and not patients) for kind, _, _ in named
    ):
        return ask
    resources = frozenset((resource_number(kind), id) for kind, _, id in named)
    return msgspec.structs.replace(ask, resources=resources, grounds=frozenset(f"{k}/{i}" for k, _, i in named))


def _dated(ask: Ask, clause: Clause) -> Ask | Refusal:
    spans = [(prefix(value)[0], date_range(prefix(value)[1])) for value in clause.values]
    if any(isinstance(span, Refusal) for _, span in spans):
        return refused(Kind.INVALID, "value", "Expected a date or time such as 2026-05-31.", clause.parameter.code)
    comparison, span = spans[0]
    assert not isinstance(span, Refusal)
    first, last = span
    if len(spans) > 1 or comparison in ("ne", "ap") or first.microsecond % 1000 or last - first < _MILLISECOND:
        return _left(ask, clause)
    since = {"eq": first, "ge": first, "gt": last, "sa": last}.get(comparison)
    until = {"eq": last, "le": last, "lt": first, "eb": first}.get(comparison)
    return msgspec.structs.replace(
        ask,
        since=max((one for one in (ask.since, since) if one), default=None),
        until=min((one for one in (ask.until, until) if one), default=None),
    )
