"""A dry run of rules says who would gain or lose sight, about how many people, and changes nothing."""

from __future__ import annotations

import msgspec
import psycopg

from saman.kernel.outcome import Kind, Refusal
from saman.model.access import Assignment, Domain, Holder, Policy, add_region
from saman.model.access.trial import Shift
from saman.record import Context, Record
from saman.record.grants import open_context
from saman.record.trial import Trial, trial
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, made, patient

NARROWER = """
schema: 0
region: narrower
rows:
  - {id: A09, agreement: a, says: None., parties: [unit], never_sees: [readings], valid_from: 2026-11-01}
"""
WIDER = """
schema: 0
region: wider
rows:
  - {id: A08, agreement: a, says: More., parties: [unit], fills: R02-telemedicine-nurse-health, sees: [health]}
"""
OFFICER = Context(7, "Practitioner/9", "data-protection-officer", "agder", "HOPERAT", NOW, "request-9", "staff")


def with_rows(policy: Policy, rows: str) -> Policy:
    added = add_region(msgspec.structs.replace(policy, region=""), "access.yaml", rows)
    assert isinstance(added, Policy), added
    return added


async def followed(record: Record, people: int) -> list[str]:
    """People whom one unit follows."""
    listed = [await made(record, patient()) for _ in range(people)]
    for who in listed:
        team = {"resourceType": "CareTeam", "status": "active", "subject": {"reference": f"Patient/{who}"}}
        await made(record, team | {"participant": [{"member": {"reference": "Organization/unit"}}]})
    wanted = Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role="telemedicine-nurse", party="unit")
    await open_context(record.store.pool, wanted, record.store.policy)
    return listed


def sight(domain: Domain, *, gains: bool) -> Shift:
    return Shift("staff", "unit", "telemedicine-nurse", "TREAT", domain, gains)


def everything(database: Database) -> list[tuple[object, ...]]:
    with psycopg.connect(database.superuser_url) as connection:
        return connection.execute("SELECT * FROM grants ORDER BY context, person, domain, since").fetchall()


async def test_a_trial_counts_the_people_whom_each_shift_concerns(
    record: Record, policy: Policy, database: Database
) -> None:
    await followed(record, 3)
    before = everything(database)
    narrowed = await trial(record, with_rows(policy, NARROWER))
    assert isinstance(narrowed, Trial)
    assert narrowed.persons == 3
    assert narrowed.shifts == {sight(Domain.READINGS, gains=False): 3}
    widened = await trial(record, with_rows(policy, WIDER))
    assert isinstance(widened, Trial)
    assert widened.shifts == {sight(Domain.HEALTH, gains=True): 3}
    assert (await trial(record, record.store.policy)) == Trial(3, 3, {})
    assert (await trial(record, with_rows(policy, NARROWER), most=2)) == Trial(2, 3, dict.fromkeys(narrowed.shifts, 2))
    assert everything(database) == before


async def test_a_trial_is_for_officers_is_logged_and_names_nobody(
    record: Record, policy: Policy, database: Database
) -> None:
    people = await followed(record, 1)
    nurse = msgspec.structs.replace(OFFICER, role="telemedicine-nurse")
    refused = await trial(Record(record.store, nurse, BASE), policy)
    assert isinstance(refused, Refusal)
    assert refused.kind is Kind.FORBIDDEN
    tried = await trial(Record(record.store, OFFICER, BASE), with_rows(policy, NARROWER))
    assert isinstance(tried, Trial)
    assert not any(who in str(tried) for who in people)
    with psycopg.connect(database.superuser_url) as connection:
        logged = connection.execute("SELECT actor, person FROM audit WHERE query = 'trial'").fetchall()
    assert ("Practitioner/9", None) in logged


async def test_progress_is_told_to_the_end(record: Record, policy: Policy) -> None:
    heard: list[tuple[int, int]] = []
    await trial(record, policy, lambda done, of: heard.append((done, of)))
    assert heard
    assert heard[-1][0] == heard[-1][1]
