"""The worklist of a unit, its rows, and what it asked of others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from saman.apps.team.delegation.needs import needs_shown
from saman.apps.team.delegation.views import NeedShown
from saman.apps.team.desk import Desk
from saman.apps.team.loop import KINDS, is_late, overdue, state_of, title_of
from saman.apps.team.shown import mark_shown, marks_of, person_line, readings_shown
from saman.apps.team.views import Button, FilterShown, MarksNote, PersonLine, Row, Section, Sent, State, Worklist
from saman.apps.ui.locales import mark
from saman.flows.directory import Named, name_of
from saman.flows.reading import in_language
from saman.flows.worklist.lines import Line, Lines, lines_of
from saman.flows.worklist.page import PAGE, Filter, ListPage, Wanted, list_page, moment_shown
from saman.kernel.outcome import Refusal
from saman.model.care import codes, worklist
from saman.model.care.work import OPEN
from saman.model.triage.marks import Marks, Sense
from saman.model.triage.order import ordered
from saman.model.triage.purpose import VERSION
from saman.record.work import OVERDUE, REQUESTED, REST, UNREAD, Item, Stretch, open_work

FILTERS = {
    Filter.ALL: mark("All"),
    Filter.UNREAD: mark("Unread"),
    Filter.OVERDUE: mark("Overdue"),
    Filter.REQUESTED: mark("Requested"),
    Filter.MINE: mark("Mine"),
}
GROUPS = {
    UNREAD: mark("Unread"),
    OVERDUE: mark("Overdue"),
    REQUESTED: mark("Asked for by the citizen"),
    REST: mark("By time received"),
}
BARRED = mark("You cannot take this")
MOST_SENT = 200
MOST_UNANSWERED = 3
"""Requests not answered in time that stand on the worklist of the unit that asked; the rest is a link away."""


async def worklist_page(desk: Desk, wanted: Wanted, *, by_marks: bool = False) -> Worklist | Refusal:
    """The worklist as asked for; `by_marks` shows marked items of the page first, where marks are on."""
    page = await list_page(desk.record, wanted, MOST_UNANSWERED + 1 if wanted == Wanted() else 0)
    if isinstance(page, Refusal):
        return page
    items = (*page.items, *page.late)
    lines = await lines_of(desk.record, desk.model, items, desk.language, looking_back=desk.marking.on)
    if isinstance(lines, Refusal):
        return lines
    needs = await needs_shown(desk, (one.task for one in lines.lines))
    view = build(desk, wanted, page, _among(lines, page.items), needs, by_marks=by_marks)
    unanswered = [
        _sent_row(desk, one, lines.names) for one in _among(lines, page.late).lines if is_late(one.task, view.made)
    ]
    return msgspec.structs.replace(
        view, unanswered=tuple(unanswered[:MOST_UNANSWERED]), more_unanswered=len(unanswered) > MOST_UNANSWERED
    )


def _among(lines: Lines, items: Sequence[Item]) -> Lines:
    wanted = {one.id for one in items}
    return Lines(lines=tuple(one for one in lines.lines if one.item.id in wanted), names=lines.names)


def build(
    desk: Desk,
    wanted: Wanted,
    page: ListPage,
    lines: Lines,
    needs: Mapping[str, tuple[NeedShown, ...]],
    *,
    by_marks: bool,
) -> Worklist:
    """The view of one page; `needs` are what its tasks need, by id."""
    marks = {one.item.id: _marks(desk, one) for one in lines.lines}
    by_marks = by_marks and desk.marking.on
    rows = {one.item.id: row_of(desk, one, lines.names, marks[one.item.id], needs) for one in lines.lines}
    return Worklist(
        title=desk.t(FILTERS[wanted.chosen]),
        unit=desk.called(desk.unit),
        made=desk.words.now,
        since=moment_shown(desk.record),
        total=page.counts[Filter.ALL],
        beyond=Filter.ALL in page.beyond,
        filters=tuple(_filters(desk, wanted, page)),
        places=_places(desk),
        place=wanted.place,
        in_place=wanted.start + len(page.items) if wanted.place else 0,
        more_in_place=bool(wanted.place) and page.more,
        chosen=wanted.chosen.value,
        sections=_by_marks(desk, lines, marks, rows) if by_marks else _sections(desk, lines.lines, rows),
        first=wanted.start + 1 if rows else 0,
        last=wanted.start + len(page.items),
        next=_address(wanted, wanted.start + PAGE) if page.more else "",
        marks=marks_note(desk, first=by_marks) if desk.is_centre or page_has_readings(lines) else None,
    )


def page_has_readings(lines: Lines) -> bool:
    """Whether anything on the page could be marked."""
    return any(one.readings or one.missed for one in lines.lines)


def marks_note(desk: Desk, *, first: bool = False) -> MarksNote | None:
    """What stands on the page wherever marks can be made; None when nobody has adopted the module."""
    return MarksNote(VERSION, desk.marking.on, first) if desk.adoption.on else None


def _marks(desk: Desk, line: Line) -> Marks:
    report = line.item.focus.partition("/")[2]
    earlier = tuple(one for one in line.earlier if one.report != report)
    return marks_of(desk, line.modules, line.readings, earlier, line.limits, line.services, line.missed)


def _filters(desk: Desk, wanted: Wanted, page: ListPage) -> Iterator[FilterShown]:
    for one, words in FILTERS.items():
        if one is Filter.UNREAD and not desk.is_centre:
            continue
        current = one is wanted.chosen and not wanted.place
        yield FilterShown(desk.t(words), page.counts[one], one in page.beyond, _address(Wanted(chosen=one)), current)


def _places(desk: Desk) -> tuple[str, ...]:
    served = desk.party.serves if desk.party else ()
    names = [place.name for code in served if (place := desk.model.place(code)) is not None]
    return tuple(sorted(names)) if len(names) > 1 else ()


def _address(wanted: Wanted, start: int = 0) -> str:
    named = {"place": wanted.place} if wanted.place else {"show": wanted.chosen.value}
    shown = named if wanted.place or wanted.chosen is not Filter.ALL else {}
    pairs = shown | ({"start": str(start)} if start else {})
    return f"/team?{urlencode(pairs)}" if pairs else "/team"


def _sections(desk: Desk, lines: Sequence[Line], rows: dict[str, Row]) -> tuple[Section, ...]:
    groups = (
        (title, [rows[one.item.id] for one in lines if one.item.group == group]) for group, title in GROUPS.items()
    )
    return tuple(Section(desk.t(title), tuple(held)) for title, held in groups if held)


def _by_marks(desk: Desk, lines: Lines, marks: dict[str, Marks], rows: dict[str, Row]) -> tuple[Section, ...]:
    items = (
        worklist.Item(
            id=one.item.id,
            received=one.item.received,
            unread=one.item.group == UNREAD,
            overdue=one.item.group == OVERDUE,
            requested=one.item.group == REQUESTED,
        )
        for one in lines.lines
    )
    found = ordered(desk.marking, items, marks, by_marks=True)
    return (Section("", tuple(rows[one.id] for one in found)),)


def row_of(
    desk: Desk, line: Line, names: dict[str, Named], marks: Marks, needs: Mapping[str, tuple[NeedShown, ...]]
) -> Row:
    """One row."""
    item, now = line.item, desk.record.context.now
    person = person_line(desk, item.person or "", line.person)
    is_report = item.kind == codes.READ_REPORT
    holder = names.get(item.claimed_by)
    lacks = any(one.lacks for one in needs.get(item.id, ()))
    return Row(
        task=item.id,
        version=line.version,
        kind=item.kind,
        address=_opens(item, person),
        person=person,
        state=state_of_item(desk, item, line.task),
        unread=item.group == UNREAD and item.status in OPEN,
        readings=readings_shown(desk, line.readings, line.limits, marks.marks),
        marks=tuple(mark_shown(desk, one) for one in marks.marks if one.sense is Sense.MISSED),
        text="" if is_report else title_of(desk, line.task),
        sub="" if is_report else in_language(line.task, "description", desk.language),
        comment=line.comment,
        received=item.received,
        due=item.due,
        late=item.due is not None and item.due < now,
        holder=(holder.name if holder else desk.t(mark("Somebody"))) if item.claimed_by else "",
        mine=bool(item.claimed_by) and item.claimed_by == desk.record.context.actor,
        buttons=tuple(_buttons(desk, item, lacks=lacks)) if item.owner == desk.unit else (),
        needs=needs.get(item.id, ()),
        barred=desk.t(BARRED) if lacks and not item.claimed_by and item.status in OPEN else "",
    )


def _opens(item: Item, person: PersonLine) -> str:
    if item.kind == codes.HOME_VISIT:
        return f"/team/requests/{item.id}"
    if item.kind == codes.MESSAGE and person.id:
        return f"/team/messages/{person.id}"
    return f"/team/people/{person.id}" if person.id else ""


def state_of_item(desk: Desk, item: Item, task: dict[str, Any]) -> State:
    """The state of one row as a shape and words."""
    now = desk.record.context.now
    if item.kind == codes.HOME_VISIT:
        return state_of(desk, task)
    if item.status not in OPEN:
        return State("done", desk.t(mark("Done")))
    if item.group == UNREAD:
        return State("unread", desk.t(mark("Unread")))
    if item.due is not None and item.due < now:
        return State("overdue", overdue(desk, now, item.due))
    if item.claimed_by:
        return State("todo", desk.t(mark("Claimed")))
    if item.kind == codes.CONTACT_WISH:
        return State("waiting", desk.t(mark("Requested")))
    return State("waiting", desk.t(mark("To be read") if item.kind == codes.LIMIT_CHANGED else mark("To be answered")))


def _buttons(desk: Desk, item: Item, *, lacks: bool = False) -> Iterator[Button]:
    """What can be done with a row; with `lacks` nothing that the record would refuse for want of competence."""
    mine = item.claimed_by == desk.record.context.actor
    if item.status not in OPEN:
        return
    if not item.claimed_by and not lacks:
        yield Button(act="claim", words=desk.t(mark("Claim")), key="c")
    elif mine:
        yield Button(act="release", words=desk.t(mark("Release")), key="c")
    if item.kind != codes.HOME_VISIT and (mine or not item.claimed_by) and not lacks:
        yield Button(act="acknowledge", words=desk.t(mark("Acknowledge")), key="e", main=True)


async def one_row(desk: Desk, item: Item) -> Row | Refusal:
    """One row anew, after something was done with it."""
    lines = await lines_of(desk.record, desk.model, (item,), desk.language, looking_back=desk.marking.on)
    if isinstance(lines, Refusal):
        return lines
    (line,) = lines.lines
    return row_of(desk, line, lines.names, _marks(desk, line), await needs_shown(desk, [line.task]))


async def sent_page(desk: Desk) -> Sent | Refusal:
    """What the unit asked of others: not answered in time first."""
    stretch = Stretch(party=desk.unit, sent=True, count=MOST_SENT)
    items = await open_work(desk.record.store, desk.record.context, stretch)
    lines = await lines_of(desk.record, desk.model, items, desk.language, looking_back=False)
    if isinstance(lines, Refusal):
        return lines
    rows = [(one, _sent_row(desk, one, lines.names)) for one in lines.lines]
    now = desk.record.context.now
    return Sent(
        late=tuple(row for one, row in rows if is_late(one.task, now)),
        others=tuple(row for one, row in rows if not is_late(one.task, now)),
        unit=desk.called(desk.unit),
    )


def _sent_row(desk: Desk, line: Line, names: dict[str, Named]) -> Row:
    item = line.item
    return Row(
        task=item.id,
        version=line.version,
        kind=item.kind,
        address=f"/team/requests/{item.id}",
        person=person_line(desk, item.person or "", line.person),
        state=state_of(desk, line.task),
        unread=False,
        text=desk.t(KINDS.get(item.kind, mark("Task"))),
        sub=in_language(line.task, "description", desk.language),
        received=item.received,
        due=item.due,
        late=is_late(line.task, desk.record.context.now),
        holder=desk.called(item.owner),
        comment=_sender(line, names),
    )


def _sender(line: Line, names: dict[str, Named]) -> str:
    """The name of who asked, as far as the reader may know it."""
    sender = names.get(line.item.requester)
    if sender is not None:
        return sender.name
    own = line.item.requester == f"Patient/{line.item.person}"
    return name_of(line.person) if own and line.person is not None else ""


def is_practice(desk: Desk) -> bool:
    """Whether the user's unit is a general practice, which reads summaries."""
    return desk.party is not None and desk.party.is_practice
