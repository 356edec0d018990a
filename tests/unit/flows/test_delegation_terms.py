"""What may be delegated, to whom, until when at the latest, and who may take what back: without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from saman.flows.membership.terms import (
    BACK,
    GIVER,
    MOVES,
    RECEIVER,
    Offer,
    Unit,
    delegation_resource,
    last_end,
    moved,
    objections,
    side_of,
    status_of,
)
from saman.model.access.delegation import (
    ACCEPTED,
    DECLINED,
    ENDED,
    OFFERED,
    WITHDRAWN,
    competence_of,
    delegation,
    licences,
)
from saman.model.access.membership import memberships
from saman.model.care import codes
from saman.model.care.competence import NONE, Competence, Competences, acting

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 11, 23, 10, tzinfo=OSLO)
ME, THEM = "Practitioner/me", "Practitioner/them"
INSULIN = Competence(
    id="insulin",
    name={"en": "insulin"},
    held_by=("nurse",),
    may_delegate=True,
    delegated_by=("nurse",),
    longest_days=90,
)
UNIT = Unit(giver=ME, may_give={"insulin": INSULIN}, members=frozenset({ME, THEM}), licensed=frozenset())


def offer(**more):
    return Offer(
        **{"competence": "insulin", "receiver": "them", "person": "", "since": NOW, "until": NOW + timedelta(days=9)}
        | more
    )


def keys(wanted, unit=UNIT, now=NOW):
    return [one.key for one in objections(unit, wanted, now, OSLO)]


def test_a_plain_offer_stands():
    assert keys(offer()) == []
    assert keys(offer(follow_up=date(2026, 11, 23))) == []
    assert keys(offer(follow_up=date(2026, 12, 2))) == []


@pytest.mark.parametrize(
    ("start", "days"), [("2026-11-23T10:00", 90), ("2027-01-10T02:30", 90), ("2026-09-01T02:30", 60)]
)
def test_the_longest_time_counts_days_of_the_calendar_to_the_instant(start, days):
    since = datetime.fromisoformat(start).replace(tzinfo=OSLO)
    last = last_end(INSULIN, since.astimezone(UTC), OSLO)
    assert last.strftime("%H:%M") == since.strftime("%H:%M")
    assert (last.date() - since.date()).days == 90
    assert days <= 90
    assert keys(offer(since=since, until=last), now=since) == []
    assert keys(offer(since=since, until=last + timedelta(milliseconds=1)), now=since) == ["delegation.long"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"competence": "inr"}, "delegation.competence"),
        ({"receiver": "me"}, "delegation.self"),
        ({"receiver": "stranger"}, "delegation.receiver"),
        ({"until": None}, "membership.until"),
        ({"until": NOW}, "membership.over"),
        ({"since": NOW + timedelta(days=2), "until": NOW + timedelta(days=2)}, "membership.over"),
        ({"follow_up": date(2026, 11, 22)}, "delegation.follow-up"),
        ({"follow_up": date(2026, 12, 3)}, "delegation.follow-up"),
    ],
)
def test_what_stands_against_it_is_named(changes, key):
    assert keys(offer(**changes)) == [key]


def test_nobody_is_given_what_they_have():
    licensed = Unit(giver=ME, may_give=UNIT.may_give, members=UNIT.members, licensed=frozenset({("insulin", THEM)}))
    assert keys(offer(), licensed) == ["delegation.licensed"]

    def holding(person, since, until):
        running = [("insulin", THEM, person, since, until)]
        return Unit(giver=ME, may_give=UNIT.may_give, members=UNIT.members, licensed=frozenset(), running=running)

    later, last = NOW + timedelta(days=9), NOW + timedelta(days=20)
    assert keys(offer(), holding("", NOW, last)) == ["delegation.held"]
    assert keys(offer(person="p"), holding("", NOW, last)) == ["delegation.held"]
    assert keys(offer(person="p"), holding("q", NOW, last)) == []
    assert keys(offer(), holding("p", NOW, last)) == []
    assert keys(offer(), holding("", later, last)) == [], "one that begins as the other ends"


def test_what_is_written_is_read_back_and_gives_no_role():
    me, them = codes.reference(ME, "Me"), codes.reference(THEM, "Them")
    role = delegation_resource(offer(follow_up=date(2026, 12, 1)), "u1", me, them, "sealed", "k") | {"id": "d"}
    found = delegation(role, OSLO)
    assert found
    assert (found.giver, found.receiver, found.party, found.sealed, found.status) == (ME, THEM, "u1", "sealed", OFFERED)
    assert (found.since, found.until) == (NOW, NOW + timedelta(days=9))
    assert memberships(role, OSLO) == ()
    assert competence_of(role) == "insulin"
    assert [side_of(role, who) for who in (ME, THEM, "Practitioner/x")] == [GIVER, RECEIVER, ""]
    accepted = moved(role, ACCEPTED)
    assert (status_of(accepted), accepted["active"], role["active"]) == (ACCEPTED, True, False)
    stopped = delegation(accepted | {"active": False}, OSLO)
    assert stopped
    assert stopped.status == ENDED


def test_nobody_accepts_for_another_or_revives_what_another_ended():
    states = (OFFERED, ACCEPTED, DECLINED, WITHDRAWN, ENDED)
    accepting = {
        (side, before) for (side, _), (befores, after) in MOVES.items() for before in befores if after == ACCEPTED
    }
    assert accepting == {(RECEIVER, OFFERED)}
    reviving = {(side, status) for (side, status), befores in BACK.items() if ACCEPTED in befores}
    assert reviving == {(RECEIVER, ENDED), (GIVER, WITHDRAWN)}
    assert all(status in states for _, status in BACK)
    assert not [one for one in product((GIVER, RECEIVER), (OFFERED,)) if one in BACK]


def test_licences_have_their_own_dates():
    held = [
        {"code": codes.concept(codes.PROFESSION, "nurse"), "period": {"end": "2026-11-23"}},
        {"code": {"text": "x"}},
    ]
    (one,) = licences({"resourceType": "Practitioner", "id": "n", "qualification": held}, OSLO)
    assert (one.practitioner, one.profession) == ("Practitioner/n", "nurse")
    assert one.until == datetime(2026, 11, 24, tzinfo=OSLO)


def task(status="requested", **more):
    return {"resourceType": "Task", "status": status, "owner": {"reference": "Organization/u1"}} | more


def test_who_has_to_be_competent():
    claim = [{"url": codes.CLAIMED_BY, "valueReference": {"reference": THEM}}]
    done = [{"type": codes.concept(codes.TASK_OUTPUT, "done-by"), "valueReference": {"reference": THEM}}]
    assert acting(task(), task(extension=claim), ME) == {THEM}
    assert acting(task(extension=claim), task(extension=claim), ME) == set()
    assert acting(task(extension=claim), task(), ME) == set()
    assert acting(task(), task("accepted"), ME) == set()
    assert acting(task(), task("in-progress"), ME) == {ME}
    assert acting(task("in-progress"), task("completed", output=done), ME) == {ME, THEM}
    assert acting(None, task("completed"), ME) == {ME}
    assert acting(task(), task(owner={"reference": THEM}), ME) == {THEM}


def test_what_a_task_requires():
    known = Competences(known={"insulin": INSULIN}, required={"a": ("insulin", "wand"), "b": ("insulin",)})
    both = {"coding": [codes.coding(codes.ACTIVITY, "a"), codes.coding(codes.ACTIVITY, "b"), codes.coding("x", "a")]}
    assert known.of(task(code=both)) == ("insulin", "wand")
    assert known.of(task()) == known.of(None) == NONE.of(task(code=both)) == ()
    assert known.given_by(frozenset({"nurse"})) == (INSULIN,)
    assert known.given_by(frozenset({"doctor"})) == ()
