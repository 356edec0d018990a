"""What somebody wants written, and whether access rules let them."""

from __future__ import annotations

from typing import Any

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Verdict, Words, may_write, unmet
from saman.model.access.words import words
from saman.model.care.competence import acting, orders_of
from saman.model.fhir.summary import is_subsetted
from saman.model.fhir.validating import Validation
from saman.record.contents import Content
from saman.record.delegation import lacking
from saman.record.door import Door
from saman.record.narrow_reading import allowed, unnarrowed
from saman.record.narrowing import insufficient, lets_resource, lets_row
from saman.record.reading import read_row
from saman.record.redacting import restored, whole
from saman.record.refusals import forbidden, gone, not_found
from saman.record.rows import Resource, Row, checked

ANY = -1
"""Expected: whatever is there, or nothing; only the system context may make what is not there."""


class Change(msgspec.Struct, frozen=True):
    """A resource to write. `expected`: 0 new, a version to replace, -1 whatever is there; `id` empty for a new one.

    `content` is what a Binary holds, when that has been taken in already; `is_fit` says that it was found to be as the
    installation asks (`unfit`). `row` is what it is written as, where that was worked out before.
    """

    resource: Resource
    id: str = ""
    expected: int = 0
    remove: bool = False
    content: Content | None = None
    is_fit: bool = False
    row: Row | None = None

    @property
    def type(self) -> str:
        """The resource type."""
        kind: str = self.resource["resourceType"]
        return kind

    @property
    def action(self) -> str:
        """The word of access rules: create, update or delete."""
        if self.remove:
            return "delete"
        return "create" if self.expected == 0 else "update"


def replacement(resource: Any) -> Resource | Refusal:
    """`resource` itself when it is valid and whole."""
    valid = checked(resource)
    return valid if isinstance(valid, Refusal) else is_part(valid) or valid


async def judging(door: Door) -> Validation:
    """How resources are judged that are to be written now."""
    return await door.store.definitions.known(door.context, on_write=True)


def unfit(door: Door, resource: Resource, validation: Validation) -> Refusal | None:
    """Why a resource whose structure is right is not stored all the same: rules of R4, or of profiles, are broken."""
    issues = validation.on_write(resource, door.context.now)
    return Refusal(Kind.UNPROCESSABLE, issues) if issues else None


def is_part(resource: Resource) -> Refusal | None:
    """Why a part of a resource is not taken as a new version: it would wipe out the rest."""
    if not is_subsetted(resource):
        return None
    text = "This is a part of a resource (it has the tag SUBSETTED). Fetch it without _summary and _elements first."
    return refused(Kind.UNPROCESSABLE, "business-rule", text, f"{resource['resourceType']}.meta.tag")


def barred(door: Door, type_name: str, *actions: str) -> Refusal | None:
    """Why the caller may do none of `actions` (create, update, delete) with a type, whatever is there and whosever."""
    reasons = [_barred(door, type_name, action) for action in actions]
    return None if None in reasons else reasons[-1]


def _barred(door: Door, type_name: str, action: str) -> Refusal | None:
    if not allowed(door, type_name, action[0]):
        return insufficient()
    if door.context.is_system:
        return None
    decision = may_write(door.context.assignment, type_name, action, door.context.rights)
    return forbidden(decision.reasons) if decision.verdict is Verdict.DENY else None


async def judged(door: Door, change: Change) -> Change | Refusal:
    """The change as it may be made: bound to the version that the rules were held against, or why it may not."""
    scoped = await _scoped(door, change)
    if isinstance(scoped, Refusal) or door.context.is_system:
        return scoped
    change = scoped
    assignment = door.context.assignment
    decision = may_write(assignment, change.type, change.action, door.context.rights)
    if decision.verdict is Verdict.DENY:
        return forbidden(decision.reasons)
    before: Resource | None = None
    if change.expected != 0:
        row = await read_row(unnarrowed(door), change.type, change.id)
        if row is None:
            return not_found()
        if row["deleted"]:
            return gone()
        before = whole(row)
        if not change.remove:
            change = msgspec.structs.replace(change, resource=restored(change.resource, row))
        if change.expected == ANY:
            change = msgspec.structs.replace(change, expected=row["version"])
    elif change.id and door.store.mint.shard(change.id) is None:
        return not_found()
    after = None if change.remove else change.resource
    reasons = unmet(decision.obligations, assignment, before, after) or await _incompetent(door, before, after)
    return forbidden(reasons) if reasons else change


async def _incompetent(door: Door, before: Resource | None, after: Resource | None) -> tuple[Words, ...]:
    """What a Task requires of those who take, begin or finish it and is not held; nothing is taken from it either."""
    if after is None or after["resourceType"] != "Task":
        return ()
    competences = door.store.policy.competences
    needed = competences.of(before)
    if not (needed or competences.of(after)):
        return ()
    if not set(needed) <= set(competences.of(after)) or (needed and orders_of(before) != orders_of(after)):
        return (words("access.write.same_needs"),)
    people = acting(before, after, door.context.actor)
    missing = await lacking(door, competences, after, people) if people else ()
    return (words("access.write.competent", needs=", ".join(missing)),) if missing else ()


async def _scoped(door: Door, change: Change) -> Change | Refusal:
    """The change as the scopes of an app let it be made; an update that would make something new is a create."""
    narrowing = door.context.narrowing
    if narrowing is None:
        return change
    letter = change.action[0]
    if not narrowing.allows(change.type, letter):
        return insufficient()
    if change.expected != 0:
        row = await read_row(unnarrowed(door), change.type, change.id)
        if row is None and change.expected == ANY and not change.remove and door.context.is_system:
            letter, change = "c", msgspec.structs.replace(change, expected=0)
        elif row is None or not lets_row(narrowing, row, letter):
            return not_found()
        elif change.expected == ANY:
            change = msgspec.structs.replace(change, expected=row["version"])
    return change if change.remove or lets_resource(narrowing, change.resource, letter) else insufficient()
