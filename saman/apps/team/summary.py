"""The last 30 days of a person followed at home, on one page that can be printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.team import around
from saman.apps.team.desk import Desk
from saman.apps.team.loop import KINDS, kind_of, reason_of, report_back
from saman.apps.team.person import Held, banner_of, comments, held
from saman.apps.team.show import show
from saman.apps.team.shown import limit_text
from saman.apps.team.views import SummaryLine, SummaryPage
from saman.apps.ui.locales import mark
from saman.flows.monitoring.enrolment import Enrolment
from saman.flows.monitoring.series import Reading, latest
from saman.flows.reading import in_language, modified
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care import codes
from saman.model.care.calendar import due_times, local
from saman.model.care.measurement import Quantity

DAYS = 30
MOST_DONE = 12


async def summary(request: Request, desk: Desk) -> Response:
    """The page."""
    found = await held(desk, request.path_params["person"])
    view = found if isinstance(found, Refusal) else build(desk, found)
    return show(request, "team/summary.html", view)


def build(desk: Desk, found: Held) -> SummaryPage | Refusal:
    """The view of what is held; refused as absent where nothing from home may be seen."""
    if found.enrolment is None:
        return refused(Kind.NOT_FOUND, "not-found", "There is no such summary.", key="record.not-found")
    last = desk.words.today
    first = last - timedelta(days=DAYS - 1)
    inside = tuple(one for one in found.readings if desk.words.local(one.when).date() >= first)
    agreed = agreed_days(desk, found.enrolment, first)
    came = {desk.words.local(one.when).date() for one in inside}
    return SummaryPage(
        id=found.id,
        banner=banner_of(desk, found),
        first=first,
        last=last,
        service=desk.said(found.enrolment.service.name),
        agreed=len(agreed),
        missed=tuple(day for day in agreed if day not in came),
        lines=tuple(_lines(desk, found.enrolment, inside)),
        done=tuple(_done(desk, found, first))[:MOST_DONE],
        comments=tuple((day, text) for day, text in comments(desk, found.reports) if day >= first),
        plan=around.plan_lines(desk, found.plans, found.names),
        made=desk.words.now,
    )


def agreed_days(desk: Desk, enrolment: Enrolment, first: date) -> tuple[date, ...]:
    """The days on which a report was agreed and whose time for it is over."""
    now, country = desk.record.context.now, desk.model.country
    start = datetime(first.year, first.month, first.day, tzinfo=desk.words.zone)
    due = [one for _, schedule in enrolment.asked.measurements for one in due_times(schedule, country, start, now)]
    return tuple(sorted({local(country, one.opens).date() for one in due if one.closes < now}))


def _lines(desk: Desk, enrolment: Enrolment, readings: Sequence[Reading]) -> Iterator[SummaryLine]:
    for measured, quantity in desk.model.quantities.values():
        own = [one for one in readings if one.quantity == quantity.id]
        if own:
            name = desk.said(quantity.name if len(measured.quantities) > 1 else measured.name)
            yield line_of(desk, name, quantity, enrolment, own)


def line_of(
    desk: Desk, name: str, quantity: Quantity, enrolment: Enrolment, readings: Sequence[Reading]
) -> SummaryLine:
    """One measure: lowest, median, highest, newest, and on how many days it was outside the own limit."""
    values = [one.value for one in readings]
    limit = enrolment.limit(quantity.id)
    number = desk.words.number
    outside = {
        desk.words.local(one.when).date()
        for one in readings
        if limit is not None
        and ((limit.low is not None and one.value < limit.low) or (limit.high is not None and one.value > limit.high))
    }
    newest = latest(readings, quantity.id)
    return SummaryLine(
        name=name,
        unit=quantity.unit.text,
        limit=limit_text(desk, limit.low, limit.high) if limit else "",
        set_by=f"{limit.set_by}, {desk.words.short_date(limit.set_on)}" if limit else "",
        lowest=number(min(values)),
        median=number(_rounded(median(values), quantity), quantity.decimals),
        highest=number(max(values)),
        latest=number(newest.value) if newest else "",
        outside=len(outside),
        days=len({desk.words.local(one.when).date() for one in readings}),
    )


def _rounded(value: Decimal, quantity: Quantity) -> Decimal:
    return round(Decimal(value), quantity.decimals) if quantity.decimals else Decimal(round(value))


def _done(desk: Desk, found: Held, first: date) -> Iterator[tuple[datetime, str, str]]:
    """What was done besides reading reports, newest first."""
    for stored in found.tasks:
        task = stored.resource()
        when = modified(task)
        kind = kind_of(task)
        if desk.words.local(when).date() < first or kind == codes.READ_REPORT:
            continue
        told = report_back(desk, task) or reason_of(desk, task) or in_language(task, "description", desk.language)
        yield when, desk.t(KINDS.get(kind, mark("Task"))), told
