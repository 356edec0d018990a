"""Who holds a competence, by licence or by delegation, and that no task which needs one goes around it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import pytest_asyncio

from saman.kernel.clock import instant
from saman.kernel.outcome import Refusal
from saman.model.access import Assignment, Holder, Policy
from saman.model.care import codes
from saman.model.care.competence import Competence, Competences
from saman.record import Change, Record, Store, process, system
from saman.record.context import Context
from saman.record.delegation import UNREADABLE, able, asked_for, givers, learn_all, opened, running, sealed
from saman.record.grants import open_context
from tests.record.conftest import NOW, Resource, norway

pytestmark = pytest.mark.postgres

NURSE, WORKER, OTHER = "Practitioner/nurse", "Practitioner/worker", "Practitioner/other"
DAY, TICK = timedelta(days=1), timedelta(milliseconds=1)
INSULIN = Competence(
    id="insulin", name={"en": "giving insulin"}, held_by=("nurse",), may_delegate=True, delegated_by=("nurse",),
    longest_days=90,
)  # fmt: skip
INR = Competence(id="inr", name={"en": "INR"}, held_by=("nurse",))
SKILLS = Competences(
    known={"insulin": INSULIN, "inr": INR}, required={"insulin-at-home": ("insulin",), "magic": ("wand",)}
)


@pytest.fixture(scope="session")
def policy() -> Policy:
    return msgspec.structs.replace(norway(), competences=SKILLS)


def person(who: str, profession: str = "", **more: Any) -> Resource:
    held = [{"code": codes.concept(codes.PROFESSION, profession)}] if profession else []
    return {"resourceType": "Practitioner", "id": who.partition("/")[2], "qualification": held} | more


def member(who: str, **more: Any) -> Resource:
    return {
        "resourceType": "PractitionerRole",
        "id": who.partition("/")[2],
        "practitioner": {"reference": who},
        "organization": {"reference": "Organization/home-a"},
        "code": [codes.concept(codes.ROLE, "home-care-worker")],
    } | more


def delegated(since: datetime = NOW - DAY, until: datetime | str = NOW + DAY, status: str = "accepted", **more: Any):
    sealed_person = more.pop("sealed", "")
    about = [{"url": codes.DELEGATED_FOR, "valueReference": {"identifier": {"value": sealed_person}}}]
    return {
        "resourceType": "PractitionerRole",
        "id": "d1",
        "active": status == "accepted",
        "extension": [
            {"url": codes.GIVEN_BY, "valueReference": {"reference": NURSE}},
            {"url": codes.DELEGATION, "valueCode": status},
            *(about if sealed_person else []),
        ],
        "period": {"start": instant(since), "end": until if isinstance(until, str) else instant(until)},
        "practitioner": {"reference": WORKER},
        "organization": {"reference": "Organization/home-a"},
        "code": [codes.concept(codes.COMPETENCE, "insulin")],
    } | more


async def write(store: Store, *resources: Resource) -> None:
    done = await Record(store, system(NOW)).commit([Change(one, one["id"], -1) for one in resources])
    assert not isinstance(done, Refusal), done


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def unit(store: Store) -> None:
    for id in ("d1", "d2"):
        await Record(store, system(NOW)).delete("PractitionerRole", id)
    people = (person(NURSE, "nurse"), person(WORKER), person(OTHER), member(NURSE), member(WORKER), member(OTHER))
    await write(store, *people)


async def held(store: Store, at: datetime = NOW, who: str = WORKER, party: str = "home-a") -> datetime | None:
    found = await able(store.pool, [INSULIN], party, at, who)
    return max((one.until for one in found), default=None)


async def test_a_licence_holds_and_may_delegate(store):
    assert await held(store, who=NURSE) is not None
    assert await held(store, who=WORKER) is None
    assert await held(store, who=NURSE, party="home-b") is None
    assert await givers(store.pool, [INSULIN, INR], "home-a", NOW) == (("insulin", NURSE),)
    await write(store, person(NURSE, "nurse") | {"qualification": [
        {"code": codes.concept(codes.PROFESSION, "nurse"), "period": {"end": "2026-11-21"}}]})  # fmt: skip
    midnight = datetime(2026, 11, 22, tzinfo=ZoneInfo("Europe/Oslo"))
    assert await held(store, midnight - TICK, NURSE) == midnight
    assert await held(store, midnight, NURSE) is None


async def test_a_delegation_counts_from_its_first_instant_to_its_last(store):
    start, end = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    await write(store, delegated(start, end))
    assert await held(store, start) == end
    assert await held(store, start - TICK) is None
    assert await held(store, end - TICK) == end
    assert await held(store, end) is None


@pytest.mark.parametrize(("day", "hours"), [("2027-03-28", 23), ("2026-10-25", 25)])
async def test_a_bare_last_day_counts_whole_when_the_clocks_change(store, day, hours):
    zone = ZoneInfo("Europe/Oslo")
    first = datetime.fromisoformat(day).replace(tzinfo=zone).astimezone(UTC)
    since, after = first - DAY, first + timedelta(hours=hours)
    await write(store, delegated(since, day))
    assert await held(store, after - TICK) == after
    assert await held(store, after) is None


@pytest.mark.parametrize("status", ["offered", "declined", "withdrawn", "ended", ""])
async def test_only_what_is_accepted_counts(store, status):
    await write(store, delegated(status=status))
    assert await held(store) is None


@pytest.mark.parametrize("wrong", ["inactive", "endless", "own", "no giver", "unlicensed giver", "deleted"])
async def test_what_is_no_delegation_gives_nothing(store, wrong):
    one = delegated()
    changed = {
        "inactive": one | {"active": False},
        "endless": one | {"period": {"start": instant(NOW)}},
        "own": one | {"practitioner": {"reference": NURSE}},
        "no giver": one | {"extension": one["extension"][1:]},
        "unlicensed giver": one,
        "deleted": one,
    }[wrong]
    await write(store, changed)
    if wrong == "unlicensed giver":
        await write(store, person(NURSE, "doctor"))
    if wrong == "deleted":
        await Record(store, system(NOW)).delete("PractitionerRole", "d1")
    assert await held(store) is None


@pytest.mark.parametrize("who", [NURSE, WORKER])
@pytest.mark.parametrize("how", ["over", "inactive", "left"])
async def test_it_ends_for_good_when_giver_or_receiver_leaves(store, who, how):
    await write(store, delegated())
    assert await held(store) is not None
    if how == "left":
        await write(store, person(who, "nurse" if who == NURSE else "", active=False))
    else:
        await write(
            store, member(who, active=False) if how == "inactive" else member(who, period={"end": instant(NOW)})
        )
    assert await held(store) is None
    if how == "over":
        again = member(
            who, id=f"{who.partition('/')[2]}-again", period={"start": instant(NOW), "end": instant(NOW + DAY)}
        )
        await write(store, again)
        assert await held(store) is None
        await Record(store, system(NOW)).delete("PractitionerRole", again["id"])


async def test_it_lasts_no_longer_than_either_is_there(store):
    await write(store, delegated(), member(NURSE, period={"end": instant(NOW + timedelta(hours=2))}))
    assert await held(store) == NOW + timedelta(hours=2)


async def test_a_delegation_gives_no_role_and_no_right_to_delegate_on(store):
    await write(store, delegated())
    roles = await store.pool.fetch("SELECT role FROM membership WHERE ground = 'PractitionerRole/d1'")
    assert roles == []
    assert await givers(store.pool, [INSULIN], "home-a", NOW) == (("insulin", NURSE),)
    further = delegated(id="d2", practitioner={"reference": OTHER})
    further["extension"][0] = {"url": codes.GIVEN_BY, "valueReference": {"reference": WORKER}}
    await write(store, further)
    assert await held(store, who=OTHER) is None


async def test_the_directory_can_be_read_anew(store):
    seal = sealed(store.seal, "somebody")
    await write(store, delegated(sealed=seal))
    before = await running(store.pool, ["home-a"], NOW)
    assert [one.person for one in before] == ["somebody"]
    async with store.transaction(system(NOW)) as connection:
        await connection.execute("DELETE FROM delegation")
        await connection.execute("DELETE FROM licence")
    assert await held(store, who=NURSE) is None
    assert await learn_all(store, NOW) > 0
    assert await running(store.pool, ["home-a"], NOW) == before
    assert await held(store, who=NURSE) is not None


def test_a_seal_of_another_installation_is_for_nobody(store):
    assert opened(store.seal, sealed(store.seal, "p")) == "p"
    assert opened(store.seal, "made-up") == UNREADABLE
    assert sealed(store.seal, "p") != sealed(store.seal, "p")


@pytest_asyncio.fixture(loop_scope="session")
async def at_home(store: Store, record: Record):
    """A Task for somebody, and a way to write it as a member of the unit."""
    patient = await record.create({"resourceType": "Patient", "name": [{"family": "Ås"}]})
    assert not isinstance(patient, Refusal)
    about = patient.stored.id
    await record.create(
        {
            "resourceType": "CareTeam",
            "status": "active",
            "subject": {"reference": f"Patient/{about}"},
            "participant": [{"member": {"reference": "Organization/home-a"}}],
        }
    )
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": {"coding": [codes.coding(codes.TASK, "home-visit"), codes.coding(codes.ACTIVITY, "insulin-at-home")]},
        "for": {"reference": f"Patient/{about}"},
        "authoredOn": instant(NOW),
        "owner": {"reference": "Organization/home-a"},
        "restriction": {"period": {"end": instant(NOW + DAY)}},
    }
    made = await record.create(task)
    assert not isinstance(made, Refusal)
    return made.stored


async def as_(store: Store, who: str, party: str = "home-a") -> Record:
    """The record as somebody in home care has it."""
    asking = Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role="home-care-worker", party=party)
    number = await open_context(store.pool, asking, store.policy)
    return Record(store, Context(number, who, "home-care-worker", party, "TREAT", NOW, "r"))


def claimed(task: Resource, who: str) -> Resource:
    return task | {"extension": [{"url": codes.CLAIMED_BY, "valueReference": {"reference": who}}]}


async def try_(store: Store, who: str, task: Resource, **changes: Any) -> str:
    """The key of why somebody may not change a Task so, empty when they may."""
    done = await (await as_(store, who)).update("Task", task["id"], task | changes)
    return done.issues[0].key if isinstance(done, Refusal) else ""


COMPETENT = "access.write.competent"


async def test_without_the_competence_nobody_takes_begins_or_finishes(store, at_home):
    task = at_home.resource()
    done_by = {"type": codes.concept(codes.TASK_OUTPUT, "done-by"), "valueReference": {"reference": WORKER}}
    for changes in (
        {"status": "in-progress"},
        {"status": "completed"},
        {"extension": claimed(task, WORKER)["extension"]},
        {"owner": {"reference": "PractitionerRole/worker"}, "status": "accepted"},
        {"output": [done_by]},
    ):
        reason = await try_(store, WORKER, task, **changes)
        assert reason == (COMPETENT if "owner" not in changes else "access.write.own_task"), changes
    assert await try_(store, NURSE, task, extension=claimed(task, WORKER)["extension"]) == COMPETENT
    assert await try_(store, NURSE, task, output=[done_by]) == COMPETENT
    assert await try_(store, WORKER, task, status="accepted") == ""


async def test_what_is_required_cannot_be_taken_away(store, at_home):
    task = at_home.resource()
    plain = {"coding": [codes.coding(codes.TASK, "home-visit")]}
    assert await try_(store, NURSE, task, code=plain) == "access.write.same_needs"
    magic = {"coding": [*task["code"]["coding"], codes.coding(codes.ACTIVITY, "magic")]}
    assert await try_(store, NURSE, task, code=magic, status="completed") == COMPETENT
    assert await try_(store, NURSE, task, status="completed") == ""


async def test_with_a_delegation_it_is_done_and_without_it_no_more(store, at_home):
    task = at_home.resource()
    await write(store, delegated())
    assert await try_(store, WORKER, task, extension=claimed(task, WORKER)["extension"]) == ""
    await write(store, delegated(status="withdrawn"))
    assert await try_(store, WORKER, task, status="completed") == COMPETENT
    assert await try_(store, WORKER, task, status="requested") == ""
    await write(store, delegated(until=NOW))
    assert await try_(store, WORKER, task, status="completed") == COMPETENT
    await write(store, delegated())
    assert await try_(store, WORKER, task, status="completed") == ""


@pytest.mark.parametrize("where", ["another citizen", "another unit", "unreadable"])
async def test_a_delegation_goes_no_further_than_it_says(store, at_home, where):
    task, about = at_home.resource(), at_home.person
    assert about
    await write(store, delegated(sealed=sealed(store.seal, about)))
    assert await try_(store, WORKER, task, status="in-progress") == ""
    wrong = {
        "another citizen": delegated(sealed=sealed(store.seal, "another")),
        "another unit": delegated(organization={"reference": "Organization/home-b"}),
        "unreadable": delegated(sealed="made-up"),
    }[where]
    await write(store, wrong)
    assert await try_(store, WORKER, task | {"status": "in-progress"}, status="completed") == COMPETENT


async def test_a_delegation_for_one_order_is_for_what_is_done_for_it(store, at_home):
    task, about = at_home.resource(), at_home.person
    assert about
    mine = {"basedOn": [{"reference": "ServiceRequest/insulin-1"}]}
    other = {"basedOn": [{"reference": "ServiceRequest/insulin-2"}]}
    await write(store, delegated(sealed=sealed(store.seal, about, "insulin-1")))
    assert await try_(store, WORKER, task, status="in-progress") == COMPETENT, "it is done for no order"
    for orders in (
        other,
        {"focus": {"reference": "Goal/insulin-1"}},
        {"basedOn": [{"reference": "Patient/insulin-1"}]},
    ):
        await write(store, task | orders)
        assert await try_(store, WORKER, task | orders, status="in-progress") == COMPETENT, orders
    for orders in (mine, {"focus": {"reference": "ServiceRequest/insulin-1"}}):
        await write(store, task | orders)
        assert await try_(store, WORKER, task | orders, status="in-progress") == ""
    await write(store, delegated(sealed=sealed(store.seal, "another", "insulin-1")))
    assert await try_(store, WORKER, task | orders, status="completed") == COMPETENT, "the order is another's"


async def test_a_task_is_not_moved_to_an_order_that_somebody_may_do(store, at_home):
    task, about = at_home.resource(), at_home.person
    assert about
    mine = {"basedOn": [{"reference": "ServiceRequest/insulin-1"}]}
    await write(store, delegated(sealed=sealed(store.seal, about, "insulin-1")))
    for who in (WORKER, NURSE):
        assert await try_(store, who, task, **mine) == "access.write.same_needs"
        assert await try_(store, who, task, **mine, status="in-progress") == "access.write.same_needs"
    await write(store, task | mine)
    assert await try_(store, WORKER, task) == "access.write.same_needs"
    assert await try_(store, WORKER, task | mine, status="in-progress") == ""


async def test_what_was_delegated_to_a_substitute_ends_with_the_substitution(store):
    shift = NOW + timedelta(hours=3)
    away = member(WORKER, active=False)
    await write(store, away, member(WORKER, id="shift-1", period={"start": instant(NOW - DAY), "end": instant(shift)}))
    await write(store, delegated(NOW, NOW + 5 * DAY))
    assert await held(store, shift - TICK) == shift
    assert await held(store, shift) is None
    again = {"start": instant(shift + DAY), "end": instant(shift + 2 * DAY)}
    await write(store, member(WORKER, id="shift-2", period=again))
    assert await held(store, shift + DAY) is None
    for id in ("shift-1", "shift-2"):
        await Record(store, system(NOW)).delete("PractitionerRole", id)


async def test_a_new_task_is_not_born_finished(store, at_home):
    task = {name: value for name, value in at_home.resource().items() if name not in ("id", "meta")}
    asking = Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role="telemedicine-nurse", party="home-a")
    number = await open_context(store.pool, asking, store.policy)
    record = Record(store, Context(number, WORKER, "telemedicine-nurse", "home-a", "TREAT", NOW, "r"))
    refusal = await record.create(task | {"status": "completed"})
    assert isinstance(refusal, Refusal)
    assert refusal.issues[0].key in (COMPETENT, "record.hidden")


async def test_a_bundle_goes_around_nothing(store, at_home):
    task = at_home.resource() | {"status": "completed"}
    entry = {"resource": task, "request": {"method": "PUT", "url": f"Task/{task['id']}"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    refusal = await process(await as_(store, WORKER), bundle)
    assert isinstance(refusal, Refusal)
    assert [one.key for one in refusal.issues] == [COMPETENT]


async def test_who_completes_while_it_is_withdrawn_is_either_first_or_refused(store, at_home):
    task, worker = at_home.resource(), await as_(store, WORKER)
    for _ in range(4):
        await write(store, delegated())
        doing = worker.update("Task", task["id"], task | {"status": "completed"})
        done, _ = await asyncio.gather(doing, write(store, delegated(status="withdrawn")))
        history = await Record(store, system(NOW)).history("Task", task["id"])
        assert not isinstance(history, Refusal)
        if isinstance(done, Refusal):
            assert done.issues[0].key == COMPETENT
        assert await held(store) is None
        assert await try_(store, WORKER, task, status="requested") == ""


async def test_open_tasks_that_ask_for_something_are_found_without_saying_about_whom(store, at_home):
    found = await asked_for(store, ["home-a"], ["insulin-at-home"], NOW)
    assert at_home.id in {one.task for one in found}
    assert {(one.owner, one.activity, one.due) for one in found} == {("home-a", "insulin-at-home", NOW + DAY)}
    assert await asked_for(store, ["home-b"], ["insulin-at-home"], NOW) == ()
    assert await asked_for(store, ["home-a"], [], NOW) == ()
