"""Rounds of self-assessment: who opens and closes them, who is asked in them, and that nobody answers twice.

What somebody answers goes to `saman.record.assessment` without them; only that a round is held is kept with its author.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import Enum

import msgspec

from saman.flows.governance.mandate import Matter, barred
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.care.assessment import Audience
from saman.model.care.caremodel import CareModel
from saman.model.care.party import Party
from saman.record import Context, Store
from saman.record.assessment import (
    MOST_WORDS,
    Given,
    Kept,
    close_answers,
    has_answered,
    keep_answer,
    open_answers,
)
from saman.record.workspace import Draft, Item, Workspace

LONGEST_DAYS = 92
"""A round takes this many days at most."""
MOST_NAME = 100


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One round: both days are counted; no parties means all. `invited` is how many of a group were asked, if known."""

    name: str
    since: date
    until: date
    groups: tuple[str, ...]
    parties: tuple[str, ...] = ()
    invited: Mapping[str, int] = {}

    def asks(self, audience: Audience, party: str = "") -> bool:
        """Whether a group is asked, and at work a party."""
        at_work = audience is not Audience.CITIZEN
        return audience.value in self.groups and (not at_work or not self.parties or party in self.parties)


Held = Item[Round]
ROUNDS = Workspace("assessment", Round)


class State(Enum):
    """Where a round stands on a day."""

    COMING = "coming"
    OPEN = "open"
    CLOSED = "closed"


def state_of(held: Held, today: date) -> State:
    """Where a round stands."""
    if held.is_ended or today > held.body.until:
        return State.CLOSED
    return State.OPEN if today >= held.body.since else State.COMING


def organisations(model: CareModel) -> tuple[Party, ...]:
    """The parties that are no part of another, by name."""
    return tuple(sorted((one for one in model.parties if one.parent is None), key=lambda one: one.name.casefold()))


def organisation(model: CareModel, party: str) -> str:
    """The id of the organisation that a unit belongs to."""
    return next((one.id for one in reversed(tuple(model.lineage(party)))), "")


async def rounds(store: Store, today: date) -> list[Held]:
    """Every round, the newest first; those whose last day is over are closed for good."""
    await close_answers(store, "", today)
    return sorted(await ROUNDS.all(store), key=lambda one: (one.body.since, one.id), reverse=True)


async def open_round(store: Store, context: Context, id: str, round: Round, today: date) -> Held | Refusal:
    """Open a round, which nobody has answered yet."""
    stopped = barred(context, Matter.ASSESSMENT) or _wrong(round, today)
    if stopped is not None:
        return stopped
    if any(_overlaps(one, round, today) for one in await rounds(store, today)):
        text = "There is another round in these days. Close it first, or choose other days."
        return refused(Kind.UNPROCESSABLE, "value", text, "since", key="assessment.overlaps")
    await open_answers(store, id, round.until)
    return await ROUNDS.write(store, context, Draft(id=id, seen=0, body=round, reason=round.name))


async def close_early(store: Store, context: Context, held: Held, reason: str, today: date) -> Held | Refusal:
    """Close a round before its last day, with a reason; it never opens again."""
    stopped = barred(context, Matter.ASSESSMENT)
    if stopped is not None:
        return stopped
    if state_of(held, today) is State.CLOSED:
        return _closed()
    draft = Draft(id=held.id, seen=held.version, body=held.body, reason=reason, is_ended=True)
    written = await ROUNDS.write(store, context, draft)
    if not isinstance(written, Refusal):
        await close_answers(store, held.id, today)
    return written


async def asking(store: Store, audience: Audience, party: str, today: date) -> Held | None:
    """The round in which somebody is asked today."""
    held = await ROUNDS.all(store)
    return next((one for one in held if state_of(one, today) is State.OPEN and one.body.asks(audience, party)), None)


async def answer(store: Store, context: Context, held: Held, today: date, given: Given) -> Refusal | None:
    """Keep what somebody answers, without them."""
    audience = Audience(given.audience)
    if state_of(held, today) is not State.OPEN:
        return _closed()
    if not held.body.asks(audience, given.party):
        text = "Your group or organisation is not asked in this round."
        return refused(Kind.FORBIDDEN, "forbidden", text, key="assessment.not-asked")
    if not given.answers:
        return refused(Kind.UNPROCESSABLE, "required", "Answer at least one.", "answers", key="assessment.nothing")
    if len(given.words) > MOST_WORDS:
        return refused(Kind.UNPROCESSABLE, "too-long", "Write less.", "words", key="assessment.long")
    party = given.party if audience is Audience.STAFF else ""
    words = given.words.replace("\x00", "").strip()
    kept = await keep_answer(
        store, held.id, context.actor, today, msgspec.structs.replace(given, party=party, words=words)
    )
    if kept is Kept.AGAIN:
        text = "You have answered in this round. Nobody can see what, so it cannot be changed."
        return refused(Kind.CONFLICT, "conflict", text, key="assessment.again")
    return _closed() if kept is Kept.CLOSED else None


async def answered(store: Store, context: Context, held: Held) -> bool:
    """Whether the one who asks has answered in a round that is open."""
    return await has_answered(store, held.id, context.actor)


def _closed() -> Refusal:
    return refused(Kind.CONFLICT, "conflict", "This round is not open.", key="assessment.closed")


def _overlaps(held: Held, round: Round, today: date) -> bool:
    is_over = state_of(held, today) is State.CLOSED
    return not is_over and held.body.since <= round.until and round.since <= held.body.until


def _wrong(round: Round, today: date) -> Refusal | None:
    found = tuple(
        Issue(code, text, path, key=key)
        for is_wrong, code, text, path, key in (
            (not round.name.strip(), "required", "Give it a name.", "name", "assessment.name"),
            (len(round.name) > MOST_NAME, "too-long", "Write a shorter name.", "name", "assessment.long-name"),
            (round.until < round.since, "value", "It ends before it begins.", "until", "assessment.until"),
            (round.until < today, "value", "That day is over.", "until", "assessment.past"),
            ((round.until - round.since).days >= LONGEST_DAYS, "value", "Too long.", "until", "assessment.too-long"),
            (not round.groups, "required", "Choose who is asked.", "groups", "assessment.groups"),
        )
        if is_wrong
    )
    return Refusal(Kind.UNPROCESSABLE, found) if found else None
