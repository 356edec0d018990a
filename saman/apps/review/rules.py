"""Trying rules of access before they are in force, for the data-protection officer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import date

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from saman.apps.region.names import DATA, QUESTIONS, STATUSES
from saman.apps.review.desk import Desk
from saman.apps.ui.locales import mark
from saman.apps.ui.pages import render
from saman.apps.ui.security import posted
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.access import Holder
from saman.model.access.row import Row
from saman.model.access.rulebook import Rulebook
from saman.model.access.trial import Shift
from saman.record.trial import OFFICER, Trial, trial

MOST_TRIED = 20_000
"""People on whom rules are tried from a page."""

FOR_OFFICERS = mark("This page is for data-protection officers.")
THEMSELVES = {Holder.CITIZEN.value: mark("The person"), Holder.RELATIVE.value: mark("Relatives")}

DeskFor = Callable[[Request], Desk]


class ShiftLine(msgspec.Struct, frozen=True, kw_only=True):
    """Who would gain or lose one kind of data, and about how many people."""

    who: str
    unit: str
    data: str
    people: int


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What a trial found; `persons` of `known` people were looked at."""

    persons: int
    known: int
    gains: tuple[ShiftLine, ...]
    loses: tuple[ShiftLine, ...]


class RowShown(msgspec.Struct, frozen=True, kw_only=True):
    """A row that nobody has confirmed, and the day from which it is in force where that is still to come."""

    id: str
    question: str
    status: str
    shape: str
    start: date | None = None


class RulesPage(msgspec.Struct, frozen=True, kw_only=True):
    """The rules as texts that can be changed for a trial, what is wrong with them, or what the trial found."""

    book: Rulebook
    problems: tuple[Issue, ...] = ()
    tried: Tried | None = None
    unconfirmed: tuple[RowShown, ...] = ()
    rows: int = 0


def routes(desk_for: DeskFor, book: Rulebook) -> list[BaseRoute]:
    """`/review/rules`: the rules in force and a place to try others."""

    async def show(request: Request) -> Response:
        desk = desk_for(request)
        return _page(request, desk, RulesPage(book=book))

    async def tried(request: Request) -> Response:
        desk = desk_for(request)
        fields = await posted(request)
        if isinstance(fields, Refusal):
            return _refusal(request, fields)
        proposed = msgspec.structs.replace(
            book, country=_lines(fields.get("country", "")), region=_lines(fields.get("region", ""))
        )
        view = await _tried(desk, proposed)
        return _refusal(request, view) if isinstance(view, Refusal) else _page(request, desk, view)

    return [Route("/review/rules", show, methods=["GET"]), Route("/review/rules", tried, methods=["POST"])]


def _page(request: Request, desk: Desk, view: RulesPage) -> Response:
    if desk.record.context.role != OFFICER:
        return _refusal(request, refused(Kind.FORBIDDEN, "forbidden", "For officers only.", key=FOR_OFFICERS))
    rows = desk.record.store.policy.rows
    view = msgspec.structs.replace(view, unconfirmed=tuple(_unconfirmed(desk, rows)), rows=len(rows))
    status = 422 if view.problems else 200
    return render(request, "review/rules.html", view, status, reviews=False)


def _refusal(request: Request, refusal: Refusal) -> Response:
    return render(request, "review/refusal.html", refusal, refusal.status, reviews=False)


async def _tried(desk: Desk, proposed: Rulebook) -> RulesPage | Refusal:
    policy = await asyncio.to_thread(proposed.read)
    if isinstance(policy, Refusal):
        return RulesPage(book=proposed, problems=policy.issues)
    found = await trial(desk.record, policy, most=MOST_TRIED)
    return found if isinstance(found, Refusal) else RulesPage(book=proposed, tried=_shown(desk, found))


def _shown(desk: Desk, found: Trial) -> Tried:
    listed = sorted(found.shifts.items(), key=lambda one: (one[0].party, one[0].role, one[0].domain))
    return Tried(
        persons=found.persons,
        known=found.known,
        gains=tuple(_line(desk, one, many) for one, many in listed if one.gains),
        loses=tuple(_line(desk, one, many) for one, many in listed if not one.gains),
    )


def _line(desk: Desk, one: Shift, people: int) -> ShiftLine:
    who = desk.t(THEMSELVES[one.kind]) if one.kind in THEMSELVES else desk.role(one.role)
    return ShiftLine(
        who=who, unit=desk.unit(one.party) if one.party else "", data=desk.t(DATA[one.domain.word]), people=people
    )


def _unconfirmed(desk: Desk, rows: Iterable[Row]) -> Iterator[RowShown]:
    for row in rows:
        if not row.confirmed:
            shape, words = STATUSES[row.status]
            question = desk.t(QUESTIONS.get(row.id, row.name))
            later = row.valid_from if row.valid_from and row.valid_from > desk.words.today else None
            yield RowShown(id=row.id, question=question, status=desk.t(words), shape=shape, start=later)


def _lines(text: str) -> str:
    """A text as files hold it; browsers end lines with two characters."""
    return text.replace("\r\n", "\n")
