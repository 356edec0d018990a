"""Whether two who act are one person: somebody can be in the directory more than once."""

from __future__ import annotations

from collections.abc import Iterable

from saman.kernel.outcome import Refusal
from saman.record import Record, system

Number = tuple[str, str]


async def is_among(record: Record, actor: str, others: Iterable[str]) -> bool:
    """Whether `actor` is one of the others: by reference, or by a number that both hold in the directory."""
    others = tuple(others)
    if actor in others:
        return True
    own = Record(record.store, system(record.context.now, "approval"))
    mine = await _numbers(own, actor)
    return bool(mine) and any([mine & await _numbers(own, one) for one in others])


async def _numbers(record: Record, reference: str) -> frozenset[Number]:
    kind, _, id = reference.partition("/")
    found = await record.read(kind, id)
    held = () if isinstance(found, Refusal) else found.resource().get("identifier", ())
    return frozenset((one["system"], one["value"]) for one in held if "system" in one and "value" in one)
