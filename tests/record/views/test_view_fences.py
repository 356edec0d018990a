"""A view gives exactly the rows of what its reader may see, behind each fence alone, and the log tells of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
import pytest

from saman.kernel.outcome import Kind, Refusal
from saman.model.access import Policy
from saman.model.access.scopes import Narrowing, read_scopes
from saman.record import Record
from saman.record.narrowing import KEY
from saman.record.traffic import answering
from saman.record.views import Pace
from tests.conftest import Database
from tests.record.conftest import BASE, Opener, made, observation, patient
from tests.record.fenced import fenced
from tests.record.restricted import RestrictedOracle, RestrictedWorld
from tests.record.test_audit import entries, last
from tests.record.test_fences import care_team, nurse_at
from tests.record.test_restrictions import Ward, acting
from tests.record.views.running import column, rows, values, view

SEEDS = range(int(os.environ.get("SAMAN_FENCE_WORLDS", "2")))
MOMENTS = 2
HOME = {"coding": [{"system": "urn:saman:category", "code": "home-monitoring"}]}
PLACE = (column("id", name="id"), column("meta.versionId", name="version"))


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", SEEDS)
async def test_a_view_shows_exactly_what_is_granted_and_not_restricted(
    seed: int, new_database: Callable[[], Database], policy: Policy, open_at: Opener
) -> None:
    world, contexts, stores = await fenced(RestrictedWorld, seed, new_database, policy, open_at)
    oracle, pick = RestrictedOracle(world), Random(seed)
    types = sorted({one.type for one in world.versions})
    shown = 0
    for context in contexts:
        for now in pick.sample(world.times(), MOMENTS):
            at = msgspec.structs.replace(context, now=now)
            live = [one for one in oracle.current(at).values() if not one.deleted]
            shown += len(live)
            for name, store in stores.items():
                for kind in types:
                    wanted = sorted((one.id, str(one.version)) for one in live if one.type == kind)
                    found = await rows(Record(store, at, BASE), view(kind, *PLACE))
                    assert not isinstance(found, Refusal)
                    assert sorted(found) == wanted, (seed, name, kind, at.role, at.party, now)
    assert shown > 100


async def test_a_nurse_sees_rows_of_her_people_alone(record: Record) -> None:
    nurse = await acting(record, "telemedicine-nurse", "unit-v")
    ours, others = await made(record, patient()), await made(record, patient())
    await made(record, care_team(ours, "unit-v"))
    readings = [await made(record, observation(who, category=[HOME])) for who in (ours, others)]
    assert await values(nurse, view("Patient", column("id"))) == [ours]
    assert await values(nurse, view("Observation", column("id"))) == readings[:1]
    assert set(readings) <= set(await values(record, view("Observation", column("id"))))
    await record.delete("Observation", readings[0])
    assert await values(nurse, view("Observation", column("id"))) == []
    assert readings[0] not in await values(record, view("Observation", column("id")))


@pytest.mark.parametrize("first_fence", [True, False])
async def test_nothing_fails_over_what_is_not_seen(
    first_fence: bool, database: Database, record: Record, open_at: Opener
) -> None:
    """A view that breaks off at somebody else's resource would tell that there is one."""
    store, unit = await open_at(database.app_url, first_fence=first_fence), f"unit-{first_fence}"
    nurse = await nurse_at(Record(store, record.context, BASE), unit)
    await made(record, patient(name=[{"family": "A"}, {"family": "B"}], birthDate="1970"))
    assert await rows(nurse, view("Patient", column("name.family"))) == []
    assert await rows(nurse, view("Patient", column("id"), where=[{"path": "name.family > 'A'"}])) == []
    assert isinstance(await rows(record, view("Patient", column("name.family"))), Refusal)
    ours = await made(record, patient(name=[{"family": "C"}]))
    await made(record, care_team(ours, unit))
    assert await rows(nurse, view("Patient", column("name.family"))) == [("C",)]


async def test_nothing_that_is_shown_points_to_what_is_withheld(
    database: Database, record: Record, open_at: Opener
) -> None:
    ward = await Ward(record).build()
    plan = view(
        "CarePlan",
        column("id", name="id"),
        column("goal.getReferenceKey(Goal)", name="goals", collection=True),
        column("activity.outcomeReference", "Reference", "outcomes", collection=True),
    )
    second = await open_at(database.app_url, first_fence=False)
    for store in (record.store, second):
        found = await rows(Record(store, ward.coordinator.context, BASE), plan)
        assert found == [(ward.plan, [f"Goal/{ward.told}"], [])]
    whole = await rows(record, plan)
    assert isinstance(whole, list)
    kept = {"reference": f"Goal/{ward.kept}"}
    assert (ward.plan, [f"Goal/{ward.told}", f"Goal/{ward.kept}"], [kept]) in whole


async def test_the_log_tells_of_the_run_and_of_everybody_shown(database: Database, record: Record) -> None:
    nurse = await nurse_at(record, "unit-l")
    people = [await made(record, patient(name=[{"family": "X"}, {"family": "Y"}])) for _ in range(3)]
    teams = [await made(record, care_team(who, "unit-l")) for who in people]
    before = last(database)
    each = view("Patient", name="names", select=[{"forEach": "name", "column": [column("family")]}])
    assert len(await values(nurse, each)) == 6
    run, *shown = entries(database, before)
    assert (run["action"], run["person"], run["query"], run["outcome"]) == ("S", None, "view names: x", 0)
    assert {(row["person"], row["ground"], row["read"]) for row in shown} == {
        (who, f"CareTeam/{team}", f"Patient/{who}/1") for who, team in zip(people, teams, strict=True)
    }
    assert {row["actor"] for row in shown} == {"Practitioner/1"}


async def test_a_person_whose_rows_are_left_out_is_not_said_to_be_shown(database: Database, record: Record) -> None:
    await made(record, patient(gender="male"))
    before = last(database)
    assert await values(record, view("Patient", column("id"), where=[{"path": "gender = 'other'"}])) == []
    assert [row["person"] for row in entries(database, before)] == [None]


async def test_within_an_answer_the_people_shown_are_noted(record: Record) -> None:
    await made(record, patient())
    with answering() as answer:
        assert await values(record, view("Patient", column("id")))
        settled = await answer.settle(record.store.audit)
    assert settled.unlogged == 0
    assert {one.person for one in settled.entries} - {None}


@pytest.mark.parametrize(
    ("scopes", "sees"),
    [
        ("system/Observation.rs", True),
        ("system/Observation.r", False),
        ("system/Patient.rs", False),
        ("system/Observation.rs?code=http://loinc.org|59408-5", False),
    ],
)
async def test_an_app_must_be_let_search_the_whole_type(
    scopes: str, sees: bool, database: Database, record: Record
) -> None:
    reading = await made(record, observation(await made(record, patient())))
    narrowing = Narrowing(read_scopes(scopes).scopes)
    app = Record(record.store, msgspec.structs.replace(record.context, narrowing=narrowing), BASE)
    before = last(database)
    found = await rows(app, view("Observation", column("id")))
    if sees:
        assert isinstance(found, list)
        assert (reading,) in found
        return
    assert isinstance(found, Refusal)
    assert (found.kind, found.issues[0].key) == (Kind.FORBIDDEN, KEY)
    assert [row["outcome"] for row in entries(database, before)] == [4]


async def test_rows_come_in_batches_of_one_moment(record: Record) -> None:
    await made(record, patient(name=[{"family": f"f{number}"} for number in range(25)]))
    each = view("Patient", select=[{"forEach": "name", "column": [column("family")]}])
    found: Any = await rows(record, each, Pace(batch=7))
    assert {f"f{number}" for number in range(25)} <= {row[0] for row in found}
