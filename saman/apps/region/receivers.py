"""Who takes what comes, around the week: receivers, when the citizen is asked, hours that nobody takes, examples."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
from markupsafe import Markup

from saman.apps.region import week
from saman.apps.region.facts import NOT_KNOWN, Ground, Said, Teller
from saman.apps.region.people import role_name
from saman.apps.ui.locales import together
from saman.apps.ui.pages import capfirst
from saman.model.care.calendar import answer_by, holidays_on
from saman.model.care.country import Country
from saman.model.care.coverage import DAY, uncovered
from saman.model.care.monitoring import Monitoring
from saman.model.care.party import Hours, Party
from saman.model.care.service_model import Receiver, ServiceModel

WEEK = timedelta(days=7)
EXAMPLES = ((1, time(10)), (4, time(21)))
"""Weekday and time of the examples: within opening hours of most, and as the weekend begins."""


class ReceiverLine(msgspec.Struct, frozen=True):
    """Who takes what, when."""

    name: Said
    takes: Said
    hours: str
    ground: Ground


class Example(msgspec.Struct, frozen=True):
    """A report in an ordinary week: when it is sent, from when it is read, by when it is answered."""

    sent: str
    read: str
    answered: str


class Week(msgspec.Struct, frozen=True):
    """The drawing and its twin; `asked` says when the citizen is asked, `gaps` which hours nobody takes."""

    svg: Markup
    receivers: tuple[ReceiverLine, ...]
    asked: str
    gaps: tuple[str, ...]
    examples: tuple[Example, ...]


def receiver_week(tell: Teller, service: ServiceModel) -> Week:
    """An ordinary week of a service."""
    receivers = tuple(_receiver(tell, one) for one in service.receivers)
    asked = _asked_bars(service.monitoring) if service.monitoring else ()
    empty = tuple(dict.fromkeys(span for _, spans in uncovered(tell.model, service) for span in spans))
    gettext = tell.gettext
    rows = [week.Row(gettext("The citizen is asked"), asked)] if asked else []
    for one in service.receivers:
        if hours := _hours(tell, one):
            rows.append(week.Row(capfirst(receiver_name(tell, one).text), week.bars(hours)))
    if empty:
        rows.append(week.Row(gettext("Nobody"), tuple(bar for span in empty for bar in _split(span, "n-o"))))
    about = ". ".join(f"{line.name.text}: {line.hours}" for line in receivers)
    title = gettext("Who takes it, around the week")
    return Week(
        svg=week.draw(f"week-{service.id}", title, about, week.day_names(tell.words), rows),
        receivers=receivers,
        asked=", ".join(dict.fromkeys(_times(tell, asked))),
        gaps=tuple(_span_words(tell, span) for span in empty),
        examples=tuple(_examples(tell, service)),
    )


def receiver_name(tell: Teller, receiver: Receiver) -> Said:
    """What a receiver is called; a number of the country with the number."""
    if receiver.number is None:
        return role_name(tell, receiver.role or "")
    number = tell.model.numbers.get(receiver.number)
    if number is None:
        return Said(receiver.number)
    said = tell.said(number.text)
    return Said(f"{said.text}, {together(number.shown)}", said.lang)


def _receiver(tell: Teller, receiver: Receiver) -> ReceiverLine:
    hours = _hours(tell, receiver)
    return ReceiverLine(
        name=receiver_name(tell, receiver),
        takes=tell.said(receiver.takes),
        hours=week.hours_words(hours, tell.words) if hours else "",
        ground=tell.ground(receiver, hours) if hours else NOT_KNOWN,
    )


def _hours(tell: Teller, receiver: Receiver) -> Hours | None:
    """The receiver's own hours, else those of the first party that fills the role; regions keep them alike."""
    if receiver.hours is not None:
        return receiver.hours
    party = _filling(tell, receiver)
    return party.hours if party else None


def _filling(tell: Teller, receiver: Receiver) -> Party | None:
    return next(
        (
            party
            for party in tell.model.parties
            if party.kind is receiver.party_kind and receiver.role in party.roles and party.hours is not None
        ),
        None,
    )


def _asked_bars(monitoring: Monitoring) -> tuple[week.Bar, ...]:
    schedules = [one.schedule for module in monitoring.modules for one in (*module.measurements, *module.questions)]
    found = {(day.number, week.minutes(one.opens), week.minutes(one.closes)) for one in schedules for day in one.days}
    return tuple(week.Bar(*one, "ack") for one in sorted(found))


def _times(tell: Teller, asked: tuple[week.Bar, ...]) -> Iterator[str]:
    """`Mon, Thu 06:00–20:00`, for each window of the day."""
    days = week.day_names(tell.words)
    for begins, ends in dict.fromkeys((bar.begins, bar.ends) for bar in asked):
        on = [bar.weekday for bar in asked if (bar.begins, bar.ends) == (begins, ends)]
        said = f"{days[0]}–{days[6]}" if len(on) == 7 else ", ".join(days[day] for day in on)
        yield f"{said} {_clock(tell, begins)}–{_clock(tell, ends)}"


def _clock(tell: Teller, minutes: int) -> str:
    return week.clock_words(f"{minutes // 60:02d}:{minutes % 60:02d}", tell.words)


def _split(span: tuple[int, int], css: str) -> Iterator[week.Bar]:
    """A gap as one bar for each day that it touches."""
    begins, ends = span
    while begins < ends:
        day = begins // DAY
        until = min(ends, (day + 1) * DAY)
        yield week.Bar(day, begins - day * DAY, until - day * DAY, css)
        begins = until


def _span_words(tell: Teller, span: tuple[int, int]) -> str:
    days = week.day_names(tell.words)
    return ", ".join(
        f"{days[bar.weekday]} {_clock(tell, bar.begins)}–{_clock(tell, bar.ends)}" for bar in _split(span, "")
    )


def _examples(tell: Teller, service: ServiceModel) -> Iterator[Example]:
    """When reports are read and answered that are sent on a weekday and as the weekend begins."""
    reader = next((party for one in service.receivers if (party := _filling(tell, one)) is not None), None)
    if service.monitoring is None or reader is None:
        return
    country = tell.model.country
    monday = _ordinary_monday(country, tell.words.today)
    for weekday, clock in EXAMPLES:
        sent = datetime.combine(monday + timedelta(weekday), clock, ZoneInfo(country.time_zone))
        answer = answer_by(service.monitoring, reader, country, sent.astimezone(UTC))
        if answer.read_from is not None and answer.answer_by is not None:
            yield Example(*(_moment(tell, one) for one in (sent, answer.read_from, answer.answer_by)))


def _ordinary_monday(country: Country, today: date) -> date:
    """The next Monday of two weeks without a holiday; within a year there are such."""
    monday = today + timedelta(days=7 - today.weekday())
    for _ in range(52):
        if not any(holidays_on(country, monday + timedelta(days=day)) for day in range(14)):
            break
        monday += WEEK
    return monday


def _moment(tell: Teller, moment: datetime) -> str:
    local = moment.astimezone(ZoneInfo(tell.model.country.time_zone))
    return f"{tell.words.weekday(local.date())} {_clock(tell, local.hour * 60 + local.minute)}"
