"""What somebody has restricted is as if it were not there, behind each fence alone and behind both."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import asyncpg
import msgspec
import pytest

from saman.kernel.outcome import Kind, Refusal
from saman.model.access import Assignment, Holder, Policy
from saman.record import Context, Page, Record, Stored, system
from saman.record.conditional import read_condition
from saman.record.grants import open_context, restrict_anew
from saman.record.present import present
from saman.record.work import Stretch, work_page
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, Resource, made, observation, patient, processed
from tests.record.fenced import fenced
from tests.record.restricted import ACT_CODE, LEVEL, SCOPE, Asked, RestrictedOracle, RestrictedWorld
from tests.record.test_fences import Look, care_team, expected

SEEDS = range(int(os.environ.get("SAMAN_FENCE_WORLDS", "2")))
MOMENTS = 2
LEFT = {"system": "urn:saman:tag", "code": "left"}


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", SEEDS)
async def test_each_fence_alone_hides_exactly_what_is_restricted(
    seed: int, new_database: Callable[[], Database], policy: Policy, open_at: Opener
) -> None:
    world, contexts, stores = await fenced(RestrictedWorld, seed, new_database, policy, open_at)
    oracle, pick = RestrictedOracle(world), Random(seed)
    hidden = shown = 0
    for context in contexts:
        for now in pick.sample(world.times(), MOMENTS):
            at = msgspec.structs.replace(context, now=now)
            wanted = expected(world, oracle, at)
            granted = [one for one in world.versions if one.person and oracle.sees(at, one.person, one.domain)]
            hidden += sum(Asked(world, at, (one.type, one.id)).hidden() for one in granted)
            shown += len(oracle.versions(at))
            for name, store in stores.items():
                seen = await Look(Record(store, at, BASE), world).all()
                assert seen == wanted, (seed, name, context.role, context.party, context.actor, now)
    assert hidden > 5
    assert shown > 50


class Ward:
    """A person with a plan of two goals, one of which the coordinator's unit is not to know of."""

    def __init__(self, record: Record) -> None:
        self.record = record

    async def build(self, **provision: Any) -> Ward:
        """Everything, with the Consent last."""
        self.who = await made(self.record, patient())
        self.subject = {"reference": f"Patient/{self.who}"}
        await made(self.record, care_team(self.who, "ward-1"))
        self.told, self.kept = [await made(self.record, self.goal(text)) for text in ("walk", "secret")]
        goals = [{"reference": f"Goal/{id}"} for id in (self.told, self.kept)]
        plan = {
            "resourceType": "CarePlan",
            "status": "active",
            "intent": "plan",
            "subject": self.subject,
            "goal": goals,
        }
        activity = {"outcomeReference": [{"reference": f"Goal/{self.kept}"}]}
        self.plan = await made(self.record, plan | {"activity": [activity, {"detail": {"status": "completed"}}]})
        items = [{"meaning": "instance", "reference": {"reference": f"Goal/{self.kept}"}}]
        said = {"type": "deny", "data": items} | provision
        self.said = {name: value for name, value in said.items() if value is not None}
        self.consent = await made(self.record, consent(self.who, self.said))
        self.coordinator = await acting(self.record, "coordinator", "ward-1")
        return self

    def goal(self, text: str) -> Resource:
        words = {"text": text}
        return {"resourceType": "Goal", "lifecycleStatus": "active", "description": words, "subject": self.subject}


def consent(who: str, provision: Resource, **more: Any) -> Resource:
    about = {"status": "active", "scope": SCOPE, "category": [{"text": "x"}], "policyRule": {"text": "x"}}
    return (
        {"resourceType": "Consent", "patient": {"reference": f"Patient/{who}"}, "provision": provision} | about | more
    )


async def acting(record: Record, role: str, party: str, actor: str = "Practitioner/1") -> Record:
    wanted = Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role=role, party=party)
    number = await open_context(record.store.pool, wanted, record.store.policy)
    return Record(record.store, Context(number, actor, role, party, "TREAT", NOW, "r", "staff"), BASE)


async def answers(record: Record, kind: str, id: str, who: str) -> list[Any]:
    """What somebody is told of a resource in every way there is, its own name left out."""
    asked = [("patient", who), ("_id", id), ("_total", "accurate")]
    pages = [await record.search(kind, pairs) for pairs in (asked, [*asked, ("_sort", "-_lastUpdated")])]
    told: list[Any] = [await record.read(kind, id), await record.vread(kind, id, 1), await record.history(kind, id)]
    told += [await record.delete(kind, id), await record.update(kind, id, observation(who, id=id))]
    told += [await record.vread(kind, id, 99), *pages, await present(record, [(kind, id)])]
    text = repr(told)
    return [re.sub(r"\b" + re.escape(id) + r"\b", "ID", text)]


async def test_what_is_hidden_answers_as_what_is_not_there(record: Record) -> None:
    ward = await Ward(record).build()
    absent = record.store.mint.make(record.store.mint.shard(ward.kept) or 0)
    hidden = await answers(ward.coordinator, "Goal", ward.kept, ward.who)
    assert hidden == await answers(ward.coordinator, "Goal", absent, ward.who)
    assert isinstance(await ward.coordinator.read("Goal", ward.told), Stored)
    assert isinstance(await record.read("Goal", ward.kept), Stored)


async def found(record: Record, kind: str, *pairs: tuple[str, str]) -> list[str]:
    page = await record.search(kind, [*pairs, ("_total", "accurate")])
    assert isinstance(page, Page), page
    assert page.total == len(page.matches)
    return sorted(one.id for one in (*page.matches, *page.included))


async def test_nothing_that_is_shown_points_to_what_is_hidden(record: Record) -> None:
    ward = await Ward(record).build()
    mine, secret = ward.coordinator, f"Goal/{ward.kept}"
    plan = await mine.read("CarePlan", ward.plan)
    assert isinstance(plan, Stored)
    assert plan.resource()["goal"] == [{"reference": f"Goal/{ward.told}"}]
    assert plan.resource()["activity"] == [{"detail": {"status": "completed"}}]
    assert ward.kept not in plan.text()
    for pairs in (
        [("goal", secret)],
        [("goal", secret), ("patient", ward.who)],
        [("goal", secret), ("status", "active")],
    ):
        assert await found(mine, "CarePlan", *pairs) == []
        assert await found(record, "CarePlan", *pairs) == [ward.plan]
    both = ("_include", "CarePlan:goal")
    assert await found(mine, "CarePlan", ("patient", ward.who), both) == sorted([ward.plan, ward.told])
    assert await found(mine, "Goal", ("patient", ward.who)) == [ward.told]
    versions = await mine.history("CarePlan", ward.plan)
    gathered = await mine.about(ward.who, {"CarePlan": 5, "Goal": 5})
    assert isinstance(versions, Page)
    assert isinstance(gathered, dict)
    assert [one.id for one in gathered["Goal"]] == [ward.told]
    assert ward.kept not in "".join(one.text() for one in (*versions.matches, *gathered["CarePlan"]))


async def test_who_writes_a_plan_leaves_what_they_may_not_know_of_in_it(record: Record) -> None:
    ward = await Ward(record).build()
    plan = await ward.coordinator.read("CarePlan", ward.plan)
    assert isinstance(plan, Stored)
    changed = plan.resource() | {"title": "New"}
    changed["activity"] = [{"detail": {"status": "in-progress"}}]
    written = await ward.coordinator.update("CarePlan", ward.plan, changed)
    assert not isinstance(written, Refusal), written
    now = await record.read("CarePlan", ward.plan)
    assert isinstance(now, Stored)
    assert [one["reference"] for one in now.resource()["goal"]] == [f"Goal/{ward.told}", f"Goal/{ward.kept}"]
    assert {"outcomeReference": [{"reference": f"Goal/{ward.kept}"}]} in now.resource()["activity"]
    assert now.resource()["title"] == "New"
    seen = await ward.coordinator.read("CarePlan", ward.plan)
    assert isinstance(seen, Stored)
    assert ward.kept not in seen.text()


async def test_a_restriction_counts_at_once_and_ends_at_once(record: Record) -> None:
    ward = await Ward(record).build()
    mine = ward.coordinator
    assert isinstance(await mine.read("Goal", ward.kept), Refusal)
    await record.update("Consent", ward.consent, consent(ward.who, ward.said, id=ward.consent, status="inactive"))
    assert isinstance(await mine.read("Goal", ward.kept), Stored)
    await record.update("Consent", ward.consent, consent(ward.who, ward.said, id=ward.consent))
    assert isinstance(await mine.read("Goal", ward.kept), Refusal)
    await record.delete("Consent", ward.consent)
    assert isinstance(await mine.read("Goal", ward.kept), Stored)
    rows = await record.store.pool.fetchval("SELECT count(*) FROM grants WHERE person = $1 AND fenced", ward.who)
    assert rows == 0


@pytest.mark.parametrize(
    ("actor", "sees"),
    [
        ({"reference": "Organization/ward-1"}, False),
        ({"reference": "Organization/house"}, False),
        ({"reference": "Organization/ward-2"}, True),
        ({"reference": "Practitioner/1"}, False),
        ({"reference": "Practitioner/2"}, True),
        ({"reference": "Group/nobody-knows"}, False),
    ],
)
async def test_whom_a_restriction_names(record: Record, actor: Resource, sees: bool) -> None:
    part_of = {"partOf": {"reference": "Organization/house"}}
    await record.update("Organization", "house", {"resourceType": "Organization", "id": "house", "name": "x"})
    await record.update(
        "Organization", "ward-1", {"resourceType": "Organization", "id": "ward-1", "name": "x"} | part_of
    )
    ward = await Ward(record).build(actor=[{"role": {"text": "x"}, "reference": actor}])
    assert isinstance(await ward.coordinator.read("Goal", ward.kept), Stored) is sees


async def test_a_unit_that_becomes_part_of_another_is_kept_out_with_it(record: Record) -> None:
    unit = {"resourceType": "Organization", "id": "ward-9", "name": "x"}
    await record.update("Organization", "ward-9", unit)
    ward = await Ward(record).build(actor=[{"role": {"text": "x"}, "reference": {"reference": "Organization/house-9"}}])
    await made(record, care_team(ward.who, "ward-9"))
    mine = await acting(record, "coordinator", "ward-9")
    assert isinstance(await mine.read("Goal", ward.kept), Stored)
    await record.update("Organization", "ward-9", unit | {"partOf": {"reference": "Organization/house-9"}})
    assert isinstance(await mine.read("Goal", ward.kept), Refusal)


async def test_a_label_is_never_taken_away_by_a_client(record: Record) -> None:
    ward = await Ward(record).build()
    secret = {"security": [{"system": ACT_CODE, "code": "PSY"}]}
    labelled = await made(record, ward.goal("x") | {"meta": secret})
    for meta in (
        {"tag": [LEFT]},
        {"security": [{"system": ACT_CODE, "code": "SEX"}]},
        {"security": [{"system": LEVEL, "code": "R"}]},
    ):
        answer = await ward.coordinator.update("Goal", labelled, ward.goal("y") | {"id": labelled, "meta": meta})
        assert isinstance(answer, Refusal)
        assert answer.kind is Kind.FORBIDDEN
    more = {"security": [*secret["security"], {"system": LEVEL, "code": "V"}]}
    raised = await ward.coordinator.update("Goal", labelled, ward.goal("y") | {"id": labelled, "meta": more})
    assert not isinstance(raised, Refusal), raised


async def test_no_client_opens_what_is_restricted_by_writing_it(record: Record) -> None:
    ward = await Ward(record).build()
    code = {"coding": [{"system": "urn:saman:task", "code": "opening"}]}
    task = {"resourceType": "Task", "status": "requested", "intent": "order", "code": code, "for": ward.subject}
    assert isinstance(await ward.coordinator.create(task), Refusal)
    assert isinstance(await ward.coordinator.read("Goal", ward.kept), Refusal)


async def test_who_writes_something_that_is_withheld_is_not_told(record: Record) -> None:
    ward = await Ward(record).build(data=None, securityLabel=[{"system": ACT_CODE, "code": "PSY"}])
    own = await ward.coordinator.create(ward.goal("x") | {"meta": {"security": [{"system": ACT_CODE, "code": "PSY"}]}})
    assert not isinstance(own, Refusal)
    others = await made(record, ward.goal("x") | {"meta": {"security": [{"system": ACT_CODE, "code": "PSY"}]}})
    assert isinstance(await ward.coordinator.read("Goal", own.stored.id), Stored), "who holds something keeps it"
    assert isinstance(await ward.coordinator.read("Goal", others), Refusal)


async def test_a_condition_does_not_meet_what_is_hidden(record: Record) -> None:
    ward = await Ward(record).build()
    condition = read_condition("Goal", f"_id={ward.kept}")
    shown = read_condition("Goal", f"_id={ward.told}")
    assert not isinstance(condition, Refusal)
    assert not isinstance(shown, Refusal)
    made_new = await ward.coordinator.create(ward.goal("new"), condition)
    there = await ward.coordinator.create(ward.goal("new"), shown)
    assert not isinstance(made_new, Refusal), made_new
    assert not isinstance(there, Refusal), there
    assert (made_new.created, there.created) == (True, False)
    batch = {"resourceType": "Bundle", "type": "batch", "entry": [
        {"request": {"method": method, "url": f"Goal/{id}"}} for id in (ward.kept, "a" * len(ward.kept))
        for method in ("GET", "DELETE")
    ]}  # fmt: skip
    answer = await processed(ward.coordinator, batch)
    read, removed, *absent = [one["response"] for one in answer["entry"]]
    assert [read, removed] == absent


async def test_a_worklist_holds_nothing_that_is_hidden(record: Record) -> None:
    ward = await Ward(record).build()
    owner = {"reference": "Organization/ward-1"}
    task = {"resourceType": "Task", "status": "requested", "intent": "order", "for": ward.subject, "owner": owner}
    task["authoredOn"] = "2026-11-20T10:00:00Z"
    task["code"] = {"coding": [{"system": "urn:saman:task", "code": "contact-wish"}]}
    ids = [await made(record, task) for _ in range(2)]
    mine, wanted = ward.coordinator, Stretch(party="Organization/ward-1", persons=(ward.who,))
    before = await work_page(record.store, mine.context, wanted)
    assert sorted(one.id for one in before.items) == sorted(ids)
    items = [{"meaning": "instance", "reference": {"reference": f"Task/{ids[0]}"}}]
    await made(record, consent(ward.who, {"type": "deny", "data": items}))
    after = await work_page(record.store, mine.context, wanted)
    assert [one.id for one in after.items] == ids[1:]
    assert sum(before.counted.groups) - sum(after.counted.groups) == 1


@pytest.mark.parametrize(
    ("period", "inside", "outside"),
    [
        ({"end": "2026-10-25"}, "2026-10-25T22:59:59.999Z", "2026-10-25T23:00:00Z"),
        ({"start": "2026-10-25"}, "2026-10-24T22:00:00Z", "2026-10-24T21:59:59.999Z"),
        ({"end": "2028-02-29"}, "2028-02-29T22:59:59.999Z", "2028-02-29T23:00:00Z"),
        ({"start": "2027-03-28", "end": "2027-03-28"}, "2027-03-28T21:59:59Z", "2027-03-28T22:00:00Z"),
    ],
)
async def test_a_restriction_begins_and_ends_at_midnight(
    record: Record, period: Resource, inside: str, outside: str
) -> None:
    ward = await Ward(record).build(period=period)
    for text, hidden in ((inside, True), (outside, False)):
        then = Record(record.store, msgspec.structs.replace(ward.coordinator.context, now=datetime.fromisoformat(text)))
        assert isinstance(await then.read("Goal", ward.kept), Refusal) is hidden, text


async def test_future_entries_are_closed_in_advance(record: Record) -> None:
    """As in Norway: what is recorded from a time on, even when it tells of earlier."""
    ward = await Ward(record).build(data=None, dataPeriod={"start": "2026-11-21T12:00:01Z"})
    assert isinstance(await ward.coordinator.read("Goal", ward.kept), Stored)
    later = Record(record.store, system(NOW + timedelta(hours=1)), BASE)
    start = {"startDate": "2020-01-01"}
    new = [await made(later, ward.goal("new") | more) for more in ({}, start)]
    mine = Record(record.store, msgspec.structs.replace(ward.coordinator.context, now=NOW + timedelta(hours=2)), BASE)
    assert [isinstance(await mine.read("Goal", id), Refusal) for id in new] == [True, True]
    assert isinstance(await mine.read("Goal", ward.kept), Stored)


async def test_what_is_older_than_the_tables_is_derived_once(
    new_database: Callable[[], Database], open_at: Opener
) -> None:
    database = new_database()
    store = await open_at(database.app_url)
    ward = await Ward(Record(store, system(NOW), BASE)).build()
    admin = await asyncpg.connect(database.admin_url)
    try:
        await admin.execute("TRUNCATE restriction, withheld")
        await admin.execute("UPDATE grants SET fenced = false")
    finally:
        await admin.close()
    assert isinstance(await ward.coordinator.read("Goal", ward.kept), Stored)
    assert await restrict_anew(store.pool, store.policy, NOW) == 2
    assert isinstance(await ward.coordinator.read("Goal", ward.kept), Refusal)
