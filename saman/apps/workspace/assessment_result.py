"""What a closed round has shown: figures of each group side by side, where views differ, what has changed since before.

No figure is about fewer than five, and there is none for the region as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations

import msgspec

from saman.apps.workspace.assessment_picture import Picture, picture
from saman.apps.workspace.assessment_texts import GROUPS, PARTY, SUCCESSES
from saman.apps.workspace.assessment_views import Pair, file_of, today_of
from saman.apps.workspace.desk import Desk
from saman.flows.governance.assessment import Held, State, rounds, state_of
from saman.flows.governance.mandate import Matter
from saman.kernel.outcome import Refusal
from saman.model.care.assessment import AssessmentFile, Audience, Statement
from saman.model.care.basis import said
from saman.record.assessment import Figure, close_answers, comments, figures

MOST_DIFFERENCES = 6
LEAST_DIFFERENCE = Decimal("0.5")
LEAST_CHANGE = Decimal("0.3")
"""Of smaller ones nothing is said: they can come from the rounding and from a few who did not answer."""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A group that is shown: its name, how many have answered, and of how many asked, if that is known."""

    audience: str
    party: str
    name: str
    answered: int
    invited: int | None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A statement with the mean of each column; None where fewer than five had a view, or were not asked."""

    id: str
    part: str
    factor: str
    words: str
    means: tuple[Decimal | None, ...]


class Part(msgspec.Struct, frozen=True):
    """A component with its context factors, or the success factors."""

    title: str
    rows: tuple[Row, ...]


class View(msgspec.Struct, frozen=True):
    """What a group was asked, in its own words, and how it sees it."""

    group: str
    words: str
    mean: Decimal
    answered: int


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Two groups that see something differently, the higher figure first."""

    part: str
    factor: str
    higher: View
    lower: View
    apart: Decimal


class Change(msgspec.Struct, frozen=True):
    """A statement in this round and the one before, for each column that both have; None where one lacks it."""

    words: str
    part: str
    factor: str
    steps: tuple[tuple[Decimal, Decimal, Decimal] | None, ...]


class Changes(msgspec.Struct, frozen=True):
    """What has changed since a round before."""

    since: str
    columns: tuple[str, ...]
    rows: tuple[Change, ...]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A closed round; `hidden` are groups that were asked and are not shown."""

    id: str
    name: str
    since: date
    until: date
    ours: str
    reason: str
    columns: tuple[Column, ...]
    parts: tuple[Part, ...]
    pictures: tuple[Picture, ...]
    hidden: tuple[str, ...]
    scale: tuple[Pair, ...]
    differences: tuple[Difference, ...]
    changes: Changes | None
    words: tuple[tuple[str, tuple[str, ...]], ...] | None


async def result_page(desk: Desk, held: Held) -> Result | Refusal:
    """A closed round as it may be told."""
    asked = file_of(desk)
    if isinstance(asked, Refusal):
        return asked
    store = desk.record.store
    await close_answers(store, held.id, today_of(desk))
    found = await figures(store, held.id)
    columns = _columns(desk, held, found)
    parts = _parts(desk, asked, columns, found)
    names = [one.name for one in columns]
    titles = tuple(said(one.name, desk.words.language) for one in asked.components)
    return Result(
        id=held.id, name=held.body.name, since=held.body.since, until=held.body.until,
        ours=said(asked.ours, desk.words.language), reason=held.reason if held.is_ended else "",
        columns=columns, parts=parts, hidden=_hidden(desk, held, columns),
        pictures=tuple(
            picture(desk, number, column, titles, _grid(parts, number)) for number, column in enumerate(names)
        ),
        scale=tuple((str(step), said(words, desk.words.language)) for step, words in enumerate(asked.scale, 1)),
        differences=_differences(desk, asked, columns, parts),
        changes=await _changes(desk, held, asked, columns, found),
        words=await _words(desk, held) if desk.may(Matter.ASSESSMENT) else None,
    )  # fmt: skip


def _columns(desk: Desk, held: Held, found: Sequence[Figure]) -> tuple[Column, ...]:
    """Leaders, staff and citizens, then parties by name."""
    order = [one.value for one in GROUPS]
    whole = [one for one in found if one.statement == ""]
    whole.sort(key=lambda one: (one.party != "", order.index(one.audience), desk.party(one.party).casefold()))
    return tuple(
        Column(
            audience=one.audience, party=one.party, answered=one.answered,
            name=desk.t(PARTY, party=desk.party(one.party)) if one.party else _group(desk, one.audience),
            invited=None if one.party else held.body.invited.get(one.audience),
        )
        for one in whole
    )  # fmt: skip


def _group(desk: Desk, audience: str) -> str:
    return desk.t(GROUPS[Audience(audience)])


def _parts(desk: Desk, asked: AssessmentFile, columns: Sequence[Column], found: Sequence[Figure]) -> tuple[Part, ...]:
    language = desk.words.language
    means = {(one.audience, one.party, one.statement): one.mean for one in found}
    factors = {one.id: said(one.name, language) for one in (*asked.factors, *asked.successes)}

    def row(part: str, one: Statement) -> Row:
        values = tuple(means.get((column.audience, column.party, one.id)) for column in columns)
        words = one.wording(Audience.STAFF, language)
        return Row(id=one.id, part=part, factor=factors[one.factor or one.success or ""], words=words, means=values)

    def part(title: str, chosen: Sequence[Statement]) -> Part:
        return Part(title, tuple(row(title, one) for one in chosen))

    components = (
        part(said(each.name, language), [one for factor in asked.factors for one in asked.cell(each.id, factor.id)])
        for each in asked.components
    )
    return (*components, part(desk.t(SUCCESSES), [one for one in asked.statements if one.success]))


def _grid(parts: Sequence[Part], column: int) -> tuple[tuple[tuple[str, Decimal | None], ...], ...]:
    """For each part the name and mean of every row in one column."""
    return tuple(tuple((row.factor, row.means[column]) for row in part.rows) for part in parts)


def _hidden(desk: Desk, held: Held, columns: Sequence[Column]) -> tuple[str, ...]:
    shown = {(one.audience, one.party) for one in columns}
    groups = [_group(desk, one) for one in held.body.groups if (one, "") not in shown]
    wanted = held.body.parties if Audience.STAFF.value in held.body.groups else ()
    return (*groups, *(desk.party(one) for one in wanted if (Audience.STAFF.value, one) not in shown))


def _differences(
    desk: Desk, asked: AssessmentFile, columns: Sequence[Column], parts: Sequence[Part]
) -> tuple[Difference, ...]:
    """Where leaders, staff and citizens are furthest apart. Parties are never held against each other."""
    found = []
    for row in (row for part in parts for row in part.rows):
        views = _views(desk, asked, columns, row)
        for one, other in combinations(views, 2):
            lower, higher = sorted((one, other), key=lambda view: view.mean)
            apart = higher.mean - lower.mean
            found.append(Difference(part=row.part, factor=row.factor, higher=higher, lower=lower, apart=apart))
    large = [one for one in found if one.apart >= LEAST_DIFFERENCE]
    return tuple(sorted(large, key=lambda one: -one.apart)[:MOST_DIFFERENCES])


def _views(desk: Desk, asked: AssessmentFile, columns: Sequence[Column], row: Row) -> list[View]:
    statement = next(one for one in asked.statements if one.id == row.id)
    language = desk.words.language
    return [
        View(column.name, statement.wording(Audience(column.audience), language), mean, column.answered)
        for column, mean in zip(columns, row.means, strict=True)
        if mean is not None and not column.party
    ]


async def _changes(
    desk: Desk, held: Held, asked: AssessmentFile, columns: Sequence[Column], found: Sequence[Figure]
) -> Changes | None:
    today = today_of(desk)
    earlier = [
        one
        for one in await rounds(desk.record.store, today)
        if state_of(one, today) is State.CLOSED and (one.body.since, one.id) < (held.body.since, held.id)
    ]
    if not earlier:
        return None
    before = await figures(desk.record.store, earlier[0].id)
    there = {(one.audience, one.party) for one in before}
    kept = [one for one in columns if (one.audience, one.party) in there]
    rows = [
        Change(now.words, now.part, now.factor, tuple(map(_step, then.means, now.means)))
        for now, then in zip(_rows(desk, asked, kept, found), _rows(desk, asked, kept, before), strict=True)
    ]
    told = tuple(one for one in rows if any(step and abs(step[2]) >= LEAST_CHANGE for step in one.steps))
    return Changes(earlier[0].body.name, tuple(one.name for one in kept), told)


def _rows(desk: Desk, asked: AssessmentFile, columns: Sequence[Column], found: Sequence[Figure]) -> list[Row]:
    return [row for part in _parts(desk, asked, columns, found) for row in part.rows]


def _step(then: Decimal | None, now: Decimal | None) -> tuple[Decimal, Decimal, Decimal] | None:
    return (then, now, now - then) if then is not None and now is not None else None


async def _words(desk: Desk, held: Held) -> tuple[tuple[str, tuple[str, ...]], ...]:
    by_group: dict[str, list[str]] = {}
    for one in await comments(desk.record.store, held.id):
        by_group.setdefault(one.audience, []).append(one.said)
    return tuple((desk.t(words), tuple(by_group[one.value])) for one, words in GROUPS.items() if one.value in by_group)
