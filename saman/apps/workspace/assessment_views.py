"""What the pages of rounds show: the list, one to open, and the statements that somebody at work answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from saman.apps.workspace.assessment_texts import CHANGE, GROUPS, STATES
from saman.apps.workspace.desk import Desk
from saman.flows.governance.assessment import Held, State, answered, organisation, organisations, rounds, state_of
from saman.flows.governance.mandate import Matter
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.assessment import AssessmentFile, Audience
from saman.model.care.basis import said
from saman.model.care.calendar import local
from saman.record.assessment import how_many

Pair = tuple[str, str]


class RoundLine(msgspec.Struct, frozen=True, kw_only=True):
    """A round in the list; `may_answer` when the reader is asked and has not answered."""

    id: str
    name: str
    since: date
    until: date
    state: str
    words: str
    may_answer: bool
    has_answered: bool


class RoundList(msgspec.Struct, frozen=True):
    """All rounds, and what a new one can be made of by those with a mandate."""

    ours: str
    rounds: tuple[RoundLine, ...]
    may_open: bool
    groups: tuple[Pair, ...]
    parties: tuple[Pair, ...]


class Section(msgspec.Struct, frozen=True):
    """Statements under one heading, each with its id."""

    title: str
    statements: tuple[Pair, ...]


class AnswerPage(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody at work is asked; `as_` is the group they answer with, `other` the one they could."""

    id: str
    name: str
    until: date
    ours: str
    as_: str
    other: str
    organisation: str
    sections: tuple[Section, ...]
    scale: tuple[Pair, ...]


class RoundPage(msgspec.Struct, frozen=True, kw_only=True):
    """A round that is not over; `count` is None when fewer than five have answered."""

    line: RoundLine
    count: int | None
    groups: tuple[str, ...]
    parties: tuple[str, ...]
    may_close: bool


def today_of(desk: Desk) -> date:
    """The day it is in the region."""
    return local(desk.model.country, desk.now).date()


def file_of(desk: Desk) -> AssessmentFile | Refusal:
    """The statements; a region can be without."""
    asked = desk.model.assessment
    return asked if asked is not None else refused(Kind.NOT_FOUND, "not-found", "There is no self-assessment here.")


async def list_page(desk: Desk) -> RoundList | Refusal:
    """Every round, the newest first."""
    asked = file_of(desk)
    if isinstance(asked, Refusal):
        return asked
    held = await rounds(desk.record.store, today_of(desk))
    return RoundList(
        said(asked.ours, desk.words.language),
        tuple([await line_of(desk, one) for one in held]),
        desk.may(Matter.ASSESSMENT),
        tuple((group.value, desk.t(words)) for group, words in GROUPS.items()),
        tuple((one.id, one.name) for one in organisations(desk.model)),
    )


async def line_of(desk: Desk, held: Held) -> RoundLine:
    """A round as the reader stands to it."""
    state = state_of(held, today_of(desk))
    is_asked = state is State.OPEN and any(_asks(desk, held, one) for one in (Audience.LEADER, Audience.STAFF))
    done = is_asked and await answered(desk.record.store, desk.record.context, held)
    return RoundLine(
        id=held.id, name=held.body.name, since=held.body.since, until=held.body.until, state=state.value,
        words=desk.t(STATES[state]), may_answer=is_asked and not done, has_answered=done,
    )  # fmt: skip


def _asks(desk: Desk, held: Held, audience: Audience) -> bool:
    return held.body.asks(audience, organisation(desk.model, desk.record.context.party))


async def open_page(desk: Desk, held: Held) -> RoundPage:
    """A round that is coming or open."""
    body = held.body
    return RoundPage(
        line=await line_of(desk, held),
        count=await how_many(desk.record.store, held.id),
        groups=tuple(desk.t(words) for group, words in GROUPS.items() if group.value in body.groups),
        parties=tuple(desk.party(one) for one in body.parties),
        may_close=desk.may(Matter.ASSESSMENT),
    )


def answer_page(desk: Desk, held: Held, sent: Mapping[str, str]) -> AnswerPage | Refusal:
    """The statements for whoever asks, as leader or as staff."""
    asked = file_of(desk)
    if isinstance(asked, Refusal):
        return asked
    context, language = desk.record.context, desk.words.language
    audience = _chosen(sent.get("as", ""), asked, context.role)
    others = [one for one in (Audience.LEADER, Audience.STAFF) if one is not audience and _asks(desk, held, one)]
    return AnswerPage(
        id=held.id, name=held.body.name, until=held.body.until, ours=said(asked.ours, language),
        as_=audience.value, other=others[0].value if others else "",
        organisation=desk.party(organisation(desk.model, context.party)),
        sections=_sections(desk, asked, audience), scale=scale_of(asked, language),
    )  # fmt: skip


def _chosen(wanted: str, asked: AssessmentFile, role: str) -> Audience:
    at_work = (Audience.LEADER, Audience.STAFF)
    return next((one for one in at_work if one.value == wanted), asked.usual(role))


def _sections(desk: Desk, asked: AssessmentFile, audience: Audience) -> tuple[Section, ...]:
    language = desk.words.language
    own = asked.asked(audience)

    def section(title: str, part: str | None) -> Section:
        chosen = [one for one in own if (one.component == part if part else one.success)]
        return Section(title, tuple((one.id, one.wording(audience, language)) for one in chosen))

    return (
        *(section(said(one.name, language), one.id) for one in asked.components),
        section(desk.t(CHANGE), None),
    )


def scale_of(asked: AssessmentFile, language: str) -> tuple[Pair, ...]:
    """The steps to choose from, and not knowing."""
    steps = tuple((str(number), said(words, language)) for number, words in enumerate(asked.scale, 1))
    return (*steps, ("0", said(asked.unknown, language)))
