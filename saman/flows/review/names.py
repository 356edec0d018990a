"""Staff whose name is not shown to those they look up: an employee under threat is told of by role and unit."""

from __future__ import annotations

from collections.abc import Iterable

from saman.model.access.domain import labels
from saman.record import Record
from saman.record.present import present

PROTECTED_NAME = "protected-name"
"""Label of a Practitioner in `meta.security` or `meta.tag`, a code of `urn:saman:category`."""


async def shielded(record: Record, references: Iterable[str]) -> frozenset[str]:
    """Those of the practitioners (`Practitioner/1`) who are not to be named."""
    keys = {(kind, id) for kind, _, id in (one.partition("/") for one in references) if kind == "Practitioner"}
    found = await present(record, keys)
    return frozenset(reference for reference, one in found.items() if PROTECTED_NAME in labels(one.resource()))
