"""Search parameters of one's own: defined, indexed step by step, found by, and taken back."""

from __future__ import annotations

from typing import Any

from saman.kernel.outcome import Refusal
from saman.record import Record, Store
from saman.record.parameters.building import beat, standing
from tests.record.conftest import NOW, made, patient

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


def with_eyes(colour: str) -> Resource:
    return patient(extension=[{"url": EYES, "valueCode": colour}])


async def built(store: Store) -> None:
    """Until nothing is left to be done."""
    while await beat(store, NOW):
        pass


async def found(record: Record, *pairs: tuple[str, str], kind: str = "Patient") -> set[str]:
    page = await record.search(kind, [*pairs, ("_count", "100")])
    assert not isinstance(page, Refusal), page
    return {one.id for one in page.matches}


async def test_what_was_there_and_what_comes_is_found(record: Record) -> None:
    before = await made(record, with_eyes("blue"))
    await made(record, with_eyes("brown"))
    await made(record, parameter("eyes"))
    meanwhile = await made(record, with_eyes("blue"))
    await built(record.store)
    after = await made(record, with_eyes("blue"))
    assert await found(record, ("eyes", "blue")) == {before, meanwhile, after}
    assert [one.state for one in await standing(record.store)] == ["ready"]
