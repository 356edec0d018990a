"""What somebody has restricted is not named by other people's data either, nor found by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from saman.kernel.outcome import Refusal
from saman.model.access import Policy
from saman.model.fhir.patch import read_json_patch
from saman.record import Page, Record, Store, Stored, open_store, system
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, Resource, made, patient, processed
from tests.record.fenced import without_row_security
from tests.record.test_fences import care_team
from tests.record.test_restrictions import Ward, consent, found

MIGRATION = Path(__file__).parents[2] / "saman/record/migrations/versions/0020_away.sql"
LIES = (
    "SELECT away, (SELECT count(*) FROM reference f WHERE f.id = r.id AND f.target_shard IS NOT NULL) FROM resource r"
)
CHOSEN = "chosen-elsewhere"


def names(goals: list[str], who: str) -> Resource:
    """A plan about somebody that names Goals; twice, the second time where no search looks."""
    pointed = [{"reference": f"Goal/{one}"} for one in goals]
    return {
        "resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": {"reference": f"Patient/{who}"},
        "goal": pointed, "extension": [{"url": "urn:other", "valueReference": one} for one in pointed],
    }  # fmt: skip


class Two(Ward):
    """Somebody who has restricted one goal of two, and a neighbour whose plan names both, known to the same unit."""

    async def build(self, **provision: Any) -> Two:
        await super().build(**provision)
        self.neighbour = await made(self.record, patient())
        await made(self.record, care_team(self.neighbour, "ward-1"))
        self.other = await made(self.record, names([self.told, self.kept], self.neighbour))
        return self

    async def seen(self, reader: Record) -> str:
        """Everything that somebody is told of the neighbour's plan, in every way."""
        one, first = await reader.read("CarePlan", self.other), await reader.vread("CarePlan", self.other, 1)
        pages = [
            await reader.history("CarePlan", self.other),
            await reader.search("CarePlan", [("patient", self.neighbour), ("_include", "CarePlan:goal")]),
            await reader.search("CarePlan", [("_id", self.other)]),
        ]
        gathered = await reader.about(self.neighbour, {"CarePlan": 5})
        assert isinstance(one, Stored)
        assert isinstance(first, Stored)
        assert isinstance(gathered, dict)
        assert all(isinstance(page, Page) for page in pages)
        listed = [each for page in pages if isinstance(page, Page) for each in (*page.matches, *page.included)]
        return "".join(each.text() for each in (one, first, *listed, *gathered["CarePlan"]))


async def test_a_neighbours_plan_does_not_name_it(record: Record) -> None:
    two = await Two(record).build()
    told = await two.seen(two.coordinator)
    assert two.told in told
    assert two.kept not in told
    assert two.kept in await two.seen(record)


async def test_nothing_is_found_by_it(record: Record) -> None:
    two = await Two(record).build()
    mine, secret = two.coordinator, ("goal", f"Goal/{two.kept}")
    for more in ([], [("patient", two.neighbour)], [("status", "active")], [("patient", f"{two.neighbour},{two.who}")]):
        assert await found(mine, "CarePlan", secret, *more) == []
        assert two.other in await found(record, "CarePlan", secret, *more)
    assert await found(mine, "CarePlan", ("goal", f"Goal/{two.told}")) == sorted([two.plan, two.other])
    assert await found(mine, "CarePlan", ("goal", f"Goal/{two.told},Goal/{two.kept}")) == sorted([two.plan, two.other])


async def test_each_fence_holds_alone(policy: Policy, new_database: Callable[[], Database], open_at: Opener) -> None:
    database = new_database()
    making = await open_store(database.app_url, policy)
    assert not isinstance(making, Refusal)
    two = await Two(Record(making, system(NOW), BASE)).build()
    await making.close()
    first_alone = await open_at(without_row_security(new_database, database).app_url)
    second_alone = await open_at(database.app_url, first_fence=False)
    for store in (first_alone, second_alone):
        mine = Record(store, two.coordinator.context, BASE)
        assert await found(mine, "CarePlan", ("goal", f"Goal/{two.kept}")) == []
        assert two.kept not in await two.seen(mine)


async def test_it_comes_and_goes_with_the_restriction(record: Record) -> None:
    two = await Two(record).build()
    lifted = consent(two.who, two.said, id=two.consent, status="inactive")
    assert not isinstance(await record.update("Consent", two.consent, lifted), Refusal)
    assert two.kept in await two.seen(two.coordinator)
    assert await found(two.coordinator, "CarePlan", ("goal", f"Goal/{two.kept}")) == sorted([two.plan, two.other])
    again = consent(two.who, two.said, id=two.consent)
    assert not isinstance(await record.update("Consent", two.consent, again), Refusal)
    assert two.kept not in await two.seen(two.coordinator)


async def test_who_writes_the_neighbours_plan_leaves_it_there_and_older_versions_do_not_name_it(record: Record) -> None:
    two = await Two(record).build()
    shown = await two.coordinator.read("CarePlan", two.other)
    assert isinstance(shown, Stored)
    written = await two.coordinator.update("CarePlan", two.other, shown.resource() | {"title": "New"})
    assert not isinstance(written, Refusal), written
    assert two.kept not in written.stored.text()
    patch = read_json_patch([{"op": "add", "path": "/description", "value": "D"}])
    assert not isinstance(patch, Refusal)
    patched = await two.coordinator.patch("CarePlan", two.other, patch)
    assert not isinstance(patched, Refusal), patched
    assert two.kept not in patched.stored.text()
    whole = await record.read("CarePlan", two.other)
    assert isinstance(whole, Stored)
    assert [one["reference"] for one in whole.resource()["goal"]] == [f"Goal/{two.told}", f"Goal/{two.kept}"]
    assert two.kept not in await two.seen(two.coordinator)
    bare = names([], two.neighbour)
    del bare["goal"], bare["extension"]
    assert not isinstance(await record.update("CarePlan", two.other, bare | {"id": two.other}), Refusal)
    assert two.kept not in await two.seen(two.coordinator)


async def test_what_is_named_before_it_is_there(record: Record) -> None:
    two = await Two(record).build(
        data=None, **{"class": [{"system": "http://hl7.org/fhir/resource-types", "code": "Goal"}]}
    )
    early = await made(record, names([CHOSEN], two.neighbour))
    goal = two.goal("later") | {"id": CHOSEN}
    assert not isinstance(await record.update("Goal", CHOSEN, goal), Refusal)
    assert await found(two.coordinator, "CarePlan", ("goal", f"Goal/{CHOSEN}")) == []
    assert await found(record, "CarePlan", ("goal", f"Goal/{CHOSEN}")) == [early]
    seen = await two.coordinator.read("CarePlan", early)
    assert isinstance(seen, Stored)
    assert CHOSEN not in seen.text()


async def test_only_what_leads_away_is_marked(record: Record, database: Database) -> None:
    two = await Two(record).build()
    entries = [
        {"fullUrl": "urn:uuid:0b3d4c7e-6d3d-4b43-9a39-5f36c1a3a001", "resource": two.goal("new"),
         "request": {"method": "POST", "url": "Goal"}},
        {"resource": names([], two.who) | {"goal": [{"reference": "urn:uuid:0b3d4c7e-6d3d-4b43-9a39-5f36c1a3a001"}],
                                           "extension": [{"url": "urn:other", "valueString": "x"}]},
         "request": {"method": "POST", "url": "CarePlan"}},
    ]  # fmt: skip
    answer = await processed(record, {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    own = answer["entry"][1]["response"]["location"].partition("/fhir/CarePlan/")[2].partition("/")[0]
    assert lies(database, own) == (False, 0)
    assert lies(database, two.plan) == (False, 0)
    assert lies(database, two.other) == (True, 2)


async def test_what_is_older_than_the_mark_is_marked(record: Record, database: Database, store: Store) -> None:
    two = await Two(record).build()
    with psycopg.connect(database.superuser_url) as connection:
        for table in ("resource", "history"):
            connection.execute(f"UPDATE {table} SET away = false")
        connection.execute("UPDATE reference SET target_shard = NULL")
    assert two.kept in await two.seen(two.coordinator)
    with psycopg.connect(database.admin_url) as connection:
        marking = MIGRATION.read_text().partition("what its text names.\n")[2].partition("-- A version that becomes")[0]
        marking = marking.replace("f.person;", "(SELECT person FROM known o WHERE (o.type, o.id) = (f.type, f.id));")
        for statement in filter(str.strip, marking.split(";;\n")):
            connection.execute(statement.encode())
    assert two.kept not in await two.seen(two.coordinator)
    assert lies(database, two.plan) == (False, 0)


def lies(database: Database, id: str) -> tuple[bool, int]:
    """Whether a resource leads away, and how many of its search values do."""
    with psycopg.connect(database.superuser_url) as connection:
        return connection.execute(f"{LIES} WHERE r.id = %s", (id,)).fetchone() or (False, -1)


@pytest.mark.parametrize("kind", ["Schedule", "Library"])
async def test_what_is_about_nobody_does_not_name_it(kind: str, record: Record) -> None:
    two = await Two(record).build()
    pointed = [{"url": "urn:other", "valueReference": {"reference": f"Goal/{two.kept}"}}]
    more: Resource = {"actor": [{"reference": "Location/1"}]}
    if kind == "Library":
        more = {"status": "draft", "type": {"text": "x"}}
    id = await made(record, {"resourceType": kind, "extension": pointed} | more)
    seen = await two.coordinator.read(kind, id)
    assert isinstance(seen, Stored)
    assert two.kept not in seen.text()
