"""Who works where follows from what is written, in the same transaction; units follow their own dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from saman.kernel.outcome import Refusal
from saman.record import Change, Record, Store, system
from saman.record.membership import controller_of, enrol_all, held_now, held_until, members_of, units_of
from saman.record.sessions import Sessions, SignedIn
from tests.record.conftest import NOW, Resource

pytestmark = pytest.mark.postgres

WHO = "Practitioner/p1"


def role(**more: Any) -> Resource:
    return {
        "resourceType": "PractitionerRole",
        "id": "r1",
        "practitioner": {"reference": WHO},
        "organization": {"reference": "Organization/u1"},
        "code": [{"coding": [{"system": "urn:saman:role", "code": "ward-nurse"}]}],
    } | more


async def write(store: Store, *resources: Resource, now: datetime = NOW) -> None:
    done = await Record(store, system(now)).commit([Change(one, one["id"], -1) for one in resources])
    assert not isinstance(done, Refusal), done


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def somebody(store: Store) -> None:
    await write(store, {"resourceType": "Practitioner", "id": "p1"}, role())


async def until(store: Store, at: datetime = NOW) -> datetime | None:
    return await held_until(store.pool, WHO, "u1", "ward-nurse", at)


def signed_in(role: str = "ward-nurse", party: str = "u1") -> SignedIn:
    return SignedIn(
        actor=WHO, about="", name="", kind="staff", role=role, party=party, party_name="", purpose="TREAT", context=7,
        csrf="c", language="en", begun=NOW, seen=NOW,
    )  # fmt: skip


async def test_a_role_is_held_from_its_first_instant_to_its_last(store):
    start, end = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    await write(store, role(period={"start": start.isoformat(), "end": end.isoformat()}))
    assert await until(store, start) == end
    assert await until(store, end - timedelta(milliseconds=1)) == end
    assert await until(store, end) is None
    assert await until(store, start - timedelta(milliseconds=1)) is None


@pytest.mark.parametrize("how", ["inactive", "ended", "deleted", "elsewhere", "left", "forgotten"])
async def test_whoever_leaves_holds_nothing_and_is_signed_out_of_that_role_alone(store, how):
    sessions, record = Sessions(store.pool, store.notices), Record(store, system(NOW))
    other = role(id="r2", organization={"reference": "Organization/u2"})
    await write(store, other)
    here, there = await sessions.begin(signed_in()), await sessions.begin(signed_in(party="u2"))
    changes = {
        "inactive": role(active=False),
        "ended": role(period={"end": NOW.isoformat()}),
        "elsewhere": role(organization={"reference": "Organization/u3"}),
        "left": {"resourceType": "Practitioner", "id": "p1", "active": False},
    }
    if how in changes:
        await write(store, changes[how])
    else:
        kind, id = ("PractitionerRole", "r1") if how == "deleted" else ("Practitioner", "p1")
        assert not isinstance(await record.delete(kind, id), Refusal)
    assert await until(store) is None
    assert await sessions.find(here, NOW) is None
    both = how in ("left", "forgotten")
    assert (await sessions.find(there, NOW) is None) is both
    assert [one.party for one in await held_now(store.pool, NOW, WHO) if one.party != "u3"] == ([] if both else ["u2"])


async def test_who_comes_back_holds_what_stands(store):
    await write(store, {"resourceType": "Practitioner", "id": "p1", "active": False})
    assert await until(store) is None
    await write(store, {"resourceType": "Practitioner", "id": "p1", "active": True})
    assert await until(store) is not None


async def test_nothing_is_held_by_a_write_that_is_undone(store):
    record = Record(store, system(NOW))
    wrong = [Change(role(active=False), "r1", -1), Change({"resourceType": "Practitioner", "id": "p1"}, "p1", 99)]
    assert isinstance(await record.commit(wrong), Refusal)
    assert await until(store) is not None


async def test_the_directory_can_be_read_anew(store):
    before = await members_of(store.pool, ["u1", "u2"], NOW)
    async with store.transaction(system(NOW)) as connection:
        await connection.execute("DELETE FROM membership")
    assert await members_of(store.pool, ["u1", "u2"], NOW) == ()
    assert await enrol_all(store.pool, store.policy.zone, NOW) > 0
    assert await members_of(store.pool, ["u1", "u2"], NOW) == before


async def test_whether_a_role_is_held_is_one_indexed_question(store):
    async with store.pool.acquire() as connection:
        await connection.execute("SET LOCAL enable_seqscan = off")
        plan = await connection.fetch(
            "EXPLAIN SELECT max(until) FROM membership WHERE practitioner = 'a' AND party = 'b' AND role = 'c'"
        )
    assert "membership_practitioner" in "".join(row[0] for row in plan)


def unit(id: str, *dated: tuple[str, dict[str, str]]) -> Resource:
    extensions = [
        {
            "url": "urn:saman:extension:part-of",
            "extension": [
                {"url": "of", "valueReference": {"reference": f"Organization/{parent}"}},
                {"url": "period", "valuePeriod": period},
            ],
        }
        for parent, period in dated
    ]
    return {"resourceType": "Organization", "id": id, "name": id} | ({"extension": extensions} if dated else {})


async def test_units_are_followed_up_and_down_at_a_time_and_never_in_circles(store):
    last, first = {"end": "2026-12-31"}, {"start": "2027-01-01"}
    await write(
        store,
        unit("ward", ("clinic", {})),
        unit("clinic", ("old", last), ("new", first)),
        unit("old"), unit("new"),
        unit("loop-a", ("loop-b", {})), unit("loop-b", ("loop-a", {})),
    )  # fmt: skip
    before, after = datetime(2026, 12, 31, 22, 59, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert [await controller_of(store.pool, "ward", at) for at in (before, after)] == ["old", "new"]
    assert await units_of(store.pool, "old", before) == ("clinic", "old", "ward")
    assert await units_of(store.pool, "old", after) == ("old",)
    assert await units_of(store.pool, "new", after) == ("clinic", "new", "ward")
    assert await controller_of(store.pool, "loop-a", after) in ("loop-a", "loop-b")
    assert await controller_of(store.pool, "nobody-knows", after) == "nobody-knows"
