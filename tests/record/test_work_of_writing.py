"""How often what a write is made of is gone through: counted by calls, which are the same on every machine."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from saman.kernel import json
from saman.kernel.ids import Mint
from saman.model.fhir import extract, leads, references, validate
from saman.record import Record
from tests.record.conftest import made, observation, patient, processed
from tests.record.test_transactions import WHO, about, post, transaction

MANY = 30


@contextmanager
def counted(*functions: Callable[..., Any]) -> Iterator[Counter[str]]:
    """How often each function is called in this thread meanwhile."""
    names = {one.__code__: one.__qualname__ for one in functions}  # type: ignore[attr-defined]
    found: Counter[str] = Counter()

    def see(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code in names:
            found[names[frame.f_code]] += 1

    sys.setprofile(see)
    try:
        yield found
    finally:
        sys.setprofile(None)


LOOKS = (validate, extract, leads, references, json.decode_kept, Mint._shard)


async def test_each_resource_of_a_transaction_is_gone_through_once_and_not_copied(record: Record) -> None:
    person = await made(record, patient())
    bundle = transaction(*(post(observation(person)) for _ in range(MANY)))
    with counted(*LOOKS) as found:
        await processed(record, bundle)
    assert found == {"validate": 1, "leads": MANY, "extract": MANY}


async def test_only_what_names_another_entry_is_copied(record: Record) -> None:
    person = await made(record, patient())
    bundle = transaction(
        post(patient(), WHO), *(post(about(WHO)) for _ in range(3)), *(post(observation(person)) for _ in range(MANY))
    )
    with counted(json.decode_kept, Mint._shard) as found:
        await processed(record, bundle)
    assert found == {"decode_kept": 3}


async def test_a_create_goes_through_its_resource_once_for_each_purpose(record: Record) -> None:
    person = await made(record, patient())
    with counted(*LOOKS) as found:
        await made(record, observation(person))
    assert found == {"validate": 1, "extract": 1}
