"""Measures `$import`: from the first line that is sent until the worker has stored the last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from random import Random

from saman.kernel import json
from tests.load import shapes
from tests.load.client import Answer, Call, Client, connect
from tests.load.filling import Region
from tests.load.goals import Goal, Row
from tests.load.measuring import told
from tests.load.processes import Clock

PER_CALL = 10_000
"""Lines that fit into one call."""
AT_ONCE = 2
BETWEEN = 0.1
"""Seconds between two looks at how far it is."""
WITHIN = 600.0

Part = list[shapes.Resource]


async def imported(
    port: int, credential: str, region: Region, many: int, clocks: Mapping[str, Clock]
) -> tuple[Row, str, str]:
    """Resources a second, the first answer that was not good, and the CPU that each resource took of whom."""
    made = _made(region, many)
    parts = iter([made[start : start + PER_CALL] for start in range(0, many, PER_CALL)])
    before, own, started = _spent(clocks), time.process_time(), time.perf_counter()
    wrong = await asyncio.gather(*(_sent(port, credential, parts) for _ in range(AT_ONCE)))
    took = time.perf_counter() - started
    spent = {name: late - before[name] for name, late in _spent(clocks).items()}
    spent["client"] = time.process_time() - own
    cpu = "CPU " + ", ".join(f"{1000 * seconds / many:.3f} {name}" for name, seconds in spent.items()) + " ms"
    listed = [one for some in wrong for one in some]
    return Row("import", many / took, Goal(8000), len(listed)), listed[0] if listed else "", cpu


def _spent(clocks: Mapping[str, Clock]) -> dict[str, float]:
    return {name: clock.spent() for name, clock in clocks.items()}


def _made(region: Region, many: int) -> Part:
    pick, now = Random(), datetime.now(UTC)
    begun = f"bench-{pick.getrandbits(40):x}"
    made = []
    for n in range(many):
        person, code = region.persons[n % len(region.persons)], shapes.CODES[n % len(shapes.CODES)]
        made.append(shapes.reading(person, now, code, pick) | {"id": f"{begun}-{n}"})
    return made


async def _sent(port: int, credential: str, parts: Iterator[Part]) -> list[str]:
    """Send parts until there are no more; what was wrong with answers."""
    client = await connect(port, credential)
    wrong = [one for part in parts for one in await _stored(client, part)]
    client.close()
    return wrong


async def _stored(client: Client, part: Part) -> list[str]:
    """Have a part stored, and look at its ends."""
    headers = "Prefer: respond-async\r\nContent-Type: application/fhir+ndjson\r\n"
    call = Call("POST", "/fhir/$import", 202, body=b"\n".join(map(json.encode, part)), headers=headers)
    answer = await client.send(call)
    if not answer.is_good(call):
        return [told(call, answer)]
    path = "/fhir/$import-status/" + answer.field("content-location").rpartition("/")[2]
    done = Call("GET", path, 200, b'"error":[]', 1)
    looked = [(done, await _followed(client, done))]
    for id in (part[0]["id"], part[-1]["id"]):
        read = Call("GET", f"/fhir/Observation/{id}", 200, f'"id":"{id}"'.encode(), 1)
        looked.append((read, await client.send(read)))
    return [told(one, got) for one, got in looked if not got.is_good(one)]


async def _followed(client: Client, done: Call) -> Answer:
    """How it ended, or how far it is when that takes too long."""
    until = time.perf_counter() + WITHIN
    while True:
        answer = await client.send(done)
        if answer.status != 202 or time.perf_counter() > until:
            return answer
        await asyncio.sleep(BETWEEN)
