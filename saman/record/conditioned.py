"""Update, patch and delete of whatever one resource fulfils a condition (https://hl7.org/fhir/R4/http.html#cond-update).

What the caller may not see fulfils no condition: they learn nothing of it, and what they then make is theirs. Of many
that try at once exactly one makes a resource; the others change that one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.patch import Patch
from saman.record.audit import REFUSED
from saman.record.change import Change, barred, replacement
from saman.record.conditional import attempts, claim, matching, turn_of
from saman.record.door import never
from saman.record.limits import waiting
from saman.record.narrow_reading import allowed
from saman.record.narrowing import insufficient
from saman.record.patching import LETTERS, is_overtaken
from saman.record.record import Record, first
from saman.record.refusals import conflict, not_found
from saman.record.rows import Resource
from saman.record.search.asked import Query
from saman.record.stored import Stored, Written

T = TypeVar("T")


async def update_where(
    record: Record, condition: Query, resource: Resource, expected: int | None = None
) -> Written | Refusal:
    """A new version of the one that fulfils the condition, or a new resource when none does."""
    valid = replacement(resource)
    if isinstance(valid, Refusal):
        return valid

    refusal = await not_allowed(record, condition, "PUT")
    if refusal is not None:
        return refusal

    async def write(inner: Record) -> Written | Refusal:
        there = await _claimed(inner, condition, "U", valid)
        change = there if isinstance(there, Refusal) else replacing(inner, there, valid, expected)
        return change if isinstance(change, Refusal) else first(await inner.commit([change]))

    return await _in_turn(record, condition, write, expected)


async def patch_where(record: Record, condition: Query, patch: Patch, expected: int | None = None) -> Written | Refusal:
    """The one that fulfils the condition, patched; refused as not found when none does."""
    refusal = await not_allowed(record, condition, "PATCH")
    if refusal is not None:
        return refusal

    async def write(inner: Record) -> Written | Refusal:
        there = await _claimed(inner, condition, "U")
        if isinstance(there, Refusal) or there is None:
            return there or not_found()
        return await inner.patch(there.type, there.id, patch, expected or there.version)

    return await _in_turn(record, condition, write, expected)


async def delete_where(record: Record, condition: Query, expected: int | None = None) -> Written | Refusal | None:
    """Mark the one that fulfils the condition as deleted; None when none does."""
    refusal = await not_allowed(record, condition, "DELETE")
    if refusal is not None:
        return refusal

    async def write(inner: Record) -> list[Written] | Refusal:
        there = await _claimed(inner, condition, "D")
        if isinstance(there, Refusal) or there is None:
            return there or []
        removal = await inner.removal(there.type, there.id, expected or there.version)
        return removal if isinstance(removal, Refusal) else await inner.commit([removal])

    written = await _in_turn(record, condition, write, expected)
    return written if isinstance(written, Refusal) else next(iter(written), None)


_NEEDED: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {"PUT": ("s", ("create", "update")), "PATCH": (f"s{LETTERS}", ("update",)), "DELETE": ("s", ("delete",))}
)
"""What an app needs for a write under a condition, and the actions of which one at least has to be allowed."""


async def not_allowed(record: Record, condition: Query, method: str) -> Refusal | None:
    """Why a write under a condition comes to nothing whatever is there, logged.

    Known before anything is claimed or looked for, so that whoever may not write keeps nobody waiting.
    """
    letters, actions = _NEEDED[method]
    may_ask = all(allowed(record, condition.type, letter) for letter in letters)
    refusal = barred(record, condition.type, *actions) if may_ask else insufficient()
    if refusal is not None:
        entries = attempts(record.context, condition, actions[-1][0].upper())
        await record.log(*(msgspec.structs.replace(one, outcome=REFUSED) for one in entries))
    return refusal


async def _in_turn(
    record: Record, condition: Query, write: Callable[[Record], Awaitable[T | Refusal]], expected: int | None
) -> T | Refusal:
    """What `write` does, after all in this process that wait for the same claim: who waits here keeps no connection."""
    async with record.turn(turn_of(condition)):
        return await record.until_settled(write, again=is_overtaken if expected is None else never)


async def _claimed(
    inner: Record, condition: Query, action: str, resource: Resource | None = None
) -> Stored | Refusal | None:
    assert inner.connection is not None
    async with waiting(inner, lambda: attempts(inner.context, condition, action)):
        await claim(inner.connection, inner.store.secret, [(condition, resource)])
    return await matching(inner, condition)


def replacing(record: Record, there: Stored | None, resource: Resource, expected: int | None) -> Change | Refusal:
    """The change of a conditional update, given the one that fulfils its condition."""
    id: str = resource.get("id", "")
    if there is not None:
        if id not in ("", there.id):
            text = "Another resource than the one with this id fulfils the condition."
            return refused(Kind.INVALID, "invalid", text, f"{there.type}.id")
        return Change(resource | {"id": there.id}, there.id, there.version if expected is None else expected)
    if expected is not None:
        return conflict()
    if id and not record.context.is_system:
        text = "Nothing fulfils the condition, and only the back-end client chooses ids: leave the id out."
        return refused(Kind.UNPROCESSABLE, "business-rule", text, f"{resource['resourceType']}.id")
    return Change(resource, id, 0)
