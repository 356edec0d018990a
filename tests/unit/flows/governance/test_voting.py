"""How bodies decide: observers have no vote, a party has one, and each rule counts in its own way."""

from __future__ import annotations

from itertools import product

import pytest

from saman.flows.governance.voting import Choice, Count, chairs, counted
from saman.kernel.outcome import Refusal
from saman.model.care.governance import Body, BodyKind, Seat, Standing, Voting

FOR, AGAINST, ABSTAINED = Choice.FOR, Choice.AGAINST, Choice.ABSTAINED
TRUST = "hospital-trust"
SEATS = (
    Seat(name={"en": "Trust, leader"}, standing=Standing.MEMBER, party=TRUST),
    Seat(name={"en": "Trust, medical"}, standing=Standing.MEMBER, party=TRUST),
    Seat(name={"en": "Municipality"}, standing=Standing.MEMBER, party="municipality"),
    Seat(name={"en": "Councils"}, standing=Standing.MEMBER, seats=2),
    Seat(name={"en": "County"}, standing=Standing.OBSERVER, party="county"),
)
ALL = frozenset({"0-1", "1-1", "2-1", "3-1", "3-2", "4-1"})


def body(rule: Voting) -> Body:
    return Body(id="b", name={"en": "Body"}, kind=BodyKind.STEERING, purpose={"en": "."}, voting=rule, seats=SEATS)


def count(rule: Voting, votes: dict[str, Choice]) -> Count:
    found = counted(body(rule), ALL, votes)
    assert isinstance(found, Count), found
    return found


def key(rule: Voting, votes: dict[str, Choice], present: frozenset[str] = ALL) -> str:
    found = counted(body(rule), present, votes)
    assert isinstance(found, Refusal), found
    return found.issues[0].key


def test_a_seat_of_several_is_several_places() -> None:
    assert [(one.key, one.number, one.has_vote) for one in chairs(body(Voting.MAJORITY))] == [
        ("0-1", 0, True), ("1-1", 0, True), ("2-1", 0, True), ("3-1", 1, True), ("3-2", 2, True), ("4-1", 0, False),
    ]  # fmt: skip


@pytest.mark.parametrize("rule", list(Voting), ids=[one.value for one in Voting])
def test_who_observes_is_away_or_unknown_has_no_vote(rule: Voting) -> None:
    assert key(rule, {"4-1": FOR}) == "voting.observer"
    assert key(rule, {"9-1": FOR}) == "voting.observer"
    assert key(rule, {"2-1": FOR}, ALL - {"2-1"}) == "voting.absent"


def test_two_seats_of_one_party_count_once_and_say_one_thing() -> None:
    rule = Voting.ONE_PARTY_ONE_VOTE
    found = count(rule, {"0-1": FOR, "1-1": FOR, "2-1": AGAINST})
    assert (found.votes_for, found.against, found.carried) == (1, 1, False)
    assert count(rule, {"0-1": FOR, "1-1": FOR, "2-1": AGAINST, "3-1": FOR}).carried is True
    assert key(rule, {"0-1": FOR, "1-1": AGAINST}) == "voting.party"
    assert count(rule, {"3-1": FOR, "3-2": AGAINST}).votes_for == 1


def test_by_majority_each_seat_counts() -> None:
    found = count(Voting.MAJORITY, {"0-1": FOR, "1-1": FOR, "2-1": AGAINST, "3-1": ABSTAINED})
    assert (found.votes_for, found.against, found.abstained, found.carried) == (2, 1, 1, True)
    assert count(Voting.MAJORITY, {"0-1": FOR, "2-1": AGAINST}).carried is False


@pytest.mark.parametrize(
    "votes", list(product(Choice, repeat=3)), ids=lambda votes: "-".join(one.value for one in votes)
)
def test_consensus_is_nobody_against_and_somebody_for(votes: tuple[Choice, ...]) -> None:
    found = count(Voting.CONSENSUS, dict(zip(("0-1", "1-1", "2-1"), votes, strict=True)))
    assert found.carried is (AGAINST not in votes and FOR in votes)


def test_where_the_rule_is_not_known_votes_are_counted_and_nothing_follows() -> None:
    found = count(Voting.NOT_KNOWN, {"0-1": FOR, "2-1": AGAINST})
    assert (found.votes_for, found.against, found.carried) == (1, 1, None)


@pytest.mark.parametrize(
    "rule", [Voting.MAJORITY, Voting.CONSENSUS, Voting.ONE_PARTY_ONE_VOTE], ids=lambda one: one.value
)
def test_without_votes_nothing_is_carried(rule: Voting) -> None:
    assert count(rule, {}).carried is False
