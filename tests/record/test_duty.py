"""Ties to posts, services and duties: the organisation behind them holds the tie, the unit on duty while it has it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from saman.kernel.outcome import Refusal
from saman.model.access import Assignment, Holder
from saman.record import Change, Context, Record, Store, system
from saman.record.grants import open_context, relate_anew
from tests.record.conftest import NOW, Resource, observation, patient

pytestmark = pytest.mark.postgres

DUTY = "HealthcareService/night-duty"
EVENING, MIDNIGHT, MORNING = (datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in ((21, 21), (22, 0), (22, 6)))
UNITS = ("home-a", "home-b", "home-c")
TICK = timedelta(milliseconds=1)


def duty(**more: Any) -> Resource:
    kind = {"coding": [{"system": "urn:saman:service-kind", "code": "duty"}]}
    return {
        "resourceType": "HealthcareService",
        "id": "night-duty",
        "type": [kind],
        "providedBy": {"reference": "Organization/municipality"},
    } | more


def roster(id: str, unit: str, start: datetime, end: datetime, **more: Any) -> Resource:
    return {
        "resourceType": "Schedule",
        "id": id,
        "extension": [{"url": "urn:saman:extension:on-duty", "valueReference": {"reference": f"Organization/{unit}"}}],
        "actor": [{"reference": DUTY}],
        "planningHorizon": {"start": start.isoformat(), "end": end.isoformat()},
    } | more


def task(owner: str, **more: Any) -> Resource:
    return {
        "resourceType": "Task",
        "id": "visit",
        "status": "requested",
        "intent": "order",
        "code": {"coding": [{"system": "urn:saman:task", "code": "home-visit"}]},
        "for": {"reference": "Patient/anna"},
        "owner": {"reference": owner},
        "authoredOn": "2026-11-21T12:00:00Z",
    } | more


async def write(store: Store, *resources: Resource) -> None:
    done = await Record(store, system(NOW)).commit([Change(one, one["id"], -1) for one in resources])
    assert not isinstance(done, Refusal), done


async def seeing(store: Store, at: datetime) -> set[str]:
    """The units whose home-care nurses see the readings at a time."""
    found = set()
    for unit in UNITS:
        wanted = Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role="home-care-nurse", party=unit)
        number = await open_context(store.pool, wanted, store.policy)
        context = Context(number, "Practitioner/x", "home-care-nurse", unit, "TREAT", at, f"request-{unit}")
        if not isinstance(await Record(store, context).read("Observation", "reading"), Refusal):
            found.add(unit)
    return found


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def tonight(store: Store) -> None:
    home = observation("anna", id="reading", category=[{"coding": [HOME]}])
    await write(
        store,
        *({"resourceType": "Organization", "id": unit, "name": unit} for unit in UNITS),
        duty(),
        roster("first", "home-a", EVENING, MIDNIGHT),
        roster("second", "home-b", MIDNIGHT, MORNING),
        patient(id="anna"), home, task(DUTY),
    )  # fmt: skip


HOME = {"system": "urn:saman:category", "code": "home-monitoring"}


async def test_the_unit_on_duty_sees_to_the_instant_and_no_other_does(store):
    expected = [
        (EVENING - TICK, set()), (EVENING, {"home-a"}), (MIDNIGHT - TICK, {"home-a"}),
        (MIDNIGHT, {"home-b"}), (MORNING - TICK, {"home-b"}), (MORNING, set()),
    ]  # fmt: skip
    for at, units in expected:
        assert await seeing(store, at) == units, at


async def test_a_roster_that_changes_takes_and_gives_sight_at_once(store):
    await write(store, roster("second", "home-c", MIDNIGHT, MORNING))
    assert await seeing(store, MIDNIGHT) == {"home-c"}
    await write(store, roster("second", "home-c", MIDNIGHT, MORNING, active=False))
    assert await seeing(store, MIDNIGHT) == set()
    assert not isinstance(await Record(store, system(NOW)).delete("Schedule", "first"), Refusal)
    assert await seeing(store, EVENING) == set()
    await write(store, roster("first", "home-b", EVENING, MORNING))
    assert await seeing(store, MIDNIGHT) == {"home-b"}


async def test_two_units_may_share_a_duty_and_the_tie_ends_with_the_task(store):
    await write(store, roster("third", "home-c", EVENING, MORNING))
    assert await seeing(store, EVENING) == {"home-a", "home-c"}
    closed = task(DUTY, status="completed", lastModified="2026-11-21T22:00:00Z")
    await write(store, closed)
    assert await seeing(store, MIDNIGHT) == set()
    await write(store, {"resourceType": "Schedule", "id": "third", "active": False, "actor": [{"reference": DUTY}]})


async def test_a_service_stands_for_who_provides_it_and_a_duty_never_does(store):
    await write(store, duty(type=[], providedBy={"reference": "Organization/home-c"}))
    assert "home-c" in await seeing(store, EVENING)
    await write(store, duty(providedBy={"reference": "Organization/home-c"}))
    assert await seeing(store, EVENING) == {"home-a"}


async def test_a_post_stands_for_its_organisation_or_for_the_duty_it_belongs_to(store):
    post = {"resourceType": "PractitionerRole", "id": "post", "organization": {"reference": "Organization/home-c"}}
    await write(store, post, task("PractitionerRole/post"))
    assert await seeing(store, EVENING) == {"home-c"}
    await write(store, {"resourceType": "PractitionerRole", "id": "post", "healthcareService": [{"reference": DUTY}]})
    assert [await seeing(store, at) for at in (EVENING, MIDNIGHT)] == [{"home-a"}, {"home-b"}]
    await write(store, {"resourceType": "PractitionerRole", "id": "post", "active": False})
    assert await seeing(store, EVENING) == set()


async def test_a_care_team_may_name_a_post_on_duty(store):
    await write(store, task("Organization/nobody"))
    team = {
        "resourceType": "CareTeam",
        "id": "team",
        "status": "active",
        "subject": {"reference": "Patient/anna"},
        "participant": [{"member": {"reference": "PractitionerRole/post"}}],
    }
    await write(
        store,
        {"resourceType": "PractitionerRole", "id": "post", "healthcareService": [{"reference": DUTY}]},
        team,
    )
    persons = await store.pool.fetch(
        "SELECT party, since, until FROM tie WHERE ground = 'CareTeam/team' ORDER BY since"
    )
    assert [tuple(row) for row in persons] == [("home-a", EVENING, MIDNIGHT), ("home-b", MIDNIGHT, MORNING)]
    assert not isinstance(await Record(store, system(NOW)).delete("CareTeam", "team"), Refusal)


async def test_what_was_stored_before_there_were_rosters_is_derived_anew(store):
    before = await seeing(store, EVENING)
    async with store.transaction(system(NOW)) as connection:
        await connection.execute("DELETE FROM stands_for")
        await connection.execute("DELETE FROM relation WHERE ground = 'Task/visit'")
        await connection.execute("DELETE FROM grants WHERE person = 'anna'")
    assert await seeing(store, EVENING) == set()
    assert await relate_anew(store.pool, store.policy, NOW) > 0
    assert await seeing(store, EVENING) == before == {"home-a"}
