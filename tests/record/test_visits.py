"""What guardians see of a minor's visits, in Finland, and of a young person in Denmark: by label, and by the hour."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from saman.kernel.outcome import Refusal
from saman.model.access import Assignment, Holder, Policy, read_country
from saman.model.care import codes
from saman.record import Context, Record, Store, Stored, open_store, system
from saman.record.grants import open_context
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, made

ROOT = Path(__file__).parents[2]
HELSINKI = ZoneInfo("Europe/Helsinki")
TICK = timedelta(seconds=1)
GUARDIAN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "GUARD"}]}
Resource = dict[str, Any]


def country(code: str) -> Policy:
    roles = re.findall(r"\{id: ([a-z-]+)", (ROOT / "regions/roles.yaml").read_text("utf-8"))
    policy = read_country(code, (ROOT / f"regions/countries/{code}.access.yaml").read_text("utf-8"), roles)
    assert isinstance(policy, Policy)
    return policy


class Family:
    """A child with visits, and one guardian who looks."""

    def __init__(self, store: Store, now: datetime = NOW) -> None:
        self.store = store
        self.record = Record(store, system(now), BASE)
        self.child = self.guardian = ""
        self.context = 0

    async def begin(self, born: str, **related: Any) -> Family:
        patient = {"resourceType": "Patient", "name": [{"text": "Aino"}], "birthDate": born}
        self.child = await made(self.record, (patient))
        person = {"resourceType": "RelatedPerson", "patient": {"reference": f"Patient/{self.child}"}}
        self.guardian = await made(self.record, (person | {"relationship": [GUARDIAN]} | related))
        wanted = Assignment(
            number=0, kind=Holder.RELATIVE, purpose="FAMRQT", role="relative", actor=f"RelatedPerson/{self.guardian}"
        )
        self.context = await open_context(self.store.pool, wanted, self.store.policy)
        return self

    async def visit(self, *labels: str) -> tuple[str, str]:
        """An Encounter with these labels, and a diagnosis that was made at it."""
        meta = {"meta": {"security": [{"system": codes.VISIT_VIEW, "code": one} for one in labels]}} if labels else {}
        encounter = {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}, **meta, **self.about}
        key = await made(self.record, (encounter))
        at = {"encounter": {"reference": f"Encounter/{key}"}}
        return key, await made(self.record, ({"resourceType": "Condition", **self.about, **at}))

    @property
    def about(self) -> Resource:
        return {"subject": {"reference": f"Patient/{self.child}"}}

    def at(self, now: datetime) -> Record:
        actor = f"RelatedPerson/{self.guardian}"
        return Record(self.store, Context(self.context, actor, "relative", "", "FAMRQT", now, "test", "relative"), BASE)

    async def sees(self, type_name: str, id: str, now: datetime = NOW) -> bool:
        """By reading and by searching, which have to agree."""
        record = self.at(now)
        read = isinstance(await record.read(type_name, id), Stored)
        page = await record.search(type_name, [("subject", f"Patient/{self.child}"), ("_total", "accurate")])
        assert not isinstance(page, Refusal)
        assert (id in {one.id for one in page.matches}) is read
        assert page.total == len(page.matches)
        return read

    async def sees_visit(self, visit: tuple[str, str], now: datetime = NOW) -> bool:
        """The Encounter and what was recorded at it, which have to agree."""
        encounter, diagnosis = visit
        seen = await self.sees("Encounter", encounter, now)
        assert await self.sees("Condition", diagnosis, now) is seen
        return seen


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stores(new_database: Callable[[], Database]) -> AsyncIterator[dict[str, Store]]:
    """An empty record by the rules of each country."""
    found: dict[str, Store] = {}
    for code in ("fi", "dk"):
        opened = await open_store(new_database().app_url, country(code))
        assert not isinstance(opened, Refusal)
        found[code] = opened
    yield found
    for store in found.values():
        await store.close()


@pytest.fixture
def finland(stores: dict[str, Store]) -> Store:
    return stores["fi"]


async def test_a_guardian_sees_the_visits_that_a_child_over_ten_opens_or_could_not_decide_about(
    finland: Store,
) -> None:
    family = await Family(finland).begin("2012-05-05")
    visits = {labels: await family.visit(*labels) for labels in LABELLED}
    assert {labels: await family.sees_visit(visit) for labels, visit in visits.items()} == {
        ("not-able",): True,
        ("able-shows",): True,
        ("able-hides",): False,
        (): False,
        ("not-able", "able-hides"): False,
        ("able-shows", "not-able"): False,
        ("something-new",): False,
    }
    loose = await made(family.record, ({"resourceType": "Condition", **family.about}))
    assert not await family.sees("Condition", loose)
    assert not await family.sees("CarePlan", "none")


LABELLED: list[tuple[str, ...]] = [
    ("not-able",),
    ("able-shows",),
    ("able-hides",),
    (),
    ("not-able", "able-hides"),
    ("able-shows", "not-able"),
    ("something-new",),
]


async def test_a_guardian_of_a_small_child_sees_all_but_what_the_child_was_able_to_keep_to_itself(
    finland: Store,
) -> None:
    family = await Family(finland).begin("2018-05-05")
    seen = {labels: await family.sees_visit(await family.visit(*labels)) for labels in LABELLED[:4]}
    assert seen == {("not-able",): True, ("able-shows",): True, ("able-hides",): False, (): True}


async def test_what_a_visit_says_changes_at_once_and_back(
    finland: Store,
) -> None:
    family = await Family(finland).begin("2012-05-05")
    visit = await family.visit("able-shows")
    assert await family.sees_visit(visit)
    for labels, seen in ((["able-hides"], False), (["not-able"], True), ([], False)):
        there = await family.record.read("Encounter", visit[0])
        assert isinstance(there, Stored)
        resource = there.resource()
        resource["meta"] = {"security": [{"system": codes.VISIT_VIEW, "code": one} for one in labels]}
        if not labels:
            del resource["meta"]
        assert not isinstance(await family.record.update("Encounter", visit[0], resource, there.version), Refusal)
        assert await family.sees_visit(visit) is seen, labels
    # And what is said of a visit that was there without a label counts too.
    later = await family.visit()
    there = await family.record.read("Encounter", later[0])
    assert isinstance(there, Stored)
    assert not await family.sees_visit(later)
    labelled = there.resource() | {"meta": {"security": [{"system": codes.VISIT_VIEW, "code": "not-able"}]}}
    assert not isinstance(await family.record.update("Encounter", later[0], labelled, there.version), Refusal)
    assert await family.sees_visit(later)


@pytest.mark.parametrize(
    ("born", "turns"),
    [
        ("2016-11-22", datetime(2026, 11, 22, tzinfo=HELSINKI)),
        ("2016-02-29", datetime(2026, 3, 1, tzinfo=HELSINKI)),
        ("2016-10-25", datetime(2026, 10, 25, tzinfo=HELSINKI)),
        ("2016-03-29", datetime(2026, 3, 29, tzinfo=HELSINKI)),
    ],
)
async def test_an_unlabelled_visit_is_seen_until_the_midnight_of_the_tenth_birthday(
    born: str,
    turns: datetime,
    finland: Store,
) -> None:
    family = await Family(finland, turns.astimezone(UTC) - timedelta(days=9)).begin(born)
    visit = await family.visit()
    assert await family.sees_visit(visit, turns.astimezone(UTC) - TICK)
    assert not await family.sees_visit(visit, turns.astimezone(UTC))


async def test_what_is_open_ends_at_the_midnight_of_the_eighteenth_birthday(
    finland: Store,
) -> None:
    family = await Family(finland).begin("2008-11-23")
    visit = await family.visit("able-shows")
    grown = datetime(2026, 11, 23, tzinfo=HELSINKI).astimezone(UTC)
    assert await family.sees_visit(visit, grown - TICK)
    assert not await family.sees_visit(visit, grown)
    assert not await family.sees("Encounter", visit[0], grown + timedelta(days=400))


async def test_the_young_person_sees_every_visit_and_so_does_the_system(
    finland: Store,
) -> None:
    family = await Family(finland).begin("2012-05-05")
    encounter, diagnosis = await family.visit("able-hides")
    own = Assignment(number=0, kind=Holder.CITIZEN, purpose="PATRQT", role="citizen", actor=f"Patient/{family.child}")
    number = await open_context(family.store.pool, own, family.store.policy)
    context = Context(number, f"Patient/{family.child}", "citizen", "", "PATRQT", NOW, "test", "citizen")
    for record in (Record(family.store, context, BASE), family.record):
        assert isinstance(await record.read("Encounter", encounter), Stored)
        assert isinstance(await record.read("Condition", diagnosis), Stored)


async def test_a_plan_that_the_young_person_shares_is_seen_and_a_protected_address_is_not(
    finland: Store,
) -> None:
    family = await Family(finland).begin("2012-05-05", extension=[{"url": "urn:saman:scope", "valueCode": "plan"}])
    plan = {"resourceType": "CarePlan", "status": "active", "intent": "plan", **family.about}
    key = await made(family.record, (plan))
    assert await family.sees("CarePlan", key)
    assert isinstance(await family.at(NOW).read("Patient", family.child), Stored)
    there = await family.record.read("Patient", family.child)
    assert isinstance(there, Stored)
    label = {"security": [{"system": codes.CATEGORY, "code": "protected-address"}]}
    assert not isinstance(
        await family.record.update("Patient", family.child, there.resource() | {"meta": label}, there.version), Refusal
    )
    assert await family.sees("CarePlan", key)
    assert isinstance(await family.at(NOW).read("Patient", family.child), Refusal)
    page = await family.at(NOW).search("Patient", [("name", "Aino")])
    assert not isinstance(page, Refusal)
    assert not page.matches


async def test_in_denmark_a_guardian_of_an_impaired_young_person_does_not_see_what_is_about_sexuality(
    stores: dict[str, Store],
) -> None:
    decided = {
        "url": codes.EXTENDED_VIEW,
        "extension": [
            {"url": "ground", "valueCode": "cognitive-impairment"},
            {"url": "period", "valuePeriod": {"start": "2026-01-01", "end": "2026-12-31"}},
        ],
    }
    family = await Family(stores["dk"]).begin("2010-05-05", extension=[decided])
    plain = await made(family.record, ({"resourceType": "Condition", **family.about}))
    act = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    hidden = [
        await made(
            family.record,
            ({"resourceType": "Condition", "meta": {"security": [{"system": act, "code": code}]}, **family.about}),
        )
        for code in ("SEX", "HIV", "PREGNANT")
    ]
    assert await family.sees("Condition", plain)
    assert [await family.sees("Condition", one) for one in hidden] == [False, False, False]
    over = datetime(2027, 1, 1, tzinfo=ZoneInfo("Europe/Copenhagen")).astimezone(UTC)
    assert await family.sees("Condition", plain, over - TICK)
    assert not await family.sees("Condition", plain, over)
