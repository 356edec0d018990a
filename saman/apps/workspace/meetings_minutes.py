"""The minutes of a meeting as a file: what its page shows, in the reader's language, to be set by Typst.

Source of what minutes hold: the page of the meeting, so that neither says what the other does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from saman.apps.papers.frame import UNREAD
from saman.apps.papers.pdf import is_whole, tagged_aside
from saman.apps.ui.locales import mark
from saman.apps.workspace.changes_pages import who
from saman.apps.workspace.desk import Desk
from saman.apps.workspace.meetings_pages import meeting_page
from saman.apps.workspace.meetings_views import ActionLine, ChairShown, DecisionShown, MeetingPage, PointShown
from saman.flows.governance.meetings import MEETINGS, Meeting
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.workspace import Item

SET: Final = Path(__file__).parent / "templates" / "minutes.typ"
MOST: Final = 200_000
"""Bytes of minutes, as JSON: some sixty pages. What is longer would take too much of the server's memory."""

VOTED: Final = (mark("For: %(names)s"), mark("Against: %(names)s"), mark("Abstained: %(names)s"))


class Table(msgspec.Struct, frozen=True):
    """Rows under a heading each, with how wide their columns are beside each other."""

    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]


class Entry(msgspec.Struct, frozen=True):
    """A decision: whether it is carried, what it is, and what belongs to it."""

    label: str
    text: str
    below: tuple[str, ...]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A part with its heading: quiet lines, what was said, numbered items, decisions, a table."""

    heading: str
    lines: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    table: Table | None = None


class Minutes(msgspec.Struct, frozen=True, kw_only=True):
    """Minutes ready to be set."""

    lang: str
    title: str
    page: str
    standing: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()


class File(msgspec.Struct, frozen=True):
    """A file to be sent: its name and its bytes."""

    name: str
    body: bytes


async def minutes_file(desk: Desk, item: Item[Meeting]) -> File | Refusal:
    """The minutes as PDF; refused where they are too long, or none can be made."""
    view = await meeting_page(desk, item)
    if isinstance(view, Refusal):
        return view
    told = minutes(desk, view, await _writers(desk, item))
    if len(msgspec.json.encode(told)) > MOST:
        text = "These minutes are too long for one PDF. Print the page instead."
        return refused(Kind.TOO_COSTLY, "too-costly", text, key="meetings.pdf-long")
    body = await tagged_aside(SET, told, desk.words.today)
    return body if isinstance(body, Refusal) else File(f"minutes-{view.body}-{view.on.isoformat()}.pdf", body)


async def _writers(desk: Desk, item: Item[Meeting]) -> tuple[str, ...]:
    """Who called the meeting or wrote in its minutes, in the order in which they began."""
    past = [one for one in await MEETINGS.past(desk.record.store, item.id) if one.body.approved is None]
    authors = tuple(dict.fromkeys(one.author for one in reversed(past)))
    names = await desk.names(authors)
    return tuple(dict.fromkeys(who(desk, names, one) for one in authors))


def minutes(desk: Desk, view: MeetingPage, writers: Iterable[str]) -> Minutes:
    """The minutes in the reader's language."""
    day = desk.words.full_date(view.on)
    told = Minutes(
        lang=desk.words.language,
        title=desk.t(mark("Minutes: %(name)s, %(day)s"), name=view.name, day=day.replace(" ", "\N{NO-BREAK SPACE}")),
        page=desk.t(mark("Page")),
        standing=desk.t(mark("Minutes approved") if view.approved else mark("Minutes not approved yet")),
        facts=tuple(_facts(desk, view)),
        sections=(
            _presence(desk, view.chairs),
            Section(
                heading=desk.t(mark("Agenda")),
                lines=() if view.points else (desk.t(mark("Nothing is on the agenda yet.")),),
                items=tuple(" – ".join((one.title, *_brought(desk, one))) for one in view.points),
            ),
            *(_point(desk, one) for one in view.points),
            _actions(desk, view),
            Section(heading=desk.t(mark("Written and approved")), said=tuple(_signed(desk, view, writers))),
        ),
    )
    return msgspec.structs.replace(told, notes=tuple(_notes(desk, told)))


def _facts(desk: Desk, view: MeetingPage) -> Iterator[tuple[str, str]]:
    there = mark("%(there)s of %(all)s, %(voting)s with a vote")
    yield desk.t(mark("Body")), view.name
    yield desk.t(mark("Day")), desk.words.full_date(view.on)
    yield desk.t(mark("Time")), view.time or "–"
    yield desk.t(mark("Place")), view.place or "–"
    yield desk.t(mark("There")), desk.t(there, there=view.there, all=len(view.chairs), voting=view.voting)
    yield desk.t(mark("How it votes")), view.rule


def _presence(desk: Desk, chairs: tuple[ChairShown, ...]) -> Section:
    here = tuple((one.name, one.party or "–", _sat(desk, one)) for one in chairs if one.presence)
    away = ", ".join(one.name for one in chairs if not one.presence)
    columns = desk.t(mark("Seat")), desk.t(mark("Party")), desk.t(mark("Who sat there"))
    return Section(
        heading=desk.t(mark("Who was there")),
        lines=(
            *(() if here else (desk.t(mark("Nobody is noted yet.")),)),
            *((desk.t(mark("Not there: %(names)s"), names=away),) if away else ()),
        ),
        table=Table(columns, (3, 3, 3), here) if here else None,
    )


def _sat(desk: Desk, chair: ChairShown) -> str:
    """Who sat on a chair: the member, a deputy and who that is by the rules of the body, or an observer."""
    if chair.presence == "deputy" and chair.deputy:
        return desk.t(mark("a deputy: %(deputy)s"), deputy=chair.deputy)
    return chair.words if chair.has_vote else f"{chair.words}, {desk.t(mark('no vote'))}"


def _brought(desk: Desk, point: PointShown) -> tuple[str, ...]:
    return (desk.t(mark("brought by %(party)s"), party=point.party),) if point.party else ()


def _point(desk: Desk, point: PointShown) -> Section:
    return Section(
        heading=f"{point.number}. {point.title}",
        lines=(*_brought(desk, point), *_lines(point.background)),
        said=_lines(point.said),
        entries=tuple(_decision(desk, one) for one in point.decisions),
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.splitlines() if line.strip())


def _decision(desk: Desk, one: DecisionShown) -> Entry:
    count = {"for": one.votes_for, "against": one.against, "abstained": one.abstained}
    votes = desk.t(mark("%(for)s for, %(against)s against, %(abstained)s abstained."), **count)
    voters = (desk.t(words, names=", ".join(names)) for words, names in zip(VOTED, one.voters, strict=True) if names)
    reason = desk.t(mark("Why:"))
    about = desk.t(mark("Proposal: %(subject)s"), subject=one.subject)
    return Entry(
        label=desk.t(mark("Decided:") if one.carried else mark("Not carried:")),
        text=" ".join(one.text.split()),
        below=(
            *((f"{reason} {' '.join(one.reason.split())}",) if one.reason else ()),
            f"{votes} {one.rule}",
            *voters,
            *((about,) if one.subject else ()),
        ),
    )


def _actions(desk: Desk, view: MeetingPage) -> Section:
    noted = [(str(point.number), one) for point in view.points for one in point.actions]
    rows = tuple(_action(desk, number, one) for number, one in (*noted, *(("–", one) for one in view.loose)))
    heads = mark("Point"), mark("Action"), mark("Who"), mark("Due"), mark("State")
    stood = desk.t(mark("As it stood on %(day)s."), day=desk.words.full_date(desk.words.today))
    return Section(
        heading=desk.t(mark("Actions")),
        lines=(stood if rows else desk.t(mark("No action is noted.")),),
        table=Table(tuple(map(desk.t, heads)), (2, 7, 6, 4, 3), rows) if rows else None,
    )


def _action(desk: Desk, point: str, one: ActionLine) -> tuple[str, ...]:
    state = mark("done") if one.is_done else mark("late") if one.is_late else mark("to do")
    return point, one.text, one.who, desk.words.full_date(one.due), desk.t(state)


def _signed(desk: Desk, view: MeetingPage, writers: Iterable[str]) -> Iterator[str]:
    yield desk.t(mark("Written by %(names)s."), names="; ".join(writers))
    if view.approved is None:
        yield desk.t(mark("Minutes not approved yet"))
        return
    day = desk.words.full_date(view.approved_at) if view.approved_at else "–"
    noted = mark("Approved at the meeting on %(day)s; noted by %(who)s, %(moment)s.")
    yield desk.t(noted, day=day, who=view.approved_by, moment=desk.words.moment(view.approved))


def _notes(desk: Desk, told: Minutes) -> Iterator[str]:
    """What a reader has to know of the file: signs that its letters lack, words that nobody has read yet."""
    if not is_whole(msgspec.json.encode(told).decode()):
        yield desk.t(mark("Where � stands, the letters of this file lack a sign. The page of the meeting has it."))
    unread = desk.t(UNREAD)
    if desk.words.shown_unreviewed:
        yield unread
