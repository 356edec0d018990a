"""Opening what is restricted: by the country's terms, for one professional, for a time, known to all who must know."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from saman.flows.opening.opening import Wanted, end, first_step, open_restricted, opened_record
from saman.flows.opening.standing import OFTEN, Opened, Standing, standing
from saman.kernel.outcome import Kind, Refusal
from saman.model.access import Policy, read_country
from saman.record import Record, Stored, open_store, system
from saman.record.log import log_of
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, ROOT, Resource
from tests.record.test_restrictions import Ward, acting

REASON = "The person is unconscious and the ward asks."


def at(record: Record, now: Any) -> Record:
    return Record(record.store, msgspec.structs.replace(record.context, now=now), record.base)


def wanted(ward: Ward, **more: Any) -> Wanted:
    return Wanted(person=ward.who, ground="weighty_reasons", reason=REASON, **more)


async def of_person(record: Record, who: str, kind: str) -> list[Resource]:
    page = await record.search(kind, [("patient", who)])
    assert not isinstance(page, Refusal)
    return [one.resource() for one in page.matches]


async def test_what_was_opened_is_seen_by_the_one_who_opened_it_until_it_ends(record: Record) -> None:
    ward = await Ward(record).build()
    mine, other = ward.coordinator, await acting(record, "coordinator", "ward-1", "Practitioner/2")
    assert await opened_record(mine, ward.who) is None
    opened = await open_restricted(mine, wanted(ward, until=NOW + timedelta(hours=2)))
    assert isinstance(opened, Opened), opened
    through = await opened_record(mine, ward.who)
    assert through is not None
    assert isinstance(await through.read("Goal", ward.kept), Stored)
    assert isinstance(await mine.read("Goal", ward.kept), Refusal), "the unit's own context stays as it is"
    assert await opened_record(other, ward.who) is None
    stranger = Record(through.store, msgspec.structs.replace(through.context, actor="Practitioner/2"), BASE)
    assert isinstance(await at(through, opened.until - timedelta(microseconds=1)).read("Goal", ward.kept), Stored)
    assert isinstance(await at(through, opened.until).read("Goal", ward.kept), Refusal)
    assert await opened_record(at(mine, opened.until), ward.who) is None
    assert stranger.context.number == through.context.number


async def test_the_log_the_person_and_the_reviewer_know_of_it(record: Record) -> None:
    ward = await Ward(record).build()
    opened = await open_restricted(ward.coordinator, wanted(ward))
    assert isinstance(opened, Opened), opened
    through = await opened_record(ward.coordinator, ward.who)
    assert through is not None
    await through.read("Goal", ward.kept)
    entries = await log_of(record, ward.who)
    looks = (one for one in entries if one.id == ward.kept and one.actor == "Practitioner/1")
    assert next(looks).ground == f"Task/{opened.id}"
    task = await record.read("Task", opened.id)
    assert isinstance(task, Stored)
    body = task.resource()
    assert body["owner"]["reference"].startswith("Organization/")
    assert [one["type"]["coding"][0]["code"] for one in body["input"]] == ["review-by"]
    assert await of_person(ward.coordinator, ward.who, "Task") == [], "nobody who gives care sees who opened what"


async def test_ending_counts_at_once(record: Record) -> None:
    ward = await Ward(record).build()
    opened = await open_restricted(ward.coordinator, wanted(ward))
    assert isinstance(opened, Opened)
    later = at(ward.coordinator, NOW + timedelta(minutes=5))
    through = await opened_record(later, ward.who)
    assert through is not None
    ended = await end(later, opened.id)
    assert isinstance(ended, Opened), ended
    assert isinstance(await through.read("Goal", ward.kept), Refusal)
    assert isinstance(await end(later, opened.id), Refusal)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"ground": "curiosity"}, "opening.ground"),
        ({"reason": "because"}, "opening.reason"),
        ({"reason": "x" * 2000}, "opening.reason"),
        ({"until": NOW}, "opening.until"),
        ({"until": NOW + timedelta(days=3000)}, "opening.until"),
    ],
)
async def test_what_the_country_does_not_know_opens_nothing(record: Record, change: dict[str, Any], key: str) -> None:
    ward = await Ward(record).build()
    answer = await open_restricted(ward.coordinator, msgspec.structs.replace(wanted(ward), **change))
    assert isinstance(answer, Refusal)
    assert answer.issues[0].key == key
    assert await opened_record(ward.coordinator, ward.who) is None


async def test_who_has_no_tie_opens_nothing(record: Record) -> None:
    ward = await Ward(record).build()
    stranger = await acting(record, "coordinator", "elsewhere")
    assert isinstance(await open_restricted(stranger, wanted(ward)), Refusal)
    assert isinstance(await open_restricted(record, wanted(ward)), Refusal)


async def test_who_opens_too_much_has_to_stop(record: Record) -> None:
    ward = await Ward(record).build()
    mine = await acting(record, "coordinator", "ward-1", "Practitioner/often")
    for _ in range(OFTEN):
        opened = await open_restricted(mine, wanted(ward))
        assert isinstance(opened, Opened)
        assert isinstance(await end(mine, opened.id), Opened)
    answer = await open_restricted(mine, wanted(ward))
    assert isinstance(answer, Refusal)
    assert answer.kind is Kind.CONFLICT
    assert isinstance(await open_restricted(at(mine, NOW + timedelta(hours=2)), wanted(ward)), Opened)


def country(code: str) -> Policy:
    roles = re.findall(r"\{id: ([a-z-]+)", (ROOT / "regions/roles.yaml").read_text("utf-8"))
    text = (ROOT / f"regions/countries/{code}.access.yaml").read_text("utf-8")
    policy = read_country(f"{code}.access.yaml", text, roles)
    assert isinstance(policy, Policy), policy
    return policy


@pytest.mark.parametrize(
    ("code", "told", "steps"), [("se", True, 2), ("no", True, 1), ("dk", True, 1), ("fi", False, 1), ("is", False, 1)]
)
async def test_each_country_tells_and_opens_as_its_rows_say(
    new_database: Callable[[], Database], policy: Policy, code: str, told: bool, steps: int
) -> None:
    terms = tuple(row for row in country(code).rows if row.id in ("R05", "R06", "R07", "R08", "R09", "R10", "R11"))
    mixed = msgspec.structs.replace(
        policy, rows=(*(row for row in policy.rows if row.id not in {one.id for one in terms}), *terms)
    )
    store = await open_store(new_database().app_url, mixed)
    assert not isinstance(store, Refusal)
    try:
        ward = await Ward(Record(store, system(NOW), BASE)).build()
        found = await standing(ward.coordinator, ward.who)
        assert isinstance(found, Standing), found
        assert found.terms is not None
        assert (found.told, found.restricted, found.terms.steps) == (told, told, steps)
        ground = wanted(ward, until=NOW + timedelta(minutes=30))
        ground = msgspec.structs.replace(ground, ground=found.terms.grounds[0])
        if steps == 2:
            assert isinstance(await open_restricted(ward.coordinator, ground), Refusal)
            first = await first_step(ward.coordinator, ward.who)
            assert not isinstance(first, Refusal), first
            assert await opened_record(ward.coordinator, ward.who) is None
            ground = msgspec.structs.replace(ground, step=first.id)
        opened = await open_restricted(ward.coordinator, ground)
        assert isinstance(opened, Opened), opened
        told_of = await of_person(Record(store, system(NOW), BASE), ward.who, "Communication")
        assert len(told_of) == ("inform" in found.terms.after)
        after = await standing(ward.coordinator, ward.who)
        assert isinstance(after, Standing)
        assert after.opened == opened
    finally:
        await store.close()
