"""How a body decides: who has a vote, what counts, and whether it is carried."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.governance import Body, Seat, Standing, Voting


class Choice(Enum):
    """What somebody votes."""

    FOR = "for"
    AGAINST = "against"
    ABSTAINED = "abstained"


class Chair(msgspec.Struct, frozen=True, kw_only=True):
    """One place at the table: `number` is set where a seat of the model holds several."""

    key: str
    seat: Seat
    number: int = 0

    @property
    def has_vote(self) -> bool:
        """Members decide, observers speak."""
        return self.seat.standing is Standing.MEMBER


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """Votes as they count, and whether it is carried; None where the body's rule is not known."""

    votes_for: int
    against: int
    abstained: int
    carried: bool | None


def chairs(body: Body) -> tuple[Chair, ...]:
    """Every place at the table, in the order of the model."""
    return tuple(
        Chair(key=f"{index}-{number}", seat=seat, number=number if seat.seats > 1 else 0)
        for index, seat in enumerate(body.seats)
        for number in range(1, seat.seats + 1)
    )


def counted(body: Body, present: frozenset[str], votes: Mapping[str, Choice]) -> Count | Refusal:
    """What votes by chair come to under the body's rule; refused for who has no vote, or is not there."""
    known = {one.key: one for one in chairs(body)}
    for key in votes:
        if key not in known or not known[key].has_vote:
            return _refused(f"vote-{key}", "Observers have no vote.", "voting.observer")
        if key not in present:
            return _refused(f"vote-{key}", "Who is not there has no vote.", "voting.absent")
    counting = [*votes.values()]
    if body.voting is Voting.ONE_PARTY_ONE_VOTE:
        by_party = _by_party(known, votes)
        if isinstance(by_party, Refusal):
            return by_party
        counting = by_party
    numbers = {choice: counting.count(choice) for choice in Choice}
    return Count(
        votes_for=numbers[Choice.FOR],
        against=numbers[Choice.AGAINST],
        abstained=numbers[Choice.ABSTAINED],
        carried=_carried(body.voting, numbers),
    )


def _by_party(known: Mapping[str, Chair], votes: Mapping[str, Choice]) -> list[Choice] | Refusal:
    """One vote for each party; chairs that are no party's count by themselves."""
    said: dict[str, Choice] = {}
    for key, choice in votes.items():
        party = known[key].seat.party or f"chair {key}"
        if said.setdefault(party, choice) is not choice:
            return _refused(f"vote-{key}", "A party has one vote: its members vote alike.", "voting.party")
    return [*said.values()]


def _carried(rule: Voting, numbers: Mapping[Choice, int]) -> bool | None:
    if rule is Voting.NOT_KNOWN:
        return None
    if rule is Voting.CONSENSUS:
        return numbers[Choice.FOR] > 0 and numbers[Choice.AGAINST] == 0
    return numbers[Choice.FOR] > numbers[Choice.AGAINST]


def _refused(path: str, text: str, key: str) -> Refusal:
    return refused(Kind.UNPROCESSABLE, "value", text, path, key=key)
