"""Who holds a national identifier. The log keeps that it was asked for, never the identifier itself."""

from __future__ import annotations

from collections.abc import Sequence

from saman.kernel.outcome import Refusal
from saman.model.fhir import resource_number
from saman.record.audit import Entry
from saman.record.fence import GATED, gate
from saman.record.record import Record
from saman.record.rows import key, numbers, short_key
from saman.record.stored import Stored

_HOLDERS = gate(f"""SELECT DISTINCT t.id FROM token t
WHERE {GATED} AND t.type = $3::smallint AND t.param = ANY($4::smallint[]) AND t.code_key = $5::integer
  AND t.code = $6::text AND t.system_key = $7::bigint ORDER BY t.id LIMIT 20""")


async def holders(record: Record, type_name: str, system: str, value: str) -> Sequence[Stored]:
    """The current resources of a type with this identifier; `record` is the system's own."""
    rows = await record.fetch(
        _HOLDERS, resource_number(type_name), numbers(type_name, "identifier"), short_key(value), value, key(system)
    )
    await record.log(Entry(record.context, "S", resource_number(type_name), query=f"{type_name}?identifier"))
    found = [await record.read(type_name, row["id"]) for row in rows]
    return [one for one in found if not isinstance(one, Refusal) and _has(one, system, value)]


def _has(one: Stored, system: str, value: str) -> bool:
    """Whether it holds the identifier still: keys can collide, and an identifier can be marked as old."""
    return any(
        (each.get("system"), each.get("value")) == (system, value) and each.get("use") != "old"
        for each in one.resource().get("identifier", ())
    )
