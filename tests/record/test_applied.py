"""A care model applied to a running system: kept as versions, all or nothing, and nobody is moved by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from saman.flows.governance.applying import How, apply_files, plan_files, roll_back
from saman.flows.governance.moving import LIMIT, RECEIVER, Moved, move
from saman.flows.governance.sight import RULES
from saman.flows.monitoring.enrolment import enrolments_of
from saman.kernel.outcome import Kind, Refusal
from saman.model.care import codes
from saman.model.care.kept import version_of
from saman.ops.rules import followed_by
from saman.ops.running import InForce, adopt, found_to_run
from saman.ops.settings import Settings
from saman.ops.worker import work
from saman.record import Record, Store, Stored, system
from saman.record.applied import kept, versions
from saman.record.once import done_names
from tests.applying import (
    AGDER,
    AGREEMENTS,
    FOLLOW_UP,
    REGIONS,
    apply,
    asking_anew,
    changed,
    enrolment,
    region_files,
    running,
    without_alarm,
)
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, made, patient

CENTRE = "agder-telemedicine-centre"
FOLLOWED = "digital-home-follow-up"
COPD = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "J44"}]}


@pytest.fixture
async def store(new_database, open_at: Opener) -> Store:
    return await open_at(new_database().app_url)


@pytest.fixture
def record(store: Store) -> Record:
    return Record(store, system(NOW), BASE)


async def numbers(store: Store) -> list[int]:
    return [one.number for one in await versions(store.statements)]


async def named_by(record: Record, id: str) -> int:
    found = await record.read("EpisodeOfCare", id)
    assert isinstance(found, Stored), found
    return version_of(found.resource())


async def asked(record: Record, person: str) -> list[str]:
    """What somebody is asked about the day, in English, by what runs now."""
    region = await running(record.store)
    (found,) = await enrolments_of(record, region.model, person, "en")
    return [question.text["en"] for question, _ in found.asked.questions]


async def followed(record: Record) -> tuple[str, str]:
    """A person who is followed at home for COPD, and their enrolment."""
    who = await made(record, patient())
    return who, await made(record, enrolment(who, FOLLOWED, CENTRE, referralRequest=[await referred(record, who)]))


async def referred(record: Record, who: str) -> dict[str, str]:
    referral = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": f"Patient/{who}"},
        "reasonCode": [COPD],
    }
    return {"reference": f"ServiceRequest/{await made(record, referral)}"}


async def test_the_same_files_make_one_version_and_a_change_the_next(store: Store) -> None:
    files = region_files(AGDER)
    first = await apply(store, files, NOW)
    assert (first.before, first.number, first.differences) == (0, 1, ())
    again = await apply(store, files, NOW)
    assert again.is_empty
    assert await numbers(store) == [1]

    renewed = asking_anew(files)
    plan = await plan_files(store, renewed, "no-agder", NOW)
    assert await numbers(store) == [1]
    done = await apply(store, renewed, NOW)
    assert not isinstance(plan, Refusal)
    assert plan.differences == done.differences
    assert [str(one) for one in plan.differences if "breathe" in str(one)]
    assert [one["id"] for one in plan.changes.update] == ["no-agder-symptoms"]
    held = await kept(store.statements, 2)
    assert held is not None
    assert dict(held.files) == renewed
    assert (held.applied.author, held.applied.reason, held.applied.origin) == ("Practitioner/planner", "test", "folder")


async def test_rolling_back_makes_a_new_version_of_the_old_files(store: Store, record: Record) -> None:
    files = region_files(AGDER)
    await apply(store, files, NOW)
    await apply(store, asking_anew(files), NOW)
    back = await roll_back(store, 1, NOW, "Practitioner/planner", "It was better before.")
    assert not isinstance(back, Refusal)
    assert (back.before, back.number) == (2, 3)
    held = await kept(store.statements, 3)
    assert held is not None
    assert dict(held.files) == files
    questions = await record.read("Questionnaire", "no-agder-symptoms")
    assert isinstance(questions, Stored)
    assert questions.version == 3
    assert "How is your breathing" in questions.body
    again = await roll_back(store, 1, NOW, "Practitioner/planner", "Once more.")
    assert not isinstance(again, Refusal)
    assert again.is_empty
    unknown = await roll_back(store, 9, NOW, "Practitioner/planner", "")
    assert isinstance(unknown, Refusal)
    assert unknown.kind is Kind.NOT_FOUND


async def test_who_is_in_a_service_stays_on_their_version_and_new_ones_begin_with_the_newest(
    store: Store, record: Record
) -> None:
    files = region_files(AGDER)
    await apply(store, files, NOW)
    who, episode = await followed(record)
    assert await named_by(record, episode) == 1
    done = await apply(store, asking_anew(files), NOW + timedelta(hours=1))
    assert [(one.service, one.ends, one.people) for one in done.concerned] == [(FOLLOWED, False, 1)]
    later, begun = await followed(record)
    assert await named_by(record, begun) == 2
    assert "How is your breathing today, compared with a usual day?" in await asked(record, who)
    assert "How do you breathe today, compared with a usual day?" in await asked(record, later)

    # A client that knows nothing of versions sends its own copy: nobody is moved by that.
    held = await record.read("EpisodeOfCare", episode)
    assert isinstance(held, Stored)
    plain = {name: value for name, value in held.resource().items() if name not in ("extension", "meta")}
    assert not isinstance(await record.update("EpisodeOfCare", episode, plain), Refusal)
    assert await named_by(record, episode) == 1

    model = (await running(store)).model
    tried = await move(record, model, FOLLOWED, dry_run=True)
    assert tried == Moved(moved=1, there=1, staying={})
    assert await named_by(record, episode) == 1
    assert await move(record, model, FOLLOWED) == Moved(moved=1, there=1, staying={})
    assert await named_by(record, episode) == 2
    assert "How do you breathe today, compared with a usual day?" in await asked(record, who)
    assert await move(record, model, FOLLOWED) == Moved(moved=0, there=2, staying={})


async def test_an_enrolment_that_names_no_version_stands_on_the_one_of_its_time(store: Store, record: Record) -> None:
    who, episode = await followed(record)
    assert await named_by(record, episode) == 0
    files = region_files(AGDER)
    await apply(store, files, NOW + timedelta(hours=1))
    await apply(store, asking_anew(files), NOW + timedelta(hours=2))
    assert "How is your breathing today, compared with a usual day?" in await asked(record, who)
    later = Record(store, system(NOW + timedelta(hours=3)), BASE)
    plain = enrolment(who, FOLLOWED, CENTRE, id=episode)
    assert not isinstance(await later.update("EpisodeOfCare", episode, plain), Refusal)
    assert await named_by(record, episode) == 1


async def test_nobody_begins_in_a_service_that_has_ended_and_who_is_in_it_stays(store: Store, record: Record) -> None:
    files = region_files(AGDER)
    await apply(store, files, NOW)
    who = await made(record, patient())
    alarm = enrolment(who, "safety-alarm", CENTRE)
    episode = await made(record, alarm)
    done = await apply(store, without_alarm(files), NOW)
    assert [(one.service, one.ends, one.people) for one in done.concerned] == [("safety-alarm", True, 1)]

    begun = await record.create(alarm)
    assert isinstance(begun, Refusal)
    assert (begun.status, begun.issues[0].path) == (422, "EpisodeOfCare.type")
    stays = alarm | {"id": episode, "period": {"start": "2026-11-01"}}
    assert not isinstance(await record.update("EpisodeOfCare", episode, stays), Refusal)
    assert await named_by(record, episode) == 1
    finished = stays | {"status": "finished"}
    assert not isinstance(await record.update("EpisodeOfCare", episode, finished), Refusal)
    again = await record.update("EpisodeOfCare", episode, stays)
    assert isinstance(again, Refusal)
    assert again.status == 422
    nowhere = await move(record, (await running(store)).model, "safety-alarm")
    assert isinstance(nowhere, Refusal)
    assert nowhere.kind is Kind.NOT_FOUND


async def test_a_version_that_was_never_applied_cannot_be_named(store: Store, record: Record) -> None:
    await apply(store, region_files(AGDER), NOW)
    who = await made(record, patient())
    forged = enrolment(who, FOLLOWED, CENTRE, extension=[{"url": codes.MODEL_VERSION, "valuePositiveInt": 7}])
    refusal = await record.create(forged)
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.issues[0].path) == (422, "EpisodeOfCare.extension")


async def test_a_limit_of_ones_own_for_what_is_no_longer_measured_keeps_somebody_where_they_are(
    store: Store, record: Record
) -> None:
    files = region_files(AGDER)
    await apply(store, files, NOW)
    who, _ = await followed(record)
    goal = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "category": [{"coding": [{"system": "urn:saman:goal", "code": "limit"}]}],
        "description": {"text": "A limit"},
        "subject": {"reference": f"Patient/{who}"},
        "target": [
            {
                "measure": {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
                "detailRange": {"low": {"value": 88, "system": "http://unitsofmeasure.org", "code": "%"}},
            }
        ],
    }
    await made(record, goal)
    other = changed(changed(files, FOLLOW_UP, "59408-5", "0000-0"), FOLLOW_UP, "2708-6", "0000-1")
    await apply(store, changed(other, FOLLOW_UP, "spo2", "saturation"), NOW)
    model = (await running(store)).model
    assert await move(record, model, FOLLOWED) == Moved(moved=0, there=0, staying={LIMIT: 1})


async def test_an_organisation_that_leaves_keeps_its_tasks_and_its_people(store: Store, record: Record) -> None:
    files = region_files(AGDER)
    await apply(store, files, NOW)
    who, _ = await followed(record)
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": {"coding": [{"system": "urn:saman:task", "code": "home-visit"}]},
        "for": {"reference": f"Patient/{who}"},
        "authoredOn": "2026-11-20T10:00:00+01:00",
        "owner": {"reference": f"Organization/{CENTRE}"},
    }
    await made(record, task)
    renamed = {path: text.replace(CENTRE, "agder-centre-anew") for path, text in files.items()}
    done = await apply(store, renamed, NOW)
    assert [(one.organization, one.tasks) for one in done.holding] == [(CENTRE, 1)]
    assert isinstance(await record.read("Organization", CENTRE), Stored)
    model = (await running(store)).model
    (found,) = await enrolments_of(record, model, who, "en")
    assert found.receiver.id == CENTRE
    assert CENTRE not in {party.id for party in model.parties}
    renewed = await apply(store, asking_anew(renamed), NOW)
    assert renewed.number == 3
    model = (await running(store)).model
    assert await move(record, model, FOLLOWED) == Moved(moved=0, there=0, staying={RECEIVER: 1})


async def test_of_two_who_apply_at_once_the_second_is_told_to_look_again(store: Store) -> None:
    files = region_files(AGDER)
    await apply(store, files, NOW)
    both = (asking_anew(files), changed(files, AGREEMENTS, "name: ", "name: Ny "))
    done = await asyncio.gather(
        *(apply_files(store, one, "no-agder", NOW, "somebody", "", How(expected=1)) for one in both)
    )
    refusals = [one for one in done if isinstance(one, Refusal)]
    assert [one.kind for one in refusals] == [Kind.CONFLICT]
    assert await numbers(store) == [1, 2]


async def test_what_is_broken_off_has_changed_nothing(new_database, open_at: Opener) -> None:
    database = new_database()
    store = await open_at(database.app_url)
    await apply(store, region_files(AGDER), NOW)
    owner = await asyncpg.connect(database.superuser_url)
    await owner.execute("ALTER TABLE applied_model ADD CONSTRAINT only_one CHECK (number < 2)")
    with pytest.raises(asyncpg.CheckViolationError):
        await apply(store, asking_anew(region_files(AGDER)), NOW)
    await owner.close()
    questions = await Record(store, system(NOW)).read("Questionnaire", "no-agder-symptoms")
    assert isinstance(questions, Stored)
    assert questions.version == 1
    assert await numbers(store) == [1]


async def test_files_that_do_not_fit_are_refused_with_every_finding(store: Store) -> None:
    broken = changed(region_files(AGDER), AGREEMENTS, "schema: 0", "schema: 9")
    refusal = await apply_files(store, broken, "no-agder", NOW, "somebody", "")
    assert isinstance(refusal, Refusal)
    assert refusal.kind is Kind.INVALID
    assert any(one.path.startswith(AGREEMENTS) for one in refusal.issues)
    assert await numbers(store) == []


async def test_another_region_is_never_applied_to_a_database_that_holds_one(store: Store, record: Record) -> None:
    await apply(store, region_files(AGDER), NOW)
    other = region_files(REGIONS / "se-norrtalje")
    for refused in (
        await plan_files(store, other, "se-norrtalje", NOW),
        await apply_files(store, other, "se-norrtalje", NOW, "a", "b"),
    ):
        assert isinstance(refused, Refusal)
        assert refused.kind is Kind.CONFLICT
        assert all(word in refused.issues[0].text for word in ("no-agder", "se-norrtalje", "SAMAN_DATA_DIR"))
    assert await numbers(store) == [1]
    page = await record.search("Organization", [("name", "Norrtälje")])
    assert not isinstance(page, Refusal)
    assert not page.matches


async def test_no_worker_and_no_server_starts_with_the_folder_of_another_region(
    new_database: Callable[[], Database], open_at: Opener, tmp_path: Path
) -> None:
    url = new_database().app_url
    await apply(await open_at(url), region_files(AGDER), NOW)
    wrong = Settings(region=REGIONS / "se-norrtalje", data_dir=tmp_path)
    refused = await asyncio.to_thread(work, wrong, url, print)
    assert isinstance(refused, Refusal)
    assert "no-agder" in refused.issues[0].text
    assert isinstance(await found_to_run(url, wrong), Refusal)
    for name in ("no-agder", "nowhere"):
        assert isinstance(await found_to_run(url, Settings(region=REGIONS / name)), InForce)


async def test_whom_an_agreement_adds_to_a_rule_is_followed_there_and_back(store: Store) -> None:
    files = region_files(AGDER)
    wider = changed(files, "no-agder/access.yaml", "roles: [telemedicine-nurse]", "roles: []")
    worked_out = []
    for wanted in (files, wider, wider, files):
        plan = await apply(store, wanted, NOW)
        assert plan.sight == (() if plan.before == 0 or plan.is_empty else (RULES,))
        await adopt(store, await running(store))
        assert await followed_by(store)
        worked_out.append(sum(name.startswith("grants ") for name in await done_names(store)))
    assert [one - worked_out[0] for one in worked_out] == [0, 1, 1, 2]


async def test_nothing_that_was_applied_can_be_changed_afterwards(store: Store) -> None:
    await apply(store, region_files(AGDER), NOW)
    for statement in ("UPDATE applied_model SET reason = ''", "DELETE FROM applied_model"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await store.pool.execute(statement)
