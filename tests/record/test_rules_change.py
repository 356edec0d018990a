"""Who may see whom follows from the rules in force, also when these change while the record stands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from saman.kernel.outcome import Kind, Refusal
from saman.model.access import Assignment, Holder, Policy, add_region, digest
from saman.ops.region import open_region
from saman.ops.setup import set_up
from saman.record import Context, Record, Store, Stored, open_store, system
from saman.record.grants import open_context
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, made, observation, patient

ROOT = Path(__file__).parents[2]
HOME = [{"coding": [{"system": "urn:saman:category", "code": "home-monitoring"}]}]
NARROWER = """
schema: 0
region: narrower
rows:
  - {id: A09, agreement: a, says: None., parties: [unit], never_sees: [readings], valid_from: 2026-11-01}
"""


def narrower(policy: Policy) -> Policy:
    """The same rules, and an agreement by which one unit sees no readings."""
    added = add_region(msgspec.structs.replace(policy, region=""), "access.yaml", NARROWER)
    assert isinstance(added, Policy), added
    return added


async def started(store: Store, said: list[str]) -> None:
    """What every start does first."""
    region = open_region(ROOT / "regions/no-agder")
    assert not isinstance(region, Refusal)
    assert await set_up(store, region, lambda: NOW, said.append, demo=False) is None


async def test_a_start_by_other_rules_works_everything_out_anew(
    new_database: Callable[[], Database], open_at: Opener, policy: Policy
) -> None:
    url = new_database().app_url
    store, said = await open_at(url), []
    await started(store, said)
    record = Record(store, system(NOW), BASE)
    who = await made(record, patient())
    team = {"resourceType": "CareTeam", "status": "active", "subject": {"reference": f"Patient/{who}"}}
    await made(record, team | {"participant": [{"member": {"reference": "Organization/unit"}}]})
    reading = await made(record, observation(who, category=HOME))
    wanted = Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role="telemedicine-nurse", party="unit")
    number = await open_context(store.pool, wanted, policy)
    nurse = Record(store, Context(number, "Practitioner/1", wanted.role, "unit", "TREAT", NOW, "r", "staff"), BASE)
    assert isinstance(await nurse.read("Observation", reading), Stored)
    await started(store, said)
    assert isinstance(await nurse.read("Observation", reading), Stored)
    assert said == []

    changed = await open_store(url, narrower(policy))
    assert not isinstance(changed, Refusal)
    await started(changed, said)
    answer = await nurse.read("Observation", reading)
    assert isinstance(answer, Refusal)
    assert answer.kind is Kind.NOT_FOUND
    assert isinstance(await nurse.read("Patient", who), Stored)
    assert len(said) == 1
    assert who not in said[0]
    await changed.close()

    await started(store, said)
    assert isinstance(await nurse.read("Observation", reading), Stored)
    assert len(said) == 2


def test_a_digest_of_the_rules_is_the_same_in_every_process_and_changes_with_any_rule(policy: Policy) -> None:
    program = """
from pathlib import Path
from saman.model.access import digest
from saman.ops.region import open_region
print(digest(open_region(Path("regions/no-agder")).policy))
"""
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    region = open_region(ROOT / "regions/no-agder")
    assert not isinstance(region, Refusal)
    assert told == {digest(region.policy)}
    assert digest(narrower(policy)) != digest(policy)
    assert digest(msgspec.structs.replace(policy, rows=policy.rows[1:])) != digest(policy)
