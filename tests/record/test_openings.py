"""Opening what is restricted: by the country's terms, for one professional, for a time, known to all who must know."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from saman.flows.opening import standing as standing_module
from saman.flows.opening.opening import Wanted, end, first_step, open_restricted, opened_record
from saman.flows.opening.reasons import reasons
from saman.flows.opening.standing import OFTEN, Opened, Standing, standing, told_of
from saman.flows.review import openings as reviews
from saman.kernel.outcome import Kind, Refusal
from saman.model.access import Domain, Policy, RelationKind, read_country
from saman.model.access.row import Row
from saman.record import Record, Stored, open_store, system
from saman.record.hidden import Hidden
from saman.record.log import log_of
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, ROOT, Resource, made
from tests.record.test_restrictions import Ward, acting, consent

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


async def test_a_deputy_goes_through_what_the_reviewer_opened(record: Record) -> None:
    ward = await Ward(record).build()
    opened = await open_restricted(ward.coordinator, wanted(ward))
    assert isinstance(opened, Opened)
    reviewer = await acting(record, "log-reviewer", "ward-1", "Practitioner/1")
    deputy = await acting(record, "log-reviewer", "ward-1", "Practitioner/9")
    elsewhere = await acting(record, "log-reviewer", "ward-2", "Practitioner/8")
    for nobody in (reviewer, elsewhere):
        assert [one for one in await queue(nobody) if one.id == opened.id] == []
        refused = await reviews.review(nobody, opened.id, opened.version, "approved", "")
        assert isinstance(refused, Refusal)
        assert refused.kind is Kind.NOT_FOUND
    waiting = next(one for one in await queue(deputy) if one.id == opened.id)
    assert (waiting.waits, waiting.late, waiting.due) == (True, False, NOW + timedelta(days=1))
    tomorrow = at(deputy, NOW + timedelta(days=1, seconds=1))
    assert next(one for one in await queue(tomorrow) if one.id == opened.id).late
    assert not isinstance(await reviews.review(deputy, opened.id, waiting.version, "approved", ""), Refusal)
    late = await reviews.review(deputy, opened.id, waiting.version, "serious", "Too late.")
    assert isinstance(late, Refusal), "somebody was first"
    done = next(one for one in await queue(deputy) if one.id == opened.id)
    assert (done.waits, done.reviewed_by) == (False, "Practitioner/9")


async def queue(reviewer: Record) -> tuple[reviews.Opening, ...]:
    found = await reviews.openings(reviewer)
    assert not isinstance(found, Refusal), found
    return found


async def test_many_at_once_open_once_and_tell_once(record: Record) -> None:
    ward = await Ward(record).build()
    answers = await asyncio.gather(*(open_restricted(ward.coordinator, wanted(ward)) for _ in range(5)))
    ids = {one.id for one in answers if isinstance(one, Opened)}
    assert len(ids) == 1, answers
    assert await open_restricted(ward.coordinator, wanted(ward)) == answers[0]


async def test_what_is_not_restricted_is_not_opened_where_the_law_lets_that_be_known(record: Record) -> None:
    ward = await Ward(record).build()
    other = await acting(record, "coordinator", "ward-1", "Practitioner/3")
    gone = await record.delete("Consent", ward.consent)
    assert not isinstance(gone, Refusal)
    answer = await open_restricted(other, wanted(ward))
    assert isinstance(answer, Refusal)
    assert answer.issues[0].key == "opening.nothing"


async def test_reasons_leave_out_ties_that_are_withheld(record: Record) -> None:
    """A task that the person keeps from the unit is no reason that the unit is told."""
    ward = await Ward(record).build()
    nurse = await acting(record, "home-care-nurse", "ward-1", "Practitioner/4")
    before = await reasons(nurse, ward.who)
    asked = {
        "resourceType": "Task", "status": "requested", "intent": "order", "for": ward.subject,
        "code": {"coding": [{"system": "urn:saman:task", "code": "home-visit"}]},
        "owner": {"reference": "Organization/ward-1"},
    }  # fmt: skip
    task = await made(record, asked)
    assert await reasons(nurse, ward.who) != before
    items = [{"meaning": "instance", "reference": {"reference": f"Task/{task}"}}]
    await made(record, consent(ward.who, {"type": "deny", "data": items}))
    assert await reasons(nurse, ward.who) == before


async def test_where_every_tie_is_withheld_neither_tie_nor_rule_is_told(record: Record) -> None:
    ward = await Ward(record).build()
    deny = {"type": "deny", "class": [{"system": "urn:saman:kind-of-data", "code": "plan"}]}
    await made(record, consent(ward.who, deny))
    found = await reasons(ward.coordinator, ward.who)
    assert not isinstance(found, Refusal)
    assert {one.domain for one in found if one.decision.permitted} >= {Domain.PERSON, Domain.PLAN}
    for one in found:
        if one.decision.permitted:
            assert (one.ties, one.decision.reasons, one.decision.rules) == ((), (), ())


async def test_reasons_say_until_when(record: Record) -> None:
    ward = await Ward(record).build()
    found = await reasons(ward.coordinator, ward.who)
    assert not isinstance(found, Refusal)
    plan = next(one for one in found if one.domain is Domain.PLAN)
    assert plan.decision.permitted
    assert plan.until is None
    assert plan.ties == (RelationKind.CARE_TEAM,)
    stranger = await acting(record, "coordinator", "elsewhere")
    nobody, hidden = await reasons(stranger, "nobody"), await reasons(stranger, ward.who)
    assert nobody == hidden
    assert isinstance(hidden, Refusal)


@pytest.mark.parametrize(("holder", "told"), [("ward-1", True), ("ward-2", False), ("", False)])
async def test_where_the_custodian_alone_may_know_it_is_told_of_its_own(
    record: Record, monkeypatch: pytest.MonkeyPatch, holder: str, told: bool
) -> None:
    rows = (*(one for one in record.store.policy.rows if one.id != "R06"), *rows_of("is", "R06"))
    monkeypatch.setattr(record.store, "policy", msgspec.structs.replace(record.store.policy, rows=rows))
    ward = await Ward(record).build()
    hidden = (Hidden(int(Domain.PLAN), holder, 1),)

    async def hidden_of(*_: Any) -> tuple[Hidden, ...]:
        return hidden

    monkeypatch.setattr(standing_module, "hidden_of", hidden_of)
    assert await told_of(ward.coordinator, ward.who) == (told, hidden if told else ())


def rows_of(code: str, row: str) -> tuple[Row, ...]:
    return tuple(one for one in country(code).rows if one.id == row)


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
            first = await first_step(ward.coordinator, ward.who, ground.ground)
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
