"""What tests of search parameters of one's own are made of."""

from __future__ import annotations

from typing import Any

from saman.kernel.outcome import Refusal
from saman.record import Page, Record, Store
from saman.record.parameters.building import beat
from tests.record.conftest import BASE, NOW, patient

Resource = dict[str, Any]
EYES = "urn:test:eyes"


def parameter(code: str, **more: Any) -> Resource:
    """A token parameter of Patient, by the colour of the eyes, unless `more` says otherwise."""
    return {
        "resourceType": "SearchParameter",
        "url": f"urn:test:{code}",
        "name": code,
        "status": "active",
        "description": "For a test.",
        "code": code,
        "base": ["Patient"],
        "type": "token",
        "expression": f"Patient.extension('{EYES}').value",
    } | more


def with_eyes(colour: str, **more: Any) -> Resource:
    return patient(extension=[{"url": EYES, "valueCode": colour}], **more)


UNDER_WAY = "SELECT EXISTS (SELECT FROM parameter WHERE state IN ('building', 'removing'))"


async def built(store: Store) -> None:
    """Until nothing is left to be done; building waits for transactions of the cluster's other databases too."""
    while await beat(store, NOW, BASE) or await store.pool.fetchval(UNDER_WAY):
        pass


async def asked(record: Record, kind: str, *pairs: tuple[str, str]) -> Page:
    page = await record.search(kind, [*pairs, ("_count", "100")])
    assert not isinstance(page, Refusal), page
    return page


async def found(record: Record, kind: str, *pairs: tuple[str, str]) -> set[str]:
    return {one.id for one in (await asked(record, kind, *pairs)).matches}
