"""Many interactions in one request (https://hl7.org/fhir/R4/http.html#transaction).

A transaction happens whole or not at all; its entries may refer to each other by `urn:uuid:…` or by condition. In a
batch every entry stands for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from saman.kernel.bounds import bounds
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir.patch import Held
from saman.record import render
from saman.record.record import Record
from saman.record.rows import checked
from saman.record.step import Step, perform, read_step
from saman.record.transaction import transact

_ENTRY = re.compile(r"Bundle\.entry\[(\d+)\]")


Rule = Callable[[Any], Refusal | None]
"""Says of a resource why it is not taken."""


def _anything(_resource: Any) -> Refusal | None:
    return None


async def process(
    record: Record, bundle: Any, once: str = "", rule: Rule = _anything, told: Iterable[Issue] = (), wants: str = ""
) -> str | Refusal:
    """The answer to a Bundle of type transaction or batch, as JSON text; `once` is for transactions, see `transact`.

    What patches make of resources is held against `rule`; for all else the caller has done that with the Bundle. What
    it has changed in it is `told`, and is said of the entry that it stood in. `wants` is what the client would have of
    each write: `representation` or `OperationOutcome`.
    """
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        return refused(Kind.INVALID, "structure", "A Bundle of type transaction or batch was expected.", "Bundle")
    kind = bundle.get("type")
    if kind not in ("transaction", "batch"):
        return refused(Kind.UNPROCESSABLE, "value", "The type must be transaction or batch.", "Bundle.type")
    valid = checked(bundle)
    if isinstance(valid, Refusal) and (kind == "transaction" or not _only_inside_resources(valid)):
        return valid
    entries = bundle.get("entry", [])
    most = bounds().entries
    if len(entries) > most:
        return refused(Kind.TOO_LARGE, "too-long", f"At most {most} entries fit in one Bundle.", "Bundle.entry")
    steps = [_held(read_step(entry, place), rule) for place, entry in enumerate(entries)]
    _tell(steps, told, wants)
    if kind == "batch":
        return render.answers("batch", [await _alone(record, step) for step in steps])
    wrong = [issue for step in steps if isinstance(step, Refusal) for issue in step.issues]
    if wrong:
        return Refusal(Kind.INVALID, tuple(wrong))
    return await transact(record, [step for step in steps if isinstance(step, Step)], once)


def _tell(steps: Sequence[Step | Refusal], told: Iterable[Issue], wants: str) -> None:
    for one in steps:
        if isinstance(one, Step):
            one.wants = wants
    for issue in told:
        place = _ENTRY.match(issue.path)
        step = steps[int(place[1])] if place is not None else None
        if isinstance(step, Step):
            step.told = (*step.told, issue)


def _held(step: Step | Refusal, rule: Rule) -> Step | Refusal:
    if isinstance(step, Step) and step.patch is not None:
        step.patch = Held(step.patch, rule)
    return step


def _only_inside_resources(refusal: Refusal) -> bool:
    return all(".resource" in issue.path for issue in refusal.issues)


async def _alone(record: Record, step: Step | Refusal) -> str:
    answer = step if isinstance(step, Refusal) else await perform(record, step)
    if isinstance(answer, Refusal):
        return render.refused_entry(answer)
    return answer
