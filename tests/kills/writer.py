"""Writes without end until it is killed, and tells on stdout what it begins and what was acknowledged.

`python -m tests.kills.writer URL SEED`: one JSON object a line. A line is written whole, so that what was read by the
parent is what had been told when the process died.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from saman.kernel.outcome import Refusal
from saman.model.access import Policy
from saman.record import Record, Written, open_store, process, system

SYSTEM = "urn:test:mark"
POLICY = Policy(country="NO", zone=ZoneInfo("Europe/Oslo"), rows=(), clauses=())
WRITERS = 6


def tell(**what: Any) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


def reading(mark: str, person: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "identifier": [{"system": SYSTEM, "value": mark}],
        "subject": {"reference": f"Patient/{person}"},
    } | more


def post(resource: dict[str, Any]) -> dict[str, Any]:
    return {"resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}}


class Writer:
    """One of several that write at the same time."""

    def __init__(self, record: Record, seed: int, number: int) -> None:
        self.record = record
        self.pick = Random(f"{seed} {number}")
        self.name = f"{seed}-{number}"
        self.count = 0

    async def run(self) -> None:
        """Write until the end of the process, or until the database refuses."""
        written = await self.record.create({"resourceType": "Patient"})
        assert isinstance(written, Written)
        person = written.stored.id
        while True:
            self.count += 1
            mark = f"{self.name}-{self.count}"
            answer = await self.pick.choice([self.alone, self.together, self.again])(mark, person)
            if isinstance(answer, Refusal):
                tell(refused=answer.kind.name)
                return

    async def alone(self, mark: str, person: str) -> object:
        written = await self.record.create(reading(mark, person))
        if isinstance(written, Written):
            tell(acknowledged="create", mark=mark, id=written.stored.id, version=1)
        return written

    async def together(self, mark: str, person: str) -> object:
        size = self.pick.randint(2, 25)
        tell(begun=mark, size=size)
        task = {"resourceType": "Task", "status": "requested", "intent": "order"}
        task |= {"for": {"reference": f"Patient/{person}"}, "owner": {"reference": "Organization/x"}}
        entries = [post(reading(mark, person)) for _ in range(size)] + [post(task)]
        answer = await process(self.record, {"resourceType": "Bundle", "type": "transaction", "entry": entries})
        if not isinstance(answer, Refusal):
            tell(acknowledged="bundle", mark=mark, size=size)
        return answer

    async def again(self, mark: str, person: str) -> object:
        written = await self.record.create(reading(mark, person))
        while isinstance(written, Written) and self.pick.random() < 0.8:
            one = written.stored
            written = await self.record.update("Observation", one.id, reading(mark, person, id=one.id), one.version)
            if isinstance(written, Written):
                tell(acknowledged="update", mark=mark, id=one.id, version=written.stored.version)
        return written


async def main(url: str, seed: int) -> None:
    store = await open_store(url, POLICY)
    assert not isinstance(store, Refusal), store
    tell(ready=True)
    records = [Record(store, system(datetime.now(UTC))) for _ in range(WRITERS)]
    await asyncio.gather(*(Writer(record, seed, number).run() for number, record in enumerate(records)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
