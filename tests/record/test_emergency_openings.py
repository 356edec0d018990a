"""Somebody without a tie, or withheld whole, opened in an emergency: by the whole number, told, counted, and alike."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from saman.flows.opening.emergency import Emergency, Seen, latest, may_ask, open_in_emergency
from saman.flows.opening.opening import end, opened_record
from saman.flows.opening.standing import OFTEN, Opened
from saman.flows.review import openings as reviews
from saman.kernel.outcome import Kind, Refusal
from saman.model.access import Domain
from saman.record import Record, Stored
from saman.record.log import log_of
from tests.record.conftest import NOW, made
from tests.record.test_openings import at, of_person, queue
from tests.record.test_restrictions import Ward, acting, consent

REASON = "Brought in unconscious, nobody knows what he takes."
NUMBERS = (f"14894{turn:06}" for turn in itertools.count(1))
NOBODYS = "14894999999"


class Arrived(Ward):
    number: str


async def arrived(record: Record, number: str = "") -> Arrived:
    """Somebody whom ward-1 follows, with a number; nobody at ward-9 has anything to do with them."""
    ward = Arrived(record)
    await ward.build()
    ward.number = number or next(NUMBERS)
    seen = await record.read("Patient", ward.who)
    assert isinstance(seen, Stored)
    numbered = seen.resource() | {"identifier": [{"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": ward.number}]}
    assert not isinstance(await record.update("Patient", ward.who, numbered), Refusal)
    return ward


async def nurse(record: Record, actor: str = "Practitioner/er-1", role: str = "out-of-hours-nurse") -> Record:
    return await acting(record, role, "ward-9", actor)


def wanted(record: Record, number: str) -> Emergency:
    return Emergency(number=number, reason=REASON, until=record.context.now + timedelta(hours=1))


async def test_somebody_without_a_tie_is_opened_to_one_nurse_until_it_ends(record: Record) -> None:
    ward = await arrived(record)
    mine, other = await nurse(record), await nurse(record, "Practitioner/er-2")
    assert isinstance(await mine.read("Patient", ward.who), Refusal)
    opened = await open_in_emergency(mine, wanted(mine, f"{ward.number[:6]} {ward.number[6:]}"))
    assert isinstance(opened, Opened), opened
    assert (opened.person, opened.ground, opened.until) == (ward.who, "emergency", NOW + timedelta(hours=1))
    through = await opened_record(mine, ward.who)
    assert through is not None
    for kind, id in (("Patient", ward.who), ("CarePlan", ward.plan), ("Goal", ward.kept)):
        assert isinstance(await through.read(kind, id), Stored), kind
        assert isinstance(await mine.read(kind, id), Refusal), "her ordinary context stays as it is"
        assert isinstance(await other.read(kind, id), Refusal)
    assert await opened_record(other, ward.who) is None
    last = opened.until - timedelta(microseconds=1)
    assert isinstance(await at(through, last).read("Patient", ward.who), Stored)
    assert isinstance(await at(through, opened.until).read("Patient", ward.who), Refusal)
    assert await opened_record(at(mine, opened.until), ward.who) is None


async def test_the_person_and_a_reviewer_are_told_and_the_log_rests_on_it(record: Record) -> None:
    ward = await arrived(record)
    mine = await nurse(record)
    opened = await open_in_emergency(mine, wanted(mine, ward.number))
    assert isinstance(opened, Opened)
    (letter,) = await of_person(record, ward.who, "Communication")
    assert letter["about"] == [{"reference": f"Task/{opened.id}"}]
    through = await opened_record(mine, ward.who)
    assert through is not None
    await through.read("Goal", ward.told)
    looks = [one for one in await log_of(record, ward.who) if one.id == ward.told and one.actor == "Practitioner/er-1"]
    assert {one.ground for one in looks} == {f"Task/{opened.id}"}
    reviewer = await acting(record, "log-reviewer", "ward-9", "Practitioner/7")
    waiting = next(one for one in await queue(reviewer) if one.id == opened.id)
    assert (waiting.ground, waiting.reason, waiting.waits) == ("emergency", REASON, True)
    assert waiting.due == NOW + timedelta(days=1)
    assert not isinstance(await reviews.review(reviewer, opened.id, waiting.version, "approved", ""), Refusal)


async def test_it_opens_no_more_than_the_rule_says(record: Record) -> None:
    ward = await arrived(record)
    social = [{"system": "urn:saman:category", "code": "social-care"}]
    labelled = await made(record, ward.goal("benefit") | {"meta": {"security": social}})
    mine = await nurse(record)
    assert isinstance(await open_in_emergency(mine, wanted(mine, ward.number)), Opened)
    through = await opened_record(mine, ward.who)
    assert through is not None
    assert isinstance(await through.read("Goal", labelled), Refusal)
    assert isinstance(await through.read("Consent", ward.consent), Refusal)


@pytest.mark.parametrize("role", ["home-care-worker", "log-reviewer", "local-administrator", "coordinator"])
async def test_who_has_no_such_rule_learns_nothing(record: Record, role: str) -> None:
    ward = await arrived(record)
    mine = await nurse(record, role=role)
    assert not may_ask(mine)
    for number in (ward.number, NOBODYS):
        answer = await open_in_emergency(mine, wanted(mine, number))
        assert isinstance(answer, Refusal)
        assert answer.kind is Kind.FORBIDDEN
    assert not may_ask(record), "the system is nobody of the staff"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"number": "148942"}, "emergency.number"),
        ({"number": ""}, "emergency.number"),
        ({"number": "urn:x|14894299123"}, "emergency.number"),
        ({"number": "14894299123,1489"}, "emergency.number"),
        ({"number": "14894299%"}, "emergency.number"),
        ({"reason": "quick"}, "opening.reason"),
        ({"reason": "x" * 1001}, "opening.reason"),
        ({"until": NOW}, "opening.until"),
        ({"until": NOW + timedelta(hours=25)}, "opening.until"),
    ],
)
async def test_what_is_wrong_is_said_before_anybody_is_looked_for(
    record: Record, change: dict[str, Any], key: str
) -> None:
    ward = await arrived(record)
    mine = await nurse(record)
    answer = await open_in_emergency(mine, msgspec.structs.replace(wanted(mine, ward.number), **change))
    assert isinstance(answer, Refusal)
    assert (answer.kind, answer.issues[0].key) == (Kind.UNPROCESSABLE, key)
    assert await opened_record(mine, ward.who) is None
    assert latest(mine) == NOW + timedelta(hours=24)


async def test_hidden_from_everything_and_absent_are_one_answer(record: Record) -> None:
    """A person who has closed even emergencies, and a number that nobody bears."""
    ward = await arrived(record)
    purpose = [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "BTG"}]
    items = [{"meaning": "instance", "reference": {"reference": f"Patient/{ward.who}"}}]
    await made(record, consent(ward.who, {"type": "deny", "data": items, "purpose": purpose}))
    answers = []
    for place, number in enumerate((ward.number, NOBODYS)):
        mine = await nurse(record, f"Practitioner/alike-{place}")
        answers.append(await open_in_emergency(mine, wanted(mine, number)))
        assert await opened_record(mine, ward.who) is None
    assert answers[0] == answers[1]
    assert isinstance(answers[0], Refusal)
    assert await of_person(record, ward.who, "Communication") == [], "nothing was opened, so nothing is told"
    tried = [one for one in await log_of(record, ward.who) if one.query == "emergency"]
    assert [(one.actor, one.outcome) for one in tried] == [("Practitioner/alike-0", 4)]


async def test_who_is_withheld_whole_from_a_unit_with_a_tie_is_opened(record: Record) -> None:
    ward = await arrived(record)
    items = [{"meaning": "instance", "reference": {"reference": f"Patient/{ward.who}"}}]
    await made(record, consent(ward.who, {"type": "deny", "data": items}))
    tied = await acting(record, "home-care-nurse", "ward-1", "Practitioner/tied")
    assert isinstance(await tied.read("Patient", ward.who), Refusal)
    assert isinstance(await open_in_emergency(tied, wanted(tied, ward.number)), Opened)
    through = await opened_record(tied, ward.who)
    assert through is not None
    assert isinstance(await through.read("Patient", ward.who), Stored)


async def test_who_is_seen_already_is_not_opened(record: Record) -> None:
    ward = await arrived(record)
    tied = await acting(record, "home-care-nurse", "ward-1", "Practitioner/tied")
    assert await open_in_emergency(tied, wanted(tied, ward.number)) == Seen(ward.who)
    assert await opened_record(tied, ward.who) is None


async def test_guessing_stops_whether_or_not_anybody_is_found(record: Record) -> None:
    ward = await arrived(record)
    mine = await nurse(record, "Practitioner/guessing")
    for turn in range(OFTEN):
        answer = await open_in_emergency(mine, wanted(mine, f"1489429900{turn}"))
        assert isinstance(answer, Refusal)
        assert answer.kind is Kind.NOT_FOUND
    for number in (ward.number, NOBODYS):
        stopped = await open_in_emergency(mine, wanted(mine, number))
        assert isinstance(stopped, Refusal)
        assert (stopped.kind, stopped.issues[0].key) == (Kind.CONFLICT, "opening.often")
    later = at(mine, NOW + timedelta(hours=1, seconds=1))
    assert isinstance(await open_in_emergency(later, wanted(later, ward.number)), Opened)
    assert await opened_record(later, ward.who) is not None


async def test_many_at_once_open_once_tell_once_and_count_each(record: Record) -> None:
    ward = await arrived(record)
    mine = await nurse(record, "Practitioner/at-once")
    found = await asyncio.gather(*(open_in_emergency(mine, wanted(mine, ward.number)) for _ in range(OFTEN + 2)))
    assert len({one.id for one in found if isinstance(one, Opened)}) == 1, found
    assert sum(isinstance(one, Refusal) for one in found) == 2, "no more than so many ask, also at once"
    assert len(await of_person(record, ward.who, "Communication")) == 1


async def test_two_people_with_one_number_open_nobody(record: Record) -> None:
    for _ in range(2):
        await arrived(record, "14894298000")
    mine = await nurse(record, "Practitioner/two")
    answer = await open_in_emergency(mine, wanted(mine, "14894298000"))
    assert isinstance(answer, Refusal)
    assert answer.kind is Kind.NOT_FOUND


async def test_it_is_closed_at_once_and_a_colleague_cannot(record: Record) -> None:
    ward = await arrived(record)
    mine, other = await nurse(record), await nurse(record, "Practitioner/er-2")
    opened = await open_in_emergency(mine, wanted(mine, ward.number))
    assert isinstance(opened, Opened)
    assert isinstance(await end(other, opened.id), Refusal)
    assert isinstance(await end(mine, opened.id), Opened)
    assert await opened_record(at(mine, NOW + timedelta(seconds=1)), ward.who) is None


async def test_a_mark_is_about_nobody_and_shown_to_nobody(record: Record) -> None:
    await arrived(record)
    mine = await nurse(record, "Practitioner/marked")
    await open_in_emergency(mine, wanted(mine, "14894297000"))
    page = await record.search("Task", [("requester", "Practitioner/marked")])
    assert not isinstance(page, Refusal)
    (mark,) = (one.resource() for one in page.matches)
    assert "for" not in mark
    assert "14894297000" not in repr(mark)
    reviewer = await acting(record, "log-reviewer", "ward-9", "Practitioner/7")
    assert all(one.id != mark["id"] for one in await queue(reviewer))
    seen = await mine.search("Task", [("requester", "Practitioner/marked")])
    assert not isinstance(seen, Refusal)
    assert seen.matches == ()


async def test_an_ordinary_opening_is_no_tie(record: Record) -> None:
    """What a role does not see otherwise stays closed when something restricted is opened: only P05 names the tie."""
    rules = [one for one in record.store.policy.clauses if any(tie.value == "opening" for tie in one.ties)]
    assert [(one.id, one.about) for one in rules] == [("P05-emergency", frozenset({"emergency"}))]
    assert Domain.SOCIAL not in rules[0].domains
