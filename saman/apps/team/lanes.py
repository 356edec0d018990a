"""Who was asked and who has answered, as two lanes over time. Pure; coordinates have one decimal."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from markupsafe import Markup

from saman.apps.team.desk import Desk
from saman.apps.team.loop import WAITING, due_of, is_late, sent_for
from saman.apps.ui.locales import mark
from saman.flows.reading import authored, moment_of

Resource = dict[str, Any]

LEFT: Final = 214
WIDTH: Final = 774
DAY = timedelta(days=1)
STEPS = (timedelta(hours=1), timedelta(hours=3), timedelta(hours=6), timedelta(hours=12), DAY, 7 * DAY, 28 * DAY)


class Axis(msgspec.Struct, frozen=True):
    """Maps moments to the picture."""

    first: datetime
    last: datetime

    def x(self, moment: datetime) -> float:
        """Horizontal place of a moment, kept within the lane."""
        share = (moment - self.first) / (self.last - self.first)
        return round(LEFT + WIDTH * min(1.0, max(0.0, share)), 1)


def lanes(desk: Desk, task: Resource, answered: datetime | None) -> Markup:
    """The picture; `answered` is when a person at the receiver first answered, None while nobody has."""
    now = desk.record.context.now
    sent, due = authored(task), due_of(task)
    end = task.get("executionPeriod", {}).get("end")
    closed = task["status"] not in (*WAITING, "accepted", "in-progress", "on-hold")
    until = moment_of(end) if closed and end else now
    axis = Axis(
        sent - timedelta(minutes=10), max(until, due or until, sent + timedelta(hours=1)) + timedelta(minutes=20)
    )
    parts = [
        *_lane(60, desk.called(sent_for(task)), desk.t(mark("asked"))),
        *_lane(120, desk.called(task.get("owner", {}).get("reference", "")), desk.t(mark("is to answer"))),
        *_ticks(desk, axis),
        _bar(axis, 66, sent, until, "ack"),
        _answer(axis, task, sent, answered, until, now),
        Markup('<circle cx="{}" cy="143" r="6" class="ack"/>').format(axis.x(sent)),
        *(_line(axis, due, "latel" if is_late(task, now) else "lim", desk.t(mark("answer due"))) if due else ()),
        *(_line(axis, now, "nowl", desk.t(mark("now"))) if not closed else ()),
    ]
    title = desk.t(mark("Who was asked and who has answered"))
    return Markup(
        '<svg class="chart" viewBox="0 0 1000 208" role="img" aria-labelledby="ln-t"><title id="ln-t">{}</title>'
        '<defs><pattern id="hatch-risk" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><line class="hatch-risk" x1="0" y1="0" x2="0" y2="7" stroke-width="2.5"/>'
        "</pattern></defs>{}</svg>"
    ).format(title, Markup("").join(parts))


def _lane(y: int, who: str, what: str) -> tuple[Markup, ...]:
    lane = Markup('<rect class="lane" x="{}" y="{}" width="{}" height="46" rx="6"/>').format(LEFT, y, WIDTH)
    name = Markup('<text class="ink" x="204" y="{}" text-anchor="end">{}</text>').format(y + 21, who[:30])
    return lane, name, Markup('<text x="204" y="{}" text-anchor="end" class="t12">{}</text>').format(y + 37, what)


def _bar(axis: Axis, y: int, start: datetime, end: datetime, kind: str) -> Markup:
    wide = max(2.0, round(axis.x(end) - axis.x(start), 1))
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="34" rx="5"/>').format(kind, axis.x(start), y, wide)


def _answer(
    axis: Axis, task: Resource, sent: datetime, answered: datetime | None, until: datetime, now: datetime
) -> Markup:
    """What lies between the request and its answer, then the answer: hatched where an answer is late."""
    waited = answered or (until if task["status"] in WAITING else sent)
    due = due_of(task)
    late = due is not None and due < waited and task["status"] in WAITING
    hatched = _bar(axis, 126, due, now, "risk") if late and due is not None else Markup("")
    return hatched + (_bar(axis, 126, answered, until, "hold") if answered else Markup(""))


def _line(axis: Axis, moment: datetime, kind: str, words: str) -> tuple[Markup, ...]:
    x = axis.x(moment)
    y = 50 if kind == "nowl" else 36
    line = Markup('<line class="{}" x1="{x}" x2="{x}" y1="54" y2="172" stroke-width="2"/>').format(kind, x=x)
    anchor = "end" if x > 700 else "start"
    return line, Markup('<text class="ink t12" x="{}" y="{}" text-anchor="{}">{}</text>').format(x, y, anchor, words)


def _ticks(desk: Desk, axis: Axis) -> list[Markup]:
    span = axis.last - axis.first
    step = next((one for one in STEPS if span / one <= 7), STEPS[-1])
    at = desk.words.local(axis.first).replace(minute=0, second=0, microsecond=0)
    if step >= DAY:
        at = at.replace(hour=0)
    marks = []
    while (at := at + step) < axis.last:
        words = desk.words.short_date(at) if step >= DAY else desk.words.short_moment(at)
        x = axis.x(at)
        marks.append(
            Markup('<path class="grid" d="M{x} 56V170"/><text x="{x}" y="192" class="t12">{}</text>').format(words, x=x)
        )
    return marks
