"""What a validator that others wrote says of every FHIR answer that a test gets, and how many it has looked at.

The validator is `fhirkit-rs`: R4 structure, cardinality, formats of primitives and unknown elements, from the official
definitions but by another reading of them than ours. Source: https://docs.rs/fhirkit
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import fhirkit
import httpx
import msgspec

LOOKED_AT: Counter[str] = Counter()
NOTED: list[str] = []
KEPT = "answers-{}.json"


class Kind(msgspec.Struct):
    """The one thing that tells a resource from other JSON."""

    resource_type: str = msgspec.field(default="", name="resourceType")


def faults(body: bytes) -> list[str]:
    """What is wrong with the resource that an answer holds; nothing if it holds none."""
    try:
        kind = msgspec.json.decode(body, type=Kind).resource_type
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []
    if not kind:
        return []
    LOOKED_AT[kind] += 1
    return [str(issue) for issue in fhirkit.validate(body)]


class LookedAt(httpx.ASGITransport):
    """Calls an application in process, and fails the test when its answer has a fault."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, unread."""
        answer = await super().handle_async_request(request)
        raw = b"".join([part async for part in answer.stream])  # type: ignore[union-attr]
        found = faults(httpx.Response(answer.status_code, headers=answer.headers, content=raw).content)
        assert not found, f"{request.method} {request.url.path}: {found}"
        return answer


def note(line: str) -> None:
    """Put a line into the run's report, whichever worker it comes from."""
    NOTED.append(line)


def keep(folder: Path) -> None:
    """Write this worker's numbers and lines where the run's report finds them."""
    if LOOKED_AT or NOTED:
        (folder / KEPT.format(os.getpid())).write_bytes(msgspec.json.encode((LOOKED_AT, NOTED)))


def told(folder: Path) -> list[str]:
    """What a report says of it."""
    kept = [
        msgspec.json.decode(file.read_bytes(), type=tuple[dict[str, int], list[str]])
        for file in sorted(folder.glob(KEPT.format("*")))
    ]
    together = sum((Counter(numbers) for numbers, _ in kept), Counter[str]())
    most = ", ".join(f"{number:,} {kind}" for kind, number in together.most_common(4))
    looked = f"fhirkit-rs looked at {together.total():,} answers of {len(together)} types: {most}"
    return [line for _, lines in kept for line in lines] + ([looked] if together else [])
