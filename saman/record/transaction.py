"""A transaction: references between entries are resolved, then everything is written in one statement, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import links, references
from saman.record import render
from saman.record.bundle import Step, at, perform, status_of
from saman.record.conditional import claim, matching, read_condition
from saman.record.record import Change, Record
from saman.record.rows import person_shard
from saman.record.stored import Stored, Written

ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "GET": 3}
_PERSON_KEYS = ("patient", "subject", "for", "beneficiary", "individual")

Targets = dict[str, str]
"""What each fullUrl and condition stands for: `Type/id`."""


async def transact(record: Record, steps: Sequence[Step]) -> str | Refusal:
    """The transaction-response, entries in the order of the request."""
    repeated = _repeated(steps)
    if repeated is not None:
        return repeated
    async with record.store.transaction(record.context) as connection:
        outcome = await _write(record, steps, connection)
        if isinstance(outcome, Refusal):
            return outcome
    return await _answers(record, steps, outcome)


def _repeated(steps: Sequence[Step]) -> Refusal | None:
    seen: set[str] = set()
    for step in steps:
        keys = {step.full_url} if step.full_url and step.method != "GET" else set()
        keys |= {f"{step.type}/{step.id}"} if step.method in ("PUT", "DELETE") else set()
        if keys & seen:
            return at(step, refused(Kind.INVALID, "duplicate", "Two entries name the same resource."))
        seen |= keys
    return None


async def _write(record: Record, steps: Sequence[Step], connection: Any) -> dict[int, Written] | Refusal:
    await claim(connection, [step.condition for step in steps if step.condition is not None])
    results: dict[int, Written] = {}
    targets: Targets = {}
    refusal = await _known(record, steps, results, targets)
    if refusal is not None:
        return refusal
    creating = [step for step in steps if step.method == "POST" and step.place not in results]
    _new_ids(record, creating, targets)
    for step in steps:
        refusal = await _resolve(record, step, targets)
        if refusal is not None:
            return refusal
    changes: list[tuple[Step, Change]] = []
    for step in sorted(steps, key=lambda step: ORDER[step.method]):
        change = await _change(record, step, results)
        if isinstance(change, Refusal):
            return at(step, change)
        if change is not None:
            changes.append((step, change))
    if changes:
        written = await record.commit([change for _, change in changes], connection)
        if isinstance(written, Refusal):
            return written
        results |= {step.place: one for (step, _), one in zip(changes, written, strict=True)}
    return results


async def _known(
    record: Record, steps: Sequence[Step], results: dict[int, Written], targets: Targets
) -> Refusal | None:
    """Settle the conditional creates, and say what each fullUrl that exists already stands for."""
    for step in steps:
        if step.condition is not None:
            there = await matching(record, step.condition)
            if isinstance(there, Refusal):
                return at(step, there)
            if there is not None:
                results[step.place] = Written(there, created=False, found=True)
                targets[step.full_url] = there.reference
        elif step.method == "PUT" and step.full_url:
            targets[step.full_url] = f"{step.type}/{step.id}"
    return None


def _new_ids(record: Record, creating: Sequence[Step], targets: Targets) -> None:
    """Ids for what is to be created, people first, so that everything about a person lands on that person's shard."""
    mint = record.store.mint
    for people in (True, False):
        for step in creating:
            if (step.type == "Patient") is not people:
                continue
            person = None if people else _person(step, targets)
            shard = mint.new_shard() if person is None else person_shard(person, mint.shard(person))
            step.id = mint.make(shard)
            if step.full_url:
                targets[step.full_url] = f"{step.type}/{step.id}"


def _person(step: Step, targets: Mapping[str, str]) -> str | None:
    """Whom a resource will be about, read before its references are resolved; it only chooses the shard of its id."""
    assert step.resource is not None
    for key in _PERSON_KEYS:
        value = step.resource.get(key)
        text = value.get("reference", "") if isinstance(value, dict) else ""
        kind, _, id = targets.get(text, text).partition("/")
        if kind == "Patient":
            return id
    return None


async def _resolve(record: Record, step: Step, targets: Targets) -> Refusal | None:
    """Write what fullUrls and conditions stand for into the references of a resource."""
    if step.resource is None:
        return None
    for holder, path in references(step.resource):
        text = holder.get("reference", "")
        if "?" in text and text not in targets:
            found = await _by_condition(record, text)
            if isinstance(found, Refusal):
                return at(step, found)
            targets[text] = found.reference
        if text in targets:
            holder["reference"] = targets[text]
        elif text.startswith("urn:uuid:"):
            return at(
                step, refused(Kind.UNPROCESSABLE, "not-found", "It names an entry that is not in the Bundle.", path)
            )
    for link in links(step.resource):
        if link.holder[link.key] in targets:
            link.holder[link.key] = targets[link.holder[link.key]]
    return None


async def _by_condition(record: Record, text: str) -> Stored | Refusal:
    type_name, _, condition = text.rpartition("/")[2].partition("?")
    query = read_condition(type_name, condition)
    if isinstance(query, Refusal):
        return query
    there = await matching(record, query)
    if there is None:
        return refused(Kind.PRECONDITION, "not-found", "No resource fulfils the condition of a reference.")
    return there


async def _change(record: Record, step: Step, results: Mapping[int, Written]) -> Change | Refusal | None:
    if step.method == "GET" or step.place in results:
        return None
    if step.method == "DELETE":
        there = await record.read(step.type, step.id)
        if isinstance(there, Refusal):
            return there
        return Change(there.resource(), step.id, step.expected or there.version, remove=True)
    assert step.resource is not None
    if step.method == "POST":
        return Change(step.resource | {"id": step.id}, step.id, 0)
    return Change(step.resource, step.id, -1 if step.expected is None else step.expected)


async def _answers(record: Record, steps: Sequence[Step], results: Mapping[int, Written]) -> str | Refusal:
    entries: list[str] = []
    for step in steps:
        if step.method == "GET":
            answer = await perform(record, step)
            if isinstance(answer, Refusal):
                answer = render.refused_entry(answer)
            entries.append(answer)
        else:
            result = results[step.place]
            entries.append(render.written_entry(status_of(result, step), result.stored, record.base))
    return render.answers("transaction", entries)
