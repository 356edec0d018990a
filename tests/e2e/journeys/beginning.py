"""What stands when the journeys begin: a Friday at ten in the evening, a few people, and everything read that came."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from saman.flows.governance.resources import applied
from saman.kernel.outcome import Refusal
from saman.model.care.codes import concept
from saman.ops.demo import demo_bundles
from saman.ops.demo.hours import closed_in
from saman.ops.region import Region, open_region
from saman.record import Record, open_store, process, system
from tests.conftest import aside

REGION = Path(__file__).parents[3] / "regions" / "no-agder"
FRIDAY_EVENING = datetime.fromisoformat("2026-11-20T22:00:00+01:00")
FAMILY = ("fatima-al-khatib", "yasmin-al-khatib", "noor-al-khatib")
PEOPLE = (
    *("ingrid-aasen", "olav-tveit", "einar-kleivset", "aud-mykland", "knut-fjeldsa", "solveig-knutsen", "lise-holt"),
    *FAMILY,
)
PUBLISHED = 3

Resource = dict[str, Any]


def region() -> Region:
    """The sample region."""
    opened = open_region(REGION)
    assert isinstance(opened, Region), opened
    return opened


def fill(url: str) -> None:
    """Store the region and its few people in the migrated database at `url`."""
    aside(_fill(url))


async def _fill(url: str) -> None:
    opened = region()
    store = await open_store(url, opened.policy, connections=4)
    assert not isinstance(store, Refusal), store
    changes = await applied(store, opened.model, FRIDAY_EVENING)
    assert not isinstance(changes, Refusal), changes
    record = Record(store, system(FRIDAY_EVENING))
    for name, bundle in _people(opened):
        answer = await process(record, bundle, once=name)
        assert not isinstance(answer, Refusal), (name, answer)
    await store.close()


def _people(opened: Region) -> Iterator[tuple[str, Resource]]:
    """Staff, the people of `PEOPLE`, what goes on around them, and the first few published people."""
    published = 0
    for name, bundle in demo_bundles(FRIDAY_EVENING, closed=closed_in(opened.model.country)):
        kind, _, person = name.partition("-")
        if kind == "published":
            published += 1
            if published <= PUBLISHED:
                yield name, bundle
        elif name == "going-on":
            yield name, bundle | {"entry": [one for one in bundle["entry"] if _about(one["resource"]) in PEOPLE]}
        elif name == "staff" or name.partition("-up-")[2] in PEOPLE or person in PEOPLE:
            yield name, bundle | {"entry": [_read(one) for one in bundle["entry"]]}


def _about(resource: Resource) -> str:
    """The Patient id that something is about."""
    named = [
        resource.get("for"),
        resource.get("subject"),
        *(one.get("actor") for one in resource.get("participant", ())),
    ]
    ids = [one["reference"].partition("/")[2] for one in named if one and one["reference"].startswith("Patient/")]
    return ids[0] if ids else ""


def _read(entry: Resource) -> Resource:
    """Every report of the week has been read when the journeys begin, so that what they send is all that is unread."""
    task = entry["resource"]
    if (
        task["resourceType"] != "Task"
        or task["status"] != "requested"
        or task["code"]["coding"][0]["code"] != "read-report"
    ):
        return entry
    nurse = {"reference": "PractitionerRole/jon-bakke-agder-telemedicine-centre"}
    done = {"type": concept("urn:saman:task-output", "acknowledged-by"), "valueReference": nurse}
    period = {"start": task["authoredOn"], "end": task["lastModified"]}
    return entry | {"resource": task | {"status": "completed", "executionPeriod": period, "output": [done]}}
