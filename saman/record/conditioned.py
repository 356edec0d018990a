"""Update, patch and delete of whatever one resource fulfils a condition (https://hl7.org/fhir/R4/http.html#cond-update).

What the caller may not see fulfils no condition: they learn nothing of it, and what they then make is theirs. Of many
that try at once exactly one makes a resource; the others change that one.
"""

from __future__ import annotations

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.patch import Patch
from saman.record.change import Change, replacement
from saman.record.conditional import claim, matching
from saman.record.door import never
from saman.record.narrow_reading import allowed
from saman.record.narrowing import insufficient
from saman.record.patching import is_overtaken
from saman.record.record import Record, first
from saman.record.refusals import conflict, not_found
from saman.record.rows import Resource
from saman.record.search.asked import Query
from saman.record.stored import Stored, Written


async def update_where(
    record: Record, condition: Query, resource: Resource, expected: int | None = None
) -> Written | Refusal:
    """A new version of the one that fulfils the condition, or a new resource when none does."""
    valid = replacement(resource)
    if isinstance(valid, Refusal):
        return valid

    async def write(inner: Record) -> Written | Refusal:
        there = await _claimed(inner, condition, valid)
        change = there if isinstance(there, Refusal) else replacing(inner, there, valid, expected)
        return change if isinstance(change, Refusal) else first(await inner.commit([change]))

    return await record.until_settled(write, again=is_overtaken if expected is None else never)


async def patch_where(record: Record, condition: Query, patch: Patch, expected: int | None = None) -> Written | Refusal:
    """The one that fulfils the condition, patched; refused as not found when none does."""
    if not allowed(record, condition.type, "u"):
        return insufficient()

    async def write(inner: Record) -> Written | Refusal:
        there = await _claimed(inner, condition)
        if isinstance(there, Refusal) or there is None:
            return there or not_found()
        return await inner.patch(there.type, there.id, patch, expected or there.version)

    return await record.until_settled(write, again=is_overtaken if expected is None else never)


async def delete_where(record: Record, condition: Query, expected: int | None = None) -> Written | Refusal | None:
    """Mark the one that fulfils the condition as deleted; None when none does."""
    if not allowed(record, condition.type, "d"):
        return insufficient()

    async def write(inner: Record) -> list[Written] | Refusal:
        there = await _claimed(inner, condition)
        if isinstance(there, Refusal) or there is None:
            return there or []
        removal = await inner.removal(there.type, there.id, expected or there.version)
        return removal if isinstance(removal, Refusal) else await inner.commit([removal])

    written = await record.until_settled(write, again=is_overtaken if expected is None else never)
    return written if isinstance(written, Refusal) else next(iter(written), None)


async def _claimed(inner: Record, condition: Query, resource: Resource | None = None) -> Stored | Refusal | None:
    assert inner.connection is not None
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
