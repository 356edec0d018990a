"""The citizen's own answer to an item of the shared plan: wants, does not want, not asked yet, could not say."""

from __future__ import annotations

from typing import Any

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care import codes
from saman.record import Record

Resource = dict[str, Any]


async def answer_item(record: Record, plan: str, number: int, answer: str) -> Refusal | None:
    """Store the answer to item `number` (from 0) of a CarePlan; refused when the plan changed meanwhile."""
    there = await record.read("CarePlan", plan)
    if isinstance(there, Refusal):
        return there
    resource = there.resource()
    activities = list(resource.get("activity", ()))
    if number >= len(activities):
        return refused(Kind.NOT_FOUND, "not-found", "There is no such item.", "item")
    activities[number] = _answered(activities[number], answer)
    done = await record.update("CarePlan", plan, resource | {"activity": activities}, there.version)
    return done if isinstance(done, Refusal) else None


def _answered(activity: Resource, answer: str) -> Resource:
    others = [one for one in activity.get("extension", ()) if one.get("url") != codes.CITIZEN_ANSWER]
    return activity | {"extension": [*others, {"url": codes.CITIZEN_ANSWER, "valueCode": answer}]}
