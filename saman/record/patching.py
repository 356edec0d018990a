"""Patches: what is there is read, changed, and written back at the version that was read."""

from __future__ import annotations

from collections.abc import Iterable

from saman.kernel.ids import is_fhir_id
from saman.kernel.outcome import Refusal
from saman.model.fhir import RESOURCE_TYPES, resource_number
from saman.model.fhir.patch import Patch, patched
from saman.record.audit import REFUSED, Entry
from saman.record.audit_events.ids import is_made, unwritable
from saman.record.change import Change
from saman.record.database import Connection
from saman.record.door import Door
from saman.record.narrow_reading import allowed, unnarrowed
from saman.record.narrowing import insufficient, lets_row
from saman.record.reading import read_row
from saman.record.refusals import CONFLICT, conflict, gone, not_found
from saman.record.rows import checked
from saman.record.stored import stored

LETTERS = "ru"
"""The rights of an app that a patch takes."""
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('saman patch'), hashtext($1))"


async def wait_for(connection: Connection, references: Iterable[str]) -> None:
    """Keep others from patching the same resources until this transaction has ended."""
    for reference in sorted(set(references)):
        await connection.execute(_ALONE, reference)


def is_overtaken(result: object) -> bool:
    """Whether a write came to nothing because somebody else had written the same resource just before."""
    return isinstance(result, Refusal) and any(issue.key == CONFLICT for issue in result.issues)


async def change_by(door: Door, type_name: str, id: str, patch: Patch, expected: int | None = None) -> Change | Refusal:
    """The change that `patch` makes of the resource as the caller may see it, bound to the version it was read at.

    A patch that fits or does not tells what is there: an app needs the right to read besides that to update.
    """
    if type_name not in RESOURCE_TYPES or not is_fhir_id(id):
        return not_found()
    refusal = None if all(allowed(door, type_name, letter) for letter in LETTERS) else insufficient()
    if refusal is None and is_made(type_name, id):
        refusal = unwritable()
    row = None if refusal else await read_row(unnarrowed(door), type_name, id)
    if row is not None and not all(lets_row(door.context.narrowing, row, letter) for letter in LETTERS):
        row = None
    change = refusal or _change(row, patch, expected)
    if isinstance(change, Refusal) and not door.again(change):
        person = row["person"] if row is not None else None
        await door.log(Entry(door.context, "U", resource_number(type_name), id, None, person, REFUSED))
    return change


def _change(row: object, patch: Patch, expected: int | None) -> Change | Refusal:
    if row is None:
        return not_found()
    there = stored(row)
    if there.deleted:
        return gone()
    if expected not in (None, there.version):
        return conflict()
    made = patched(there.resource(), patch)
    valid = made if isinstance(made, Refusal) else checked(made)
    return valid if isinstance(valid, Refusal) else Change(valid, there.id, there.version)
