"""Competences that a task can need: who holds each by their licence, who may delegate it, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from saman.model.care import codes
from saman.model.care.basis import Grounded, Node, Slug, Text

Resource = Mapping[str, Any]


class Competence(Grounded, frozen=True, kw_only=True):
    """Something that not everybody may do: `held_by` are the professions whose licence covers it.

    With `may_delegate` somebody licensed in one of the professions of `delegated_by` may let a named colleague do it
    too, for at most `longest_days`.
    """

    id: Slug
    name: Text
    held_by: tuple[Slug, ...]
    may_delegate: bool = False
    delegated_by: tuple[Slug, ...] = ()
    longest_days: Annotated[int, Meta(ge=1, le=1096)] | None = None

    @property
    def givers(self) -> tuple[str, ...]:
        """The professions that may delegate it; none when nobody may."""
        return self.delegated_by if self.may_delegate else ()

    @property
    def longest(self) -> timedelta:
        """The longest time of a delegation."""
        return timedelta(days=self.longest_days or 0)


class CompetencesFile(Node, frozen=True, kw_only=True):
    """`regions/competences.yaml`: what activities may require, the same ids in all regions."""

    schema: int
    competences: tuple[Competence, ...]


class Competences(msgspec.Struct, frozen=True, kw_only=True):
    """What the record asks for at every Task: competences by id, and those that each activity requires."""

    known: Mapping[str, Competence] = {}
    required: Mapping[str, tuple[str, ...]] = {}

    def of(self, task: Resource | None) -> tuple[str, ...]:
        """The ids of what a Task requires, by the activities in its code; one that nobody described is held by none."""
        needed = (id for activity in activities_of(task) for id in self.required.get(activity, ()))
        return tuple(dict.fromkeys(needed))

    def given_by(self, professions: frozenset[str]) -> tuple[Competence, ...]:
        """What somebody with these licences may delegate."""
        return tuple(one for one in self.known.values() if professions & set(one.givers))


NONE = Competences()
"""Nothing is required of anybody."""


def acting(task_before: Resource | None, task: Resource, actor: str) -> frozenset[str]:
    """References of those who have to be competent for what a write does with a Task.

    Whoever takes it or is assigned to it, whoever begins or finishes it, and whoever it says has done it.
    """
    before = task_before or {}
    held = [claim for claim in (_holders(task) - _holders(before)) if claim]
    moves = task.get("status") in BINDING and task.get("status") != before.get("status")
    return frozenset([*held, *(_doers(task) - _doers(before)), *([actor] if moves else [])])


BINDING = frozenset({"in-progress", "completed"})
"""Statuses that somebody begins or finishes a task with."""


def _holders(task: Resource) -> set[str]:
    claimed = codes.extension_of(dict(task), codes.CLAIMED_BY).get("valueReference", {}).get("reference", "")
    owner = str(task.get("owner", {}).get("reference", ""))
    return {str(claimed)} | ({owner} if owner and not owner.startswith("Organization/") else set())


def _doers(task: Resource) -> set[str]:
    said = (one for one in task.get("output", ()) if codes.code_of(one.get("type"), codes.TASK_OUTPUT) in DONE_BY)
    return {str(one.get("valueReference", {}).get("reference", "")) for one in said}


DONE_BY = frozenset({"done-by", "acknowledged-by"})


def orders_of(task: Resource | None) -> frozenset[str]:
    """The ids of the ServiceRequests that a Task is done for: what it is based on, or about."""
    said = [*(task or {}).get("basedOn", ()), (task or {}).get("focus", {})]
    found = (str(one.get("reference", "")).split("/") for one in said)
    return frozenset(parts[1] for parts in found if len(parts) >= 2 and parts[0] == "ServiceRequest")


def activities_of(task: Resource | None) -> tuple[str, ...]:
    """The activities that a Task is for: its codes in `urn:saman:activity`."""
    codings = (task or {}).get("code", {}).get("coding", ())
    return tuple(str(one["code"]) for one in codings if one.get("system") == codes.ACTIVITY and "code" in one)
