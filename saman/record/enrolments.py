"""An enrolment (EpisodeOfCare of a service) names the applied version of the care model that it began with.

It is named when it is first written, and stays named whatever its clients send, until somebody is moved. In a service
that has ended nobody begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.kept import naming, service_of, version_of
from saman.record.change import ANY, Change
from saman.record.database import Asked
from saman.record.door import Door
from saman.record.narrow_reading import unnarrowed
from saman.record.reading import read_row
from saman.record.redacting import whole
from saman.record.rows import Resource

TYPE = "EpisodeOfCare"

_STANDING = """SELECT number, services ? $1 AS offers,
    EXISTS (SELECT FROM applied_model WHERE services ? $1) AS offered
FROM applied_model ORDER BY number DESC LIMIT 1"""
_AT = """SELECT coalesce(max(number) FILTER (WHERE at <= $1), min(number)) AS number FROM applied_model"""

OVER = frozenset({"finished", "cancelled", "entered-in-error"})


async def named(door: Door, changes: Sequence[Change]) -> Sequence[Change] | Refusal:
    """The changes, each enrolment among them with the version named that it is on; refused where one cannot begin."""
    if not any(change.type == TYPE for change in changes):
        return changes
    found: list[Change] = []
    for change in changes:
        one = await _named(door, change) if change.type == TYPE and not change.remove else change
        if isinstance(one, Refusal):
            return one
        found.append(one)
    return found


async def _named(door: Door, change: Change) -> Change | Refusal:
    service = service_of(change.resource)
    asked: Asked = door.connection or door.store.statements
    rows = await asked.fetch(_STANDING, service) if service else []
    if not rows or not rows[0]["offered"]:
        return change
    row = await read_row(unnarrowed(door), TYPE, change.id) if change.id and change.expected != 0 else None
    before = _before(row, service)
    if not rows[0]["offers"] and _begins(before, change.resource):
        text = "This service has ended: nobody begins in it. Who is in it stays until moved, or until it ends for them."
        return refused(Kind.UNPROCESSABLE, "business-rule", text, f"{TYPE}.type", "record.service_ended")
    said, newest = version_of(change.resource), rows[0]["number"]
    if said > newest:
        text = f"No care model with the number {said} was applied."
        return refused(Kind.UNPROCESSABLE, "value", text, f"{TYPE}.extension", "record.no_such_version")
    if said:
        return change
    if before is None or row is None:
        return msgspec.structs.replace(change, resource=naming(change.resource, newest), row=None)
    number = version_of(before) or (await asked.fetch(_AT, row["updated"]))[0]["number"]
    expected = row["version"] if change.expected == ANY else change.expected
    return msgspec.structs.replace(change, resource=naming(change.resource, number), row=None, expected=expected)


def _before(row: Any, service: str) -> Resource | None:
    """The enrolment that goes on; None when it is deleted, or was one in another service."""
    before = whole(row) if row is not None and not row["deleted"] else None
    return before if before is not None and service_of(before) == service else None


def _begins(before: Resource | None, after: Resource) -> bool:
    """Whether somebody who was not in a service is in it from now on."""
    return after["status"] not in OVER and (before is None or before["status"] in OVER)
