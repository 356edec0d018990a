"""1 January 2027 in Denmark: two regions become one, agreements end, tasks move; nobody loses their service by it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from saman.flows.monitoring.enrolment import enrolments_of
from saman.kernel.outcome import Refusal
from saman.model.access import Assignment, Holder
from saman.ops.region import open_region
from saman.ops.running import adopt, day_begun
from saman.record import Context, Record, Store, Stored, open_store, system
from saman.record.applied import versions
from saman.record.grants import open_context
from tests.applying import REGIONS, apply, enrolment, region_files, running
from tests.record.conftest import BASE, made, patient

DENMARK = REGIONS / "dk"
BEFORE = datetime(2026, 12, 20, 9, tzinfo=UTC)
LAST_HOUR = datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
"""23:59 in Denmark."""
MIDNIGHT = datetime(2026, 12, 31, 23, tzinfo=UTC)
AFTER = datetime(2027, 1, 2, 9, tzinfo=UTC)

SERVICE = "telemedicine-copd-heart-failure"
CENTRE = "telemedicine-aalborg"
ACUTE = "acute-nursing-aalborg"


async def opened(url: str) -> Store:
    region = open_region(DENMARK, BEFORE.date())
    assert not isinstance(region, Refusal)
    store = await open_store(url, region.policy)
    assert not isinstance(store, Refusal)
    return store


async def follows(record: Record, who: str) -> list[tuple[str, str]]:
    """In which service somebody is followed, and by whom."""
    found = await enrolments_of(record, (await running(record.store, DENMARK)).model, who, "en")
    assert not isinstance(found, Refusal), found
    return [(one.service.id, one.receiver.id) for one in found]


def task(who: str) -> dict[str, object]:
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": {"coding": [{"system": "urn:saman:task", "code": "home-visit"}]},
        "for": {"reference": f"Patient/{who}"},
        "authoredOn": "2026-12-20T10:00:00+01:00",
        "owner": {"reference": f"Organization/{ACUTE}"},
    }


async def parent(record: Record, id: str) -> str:
    found = await record.read("Organization", id)
    assert isinstance(found, Stored), found
    return str(found.resource()["partOf"]["reference"])


async def test_service_task_owner_and_access_outlive_the_reform_and_the_new_agreements_stand(new_database) -> None:
    store = await opened(new_database().app_url)
    await apply(store, region_files(DENMARK), BEFORE, "dk")
    record = Record(store, system(BEFORE), BASE)
    who = await made(record, patient())
    team = {"resourceType": "CareTeam", "status": "active", "subject": {"reference": f"Patient/{who}"}}
    members = [{"member": {"reference": f"Organization/{id}"}} for id in (CENTRE, ACUTE)]
    await made(record, team | {"participant": members})
    episode = await made(record, enrolment(who, SERVICE, CENTRE))
    visit = await made(record, task(who))
    wanted = Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role="home-care-nurse", party=ACUTE)
    number = await open_context(store.pool, wanted, store.policy)

    def nurse(now: datetime) -> Record:
        return Record(store, Context(number, "Practitioner/1", wanted.role, ACUTE, "TREAT", now, "r", "staff"), BASE)

    assert isinstance(await nurse(BEFORE).read("Task", visit), Stored)
    assert await parent(record, ACUTE) == "Organization/municipality-aalborg"
    assert await follows(record, who) == [(SERVICE, CENTRE)]

    assert await day_begun(store, lambda: LAST_HOUR) is None
    assert [one.day for one in await versions(store.statements)] == [None]
    for _ in range(2):
        assert await day_begun(store, lambda: MIDNIGHT) is None
    assert [(one.day, one.origin) for one in await versions(store.statements)] == [
        (None, "folder"),
        (date(2027, 1, 1), "day"),
    ]
    region = await running(store, DENMARK)
    await adopt(store, region)

    after = Record(store, system(AFTER), BASE)
    assert await parent(after, ACUTE) == "Organization/region-nordjylland"
    assert isinstance(await after.read("Organization", "region-oestdanmark"), Stored)
    agreements = {one.id for one in region.model.agreements}
    assert "health-agreement-nordjylland" not in agreements
    assert agreements
    assert await follows(after, who) == [(SERVICE, CENTRE)]
    kept = await after.read("EpisodeOfCare", episode)
    assert isinstance(kept, Stored)
    assert kept.version == 1
    seen = await nurse(AFTER).read("Task", visit)
    assert isinstance(seen, Stored), seen
    assert (seen.version, seen.resource()["owner"]["reference"]) == (1, f"Organization/{ACUTE}")
    assert isinstance(await nurse(AFTER).read("Patient", who), Stored)
    taken = seen.resource() | {"status": "in-progress"}
    assert not isinstance(await nurse(AFTER).update("Task", visit, taken), Refusal)
    await store.close()


async def test_a_server_that_was_off_at_midnight_applies_the_day_when_it_starts(new_database) -> None:
    store = await opened(new_database().app_url)
    await apply(store, region_files(DENMARK), BEFORE, "dk")
    assert await day_begun(store, lambda: AFTER) is None
    assert [one.origin for one in await versions(store.statements)] == ["folder", "day"]
    assert await day_begun(store, lambda: AFTER) is None
    assert len(await versions(store.statements)) == 2
    await store.close()
