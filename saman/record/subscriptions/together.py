"""Subscriptions among the entries of a transaction: made, changed and removed with all else, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from saman.kernel.outcome import Refusal
from saman.record.door import Door
from saman.record.refusals import not_found
from saman.record.step import Step
from saman.record.stored import Written
from saman.record.subscriptions import front
from saman.record.subscriptions.kept import TYPE, own


async def among(door: Door, steps: Sequence[Step]) -> dict[int, tuple[Step, str]]:
    """The steps about Subscriptions of whoever asks, by place, with the id of each: a new one's is made here.

    What is named by a condition is not among them, but for what is made unless it is there.
    """
    named = [one for one in steps if one.type == TYPE and not one.reads]
    if not named:
        return {}
    mine = {one.id for one in await own(door, [one.id for one in named if one.id] or None)}
    found: dict[int, tuple[Step, str]] = {}
    for step in named:
        if step.method == "POST" and front.is_kept_here(door, step.resource):
            found[step.place] = step, door.store.mint.make(door.store.mint.new_shard())
        elif step.id and (step.id in mine or (step.method == "PUT" and front.is_kept_here(door, step.resource))):
            found[step.place] = step, step.id
    return found


async def perform(door: Door, step: Step, id: str) -> Written | Refusal:
    """What a step does; refused as if it stood alone."""
    done: Written | Refusal | None
    if step.method == "DELETE":
        done = await front.delete(door, id, step.expected)
    elif step.patch is not None:
        done = await front.patch(door, id, step.patch, step.expected)
    elif step.method == "PUT":
        done = await front.update(door, id, step.resource, step.expected)
    else:
        assert step.resource is not None
        done = await front.create(door, step.resource, step.condition, id)
    return not_found() if done is None else done


def names(found: Mapping[int, tuple[Step, str]]) -> dict[str, str]:
    """What the fullUrl of each that is made stands for."""
    return {step.full_url: f"{TYPE}/{id}" for step, id in found.values() if step.full_url}
