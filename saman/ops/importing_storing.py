"""Resources from files are written: those that are there already as they come are left alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import msgspec

from saman.kernel.outcome import Refusal
from saman.model.care.kept import naming, version_of
from saman.ops.importing_files import Line, placed
from saman.record import Change, Record
from saman.record.change import ANY
from saman.record.contents.marking import as_kept
from saman.record.present import present
from saman.record.rows import Resource, split
from saman.record.stored import Stored

Outcomes: TypeAlias = Counter[tuple[str, str]]
"""How many of each type were created, updated, deleted or unchanged."""


class Kept(NamedTuple):
    """What became of lines, by type and what was done, and why some were refused."""

    done: Outcomes
    wrong: list[Refusal]


async def keep(record: Record, lines: Sequence[Line]) -> Kept | Refusal:
    """Write the resources of an open transaction; those with an id keep it, and a later line comes after one before."""
    kept = Kept(Counter(), [])
    for some in chunks(lines):
        there = await present(record, (line.key for line in some if line.key[1]))
        same = {line.number for line in some if is_same(line.resource, there.get("/".join(line.key)))}
        kept.done.update((line.key[0], "unchanged") for line in some if line.number in same)
        kept.wrong.extend(line.unfit for line in some if line.unfit and line.number not in same)
        writing = [line for line in some if line.number not in same and line.unfit is None]
        written = await record.commit([_change(record, line, there) for line in writing]) if writing else []
        if isinstance(written, Refusal):
            return _at_line(written, writing)
        kept.done.update((one.stored.type, "created" if one.created else "updated") for one in written)
    return kept


async def store(record: Record, lines: Sequence[Line]) -> Outcomes | Refusal:
    """Write resources in one transaction, all or none."""
    kept = await record.atomically(lambda inner: keep(inner, lines))
    return kept if isinstance(kept, Refusal) else kept.done


def _change(record: Record, line: Line, there: Mapping[str, Stored]) -> Change:
    is_fit = line.row is not None
    return Change(line.resource, line.key[1], _expected(record, line, there), is_fit=is_fit, row=line.row)


def chunks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Lines that can be written together: no resource twice."""
    chunk: list[Line] = []
    keys: set[tuple[str, str]] = set()
    for line in lines:
        if line.key in keys:
            yield chunk
            chunk, keys = [], set()
        chunk.append(line)
        keys |= {line.key} if line.key[1] else set()
    if chunk:
        yield chunk


def _expected(record: Record, line: Line, there: Mapping[str, Stored]) -> int:
    """Nothing under an id that is new here, so that nobody looks for it again; whatever is there under all others."""
    id = line.key[1]
    is_new = not id or ("/".join(line.key) not in there and record.store.mint.shard(id) is None)
    return 0 if is_new else ANY


def is_same(resource: Resource | None, found: Stored | None) -> bool:
    """Whether a resource is stored just as it comes."""
    if found is None or resource is None:
        return False
    if resource["resourceType"] == "EpisodeOfCare" and not version_of(resource):
        resource = naming(resource, number) if (number := version_of(found.resource())) else resource
    return split(as_kept(resource)) == (found.meta, found.body)


def _at_line(refusal: Refusal, lines: Sequence[Line]) -> Refusal:
    """Which line the record means, instead of the resource's id."""
    if not lines[0].number:
        return refusal
    numbers = {"/".join(line.key): line.number for line in lines}
    number = numbers.get(refusal.issues[0].path)
    if number is not None:
        return Refusal(refusal.kind, (msgspec.structs.replace(refusal.issues[0], path=f"line {number}"),))
    return placed(f"lines {lines[0].number} to {lines[-1].number}", refusal)
