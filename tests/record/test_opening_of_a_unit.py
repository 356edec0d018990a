"""Opening what one unit holds and the person has closed: that and nothing else, in two steps, on one ground."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import msgspec
import pytest
import pytest_asyncio

from saman.flows.opening.opening import FirstStep, Wanted, end, first_step, open_restricted, opened_record
from saman.flows.opening.standing import Opened
from saman.kernel.outcome import Refusal
from saman.model.access import Policy
from saman.record import Record, Stored, open_store, system
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, made
from tests.record.test_openings import REASON, at, country
from tests.record.test_restrictions import Ward, acting, consent

CONSENT, NEEDED = "consent", "incapable_and_needed"
WHOM = {"actor": [{"role": {"text": "x"}, "reference": {"reference": "Organization/ward-1"}}]}
LAW = ("R05", "R06", "R07", "R08", "R09", "R10", "R11")


@pytest_asyncio.fixture
async def swedish(new_database: Callable[[], Database], policy: Policy) -> AsyncIterator[Record]:
    """The record, where what people close is opened as in Sweden."""
    rows = (*(one for one in policy.rows if one.id not in LAW), *(one for one in country("se").rows if one.id in LAW))
    store = await open_store(new_database().app_url, msgspec.structs.replace(policy, rows=rows))
    assert not isinstance(store, Refusal), store
    yield Record(store, system(NOW), BASE)
    await store.close()


class Blocked(Ward):
    """The person has closed everything; two units besides the coordinator's hold a goal, one is held by nobody."""

    async def set_up(self) -> Blocked:
        await self.build()
        hospital = {"resourceType": "Organization", "id": "hospital", "active": True, "name": "Hospital"}
        unit = hospital | {"id": "ward-2", "name": "Ward 2", "partOf": {"reference": "Organization/hospital"}}
        for one in (hospital, unit):
            assert not isinstance(await self.record.update("Organization", one["id"], one), Refusal)
        self.held = {one: await self.goal_of(one) for one in ("ward-2", "ward-3")}
        await made(self.record, consent(self.who, {"type": "deny"} | WHOM))
        return self

    async def goal_of(self, unit: str) -> str:
        context = msgspec.structs.replace(self.record.context, party=unit)
        return await made(Record(self.record.store, context, BASE), self.goal(f"of {unit}"))

    async def sees(self, record: Record | None) -> set[str]:
        assert record is not None
        mine = {"ward-2": self.held["ward-2"], "ward-3": self.held["ward-3"], "nobody": self.told}
        return {unit for unit, id in mine.items() if isinstance(await record.read("Goal", id), Stored)}


def wanted(ward: Blocked, step: FirstStep, holder: str = "", until: datetime | None = None) -> Wanted:
    return Wanted(person=ward.who, ground=step.ground, reason=REASON, until=until, step=step.id, holder=holder)


async def taken(record: Record, ward: Blocked, ground: str = NEEDED) -> FirstStep:
    step = await first_step(record, ward.who, ground)
    assert isinstance(step, FirstStep), step
    return step


async def test_what_one_unit_holds_is_opened_and_nothing_else(swedish: Record) -> None:
    ward = await Blocked(swedish).set_up()
    assert await ward.sees(ward.coordinator) == set()
    step = await taken(ward.coordinator, ward)
    assert step.holders == ("ward-2", "ward-3")
    opened = await open_restricted(ward.coordinator, wanted(ward, step, "ward-2", until=NOW + timedelta(hours=3)))
    assert isinstance(opened, Opened), opened
    assert opened.holder == "ward-2"
    through = await opened_record(ward.coordinator, ward.who)
    assert await ward.sees(through) == {"ward-2"}
    assert await ward.sees(ward.coordinator) == set(), "the unit's own context stays as it is"
    colleague = await acting(swedish, "coordinator", "ward-1", "Practitioner/2")
    assert await opened_record(colleague, ward.who) is None
    assert through is not None
    last = opened.until - timedelta(microseconds=1)
    assert (await ward.sees(at(through, last)), await ward.sees(at(through, opened.until))) == ({"ward-2"}, set())


async def test_the_units_of_an_organisation_are_opened_with_it(swedish: Record) -> None:
    ward = await Blocked(swedish).set_up()
    id = await ward.goal_of("hospital")
    step = await taken(ward.coordinator, ward)
    assert step.holders == ("hospital", "ward-2", "ward-3")
    assert isinstance(await open_restricted(ward.coordinator, wanted(ward, step, "hospital")), Opened)
    through = await opened_record(ward.coordinator, ward.who)
    assert await ward.sees(through) == {"ward-2"}
    assert through is not None
    assert isinstance(await through.read("Goal", id), Stored)


async def test_another_unit_is_opened_beside_it_and_all_of_it_last(swedish: Record) -> None:
    ward = await Blocked(swedish).set_up()
    seen = []
    for holder, ground in (("ward-2", NEEDED), ("ward-3", CONSENT), ("", NEEDED)):
        step = await taken(ward.coordinator, ward, ground)
        opened = await open_restricted(ward.coordinator, wanted(ward, step, holder))
        assert isinstance(opened, Opened), opened
        seen.append(await ward.sees(await opened_record(ward.coordinator, ward.who)))
    assert seen == [{"ward-2"}, {"ward-2", "ward-3"}, {"ward-2", "ward-3", "nobody"}]
    assert isinstance(await end(ward.coordinator, opened.id), Opened)
    assert await ward.sees(await opened_record(ward.coordinator, ward.who)) == {"ward-2", "ward-3"}


async def test_many_at_once_are_one(swedish: Record) -> None:
    ward = await Blocked(swedish).set_up()
    step = await taken(ward.coordinator, ward)
    found = await asyncio.gather(*(open_restricted(ward.coordinator, wanted(ward, step, "ward-2")) for _ in range(4)))
    assert len({one.id for one in found if isinstance(one, Opened)}) == 1, found


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"holder": "ward-1"}, "opening.holder"),
        ({"holder": "nobody"}, "opening.holder"),
        ({"ground": CONSENT}, "opening.step"),
        ({"step": ""}, "opening.step"),
        ({"holder": "ward-2", "ground": "emergency"}, "opening.ground"),
    ],
)
async def test_only_what_the_first_step_named_on_its_ground(swedish: Record, change: dict[str, str], key: str) -> None:
    ward = await Blocked(swedish).set_up()
    step = await taken(ward.coordinator, ward)
    answer = await open_restricted(ward.coordinator, msgspec.structs.replace(wanted(ward, step), **change))
    assert isinstance(answer, Refusal)
    assert answer.issues[0].key == key
    assert await opened_record(ward.coordinator, ward.who) is None


async def test_a_first_step_asks_for_a_ground_and_is_one_for_each(swedish: Record) -> None:
    ward = await Blocked(swedish).set_up()
    refused = await first_step(ward.coordinator, ward.who, "curiosity")
    assert isinstance(refused, Refusal)
    one, same, other = [await taken(ward.coordinator, ward, ground) for ground in (NEEDED, NEEDED, CONSENT)]
    assert one.id == same.id != other.id


async def test_a_no_that_speaks_of_emergencies_is_not_opened(swedish: Record) -> None:
    ward = await Blocked(swedish).set_up()
    purpose = [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "BTG"}]
    items = [{"meaning": "instance", "reference": {"reference": f"Goal/{ward.held['ward-2']}"}}]
    await made(swedish, consent(ward.who, {"type": "deny", "data": items, "purpose": purpose} | WHOM))
    step = await taken(ward.coordinator, ward)
    assert isinstance(await open_restricted(ward.coordinator, wanted(ward, step, "ward-2")), Opened)
    assert await ward.sees(await opened_record(ward.coordinator, ward.who)) == set()


async def test_a_task_that_names_nobody_opens_nobodys(swedish: Record) -> None:
    ward = await Blocked(swedish).set_up()
    step = await taken(ward.coordinator, ward)
    opened = await open_restricted(ward.coordinator, wanted(ward, step, "ward-2"))
    assert isinstance(opened, Opened)
    task = (await swedish.read("Task", opened.id)).resource()  # type: ignore[union-attr]
    task["input"] = [one | ({"valueReference": {"reference": "Patient/x"}} if "valueReference" in one else {})
                     for one in task["input"]]  # fmt: skip
    assert not isinstance(await swedish.update("Task", opened.id, task, opened.version), Refusal)
    assert await ward.sees(await opened_record(ward.coordinator, ward.who)) == set()
