"""Two Danish regions become one on 1 January 2027, by data alone: dates on the units, and nothing else.

Ties, lists and clocks are the units' own, so that handing over goes on from unit to unit; the log names the unit, and
whose responsibility it was follows from the dates.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
import pytest_asyncio

from saman.kernel.outcome import Refusal
from saman.model.access import Assignment, Holder, Policy, read_country
from saman.record import Change, Context, Record, Store, open_store, system
from saman.record.grants import open_context
from saman.record.membership import controller_of, held_until, units_of
from tests.record.conftest import ROOT, Resource, observation, patient

pytestmark = pytest.mark.postgres

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
EVE = datetime(2026, 12, 31, 23, 59, 59, tzinfo=COPENHAGEN)
DAY = datetime(2027, 1, 1, 0, 0, 0, tzinfo=COPENHAGEN)
OLD_EAST, OLD_SEALAND, NEW = "region-hovedstaden", "region-sjaelland", "region-oestdanmark"
LUNG, HEART = "lungeklinik-hvidovre", "hjerteklinik-roskilde"


def unit(id: str, *belongs: tuple[str, dict[str, str]]) -> Resource:
    """An Organization that has belonged to others, each with its period."""
    said = [
        {
            "url": "urn:saman:extension:part-of",
            "extension": [
                {"url": "of", "valueReference": {"reference": f"Organization/{parent}"}},
                {"url": "period", "valuePeriod": period},
            ],
        }
        for parent, period in belongs
    ]
    return {"resourceType": "Organization", "id": id, "name": id} | ({"extension": said} if said else {})


def works(id: str, at: str) -> list[Resource]:
    role = {
        "resourceType": "PractitionerRole",
        "id": id,
        "practitioner": {"reference": f"Practitioner/{id}"},
        "organization": {"reference": f"Organization/{at}"},
        "code": [{"coding": [{"system": "urn:saman:role", "code": "hospital-doctor"}]}],
    }
    return [{"resourceType": "Practitioner", "id": id}, role]


async def write(store: Store, now: datetime, *resources: Resource) -> None:
    done = await Record(store, system(now)).commit([Change(one, one["id"], -1) for one in resources])
    assert not isinstance(done, Refusal), done


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def denmark(new_database: Any) -> Any:
    """A Danish store in December: two regions with a clinic each, and a citizen whom the lung clinic follows."""
    roles = re.findall(r"\{id: ([a-z-]+)", (ROOT / "regions/roles.yaml").read_text("utf-8"))
    text = (ROOT / "regions/countries/dk.access.yaml").read_text("utf-8")
    policy = read_country("dk.access.yaml", text, roles)
    assert isinstance(policy, Policy), policy
    database = new_database()
    store = await open_store(database.app_url, policy, connections=4)
    assert isinstance(store, Store)
    december = datetime(2026, 12, 1, 9, tzinfo=COPENHAGEN)
    team = {
        "resourceType": "CareTeam",
        "id": "team",
        "status": "active",
        "subject": {"reference": "Patient/borger"},
        "participant": [{"member": {"reference": f"Organization/{LUNG}"}}],
    }
    await write(
        store, december,
        unit(OLD_EAST), unit(OLD_SEALAND), unit(LUNG, (OLD_EAST, {})), unit(HEART, (OLD_SEALAND, {})),
        *works("dr-lund", LUNG), *works("dr-hjort", HEART),
        patient(id="borger"), team, observation("borger", id="maaling"),
    )  # fmt: skip
    yield store, database
    await store.close()


async def doctor(store: Store, who: str, party: str, now: datetime) -> Record:
    wanted = Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role="hospital-doctor", party=party)
    number = await open_context(store.pool, wanted, store.policy)
    return Record(store, Context(number, f"Practitioner/{who}", "hospital-doctor", party, "TREAT", now, f"r-{party}"))


async def sees(store: Store, who: str, party: str, now: datetime) -> bool:
    found = await (await doctor(store, who, party, now)).read("Observation", "maaling")
    return not isinstance(found, Refusal)


async def merge(store: Store) -> None:
    """All that the merger takes: the new region, and the units' dates, written weeks ahead."""
    await write(
        store, EVE - timedelta(days=14),
        unit(NEW),
        unit(LUNG, (OLD_EAST, {"end": "2026-12-31"}), (NEW, {"start": "2027-01-01"})),
        unit(HEART, (OLD_SEALAND, {"end": "2026-12-31"}), (NEW, {"start": "2027-01-01"})),
    )  # fmt: skip


async def test_the_regions_merge_at_midnight_and_nobody_loses_or_gains_a_citizen(denmark):
    store, _ = denmark
    before = [await sees(store, "dr-lund", LUNG, EVE), await sees(store, "dr-hjort", HEART, EVE)]
    assert before == [True, False]
    await merge(store)
    for now in (EVE, DAY, DAY + timedelta(days=30)):
        assert [await sees(store, "dr-lund", LUNG, now), await sees(store, "dr-hjort", HEART, now)] == before
        assert not await sees(store, "dr-lund", NEW, now)
        assert await held_until(store.pool, "Practitioner/dr-lund", LUNG, "hospital-doctor", now)
    assert await units_of(store.pool, NEW, EVE) == (NEW,)
    assert await units_of(store.pool, NEW, DAY) == (HEART, LUNG, NEW)
    assert await units_of(store.pool, OLD_EAST, DAY) == (OLD_EAST,)


async def test_units_hand_over_to_each_other_within_the_new_region_as_before(denmark):
    store, _ = denmark
    await merge(store)
    task = {
        "resourceType": "Task",
        "id": "overdragelse",
        "status": "requested",
        "intent": "order",
        "code": {"coding": [{"system": "urn:saman:task", "code": "home-visit"}]},
        "for": {"reference": "Patient/borger"},
        "requester": {"reference": f"Organization/{LUNG}"},
        "owner": {"reference": f"Organization/{HEART}"},
        "authoredOn": DAY.isoformat(),
    }
    await write(store, DAY, task)
    relations = await store.pool.fetch("SELECT party FROM relation WHERE ground = 'Task/overdragelse' ORDER BY party")
    assert [row["party"] for row in relations] == [HEART, LUNG]
    async with store.transaction(system(DAY)) as connection:
        owned = await connection.fetchval("SELECT owner FROM work WHERE id = 'overdragelse'")
    assert owned == f"Organization/{HEART}"


async def test_the_log_names_the_unit_and_its_controller_is_the_one_of_that_day(denmark):
    store, database = denmark
    await merge(store)
    days = [EVE - timedelta(minutes=1), DAY + timedelta(minutes=1)]
    for now in days:
        assert await sees(store, "dr-lund", LUNG, now)
    with psycopg.connect(database.superuser_url) as connection:
        rows = connection.execute(
            "SELECT DISTINCT at, party FROM audit WHERE actor = 'Practitioner/dr-lund' AND at = ANY(%s) ORDER BY at",
            [days],
        ).fetchall()
    assert [party for _, party in rows] == [LUNG, LUNG]
    assert [await controller_of(store.pool, party, at) for at, party in rows] == [OLD_EAST, NEW]
