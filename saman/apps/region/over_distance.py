"""What a service does over distance, part by part: in words, as a table, and as a picture where that helps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from markupsafe import Markup

from saman.apps.region import lanes, names, week
from saman.apps.region.facts import Fact, Ground, Said, Teller
from saman.apps.region.people import role_name, role_names
from saman.apps.region.spans import at_most, within
from saman.apps.region.steps import width_of
from saman.apps.ui.pages import capfirst
from saman.model.care.basis import Grounded
from saman.model.care.distance import Alarm, Distance, Doses, Lock, Positions, Room, Tour, Watch
from saman.model.care.service_model import ServiceModel

CITIZEN, RECEIVER, SENT = "citizen", "receiver", "sent"


class TableLine(msgspec.Struct, frozen=True):
    """A line of a table: its head, its cells, its ground."""

    head: str
    cells: tuple[str, ...]
    ground: Ground


class Part(msgspec.Struct, frozen=True):
    """One thing done over distance: sentences, a picture of some width, a table with its heads."""

    id: str
    title: str
    said: tuple[Fact, ...] = ()
    svg: Markup | None = None
    width: str = "min4"
    heads: tuple[str, ...] = ()
    lines: tuple[TableLine, ...] = ()


def distance_parts(tell: Teller, service: ServiceModel) -> tuple[Part, ...]:
    """All that a service does over distance besides measuring."""
    distance = service.distance
    return tuple(_parts(tell, service, distance)) if distance else ()


def _parts(tell: Teller, service: ServiceModel, distance: Distance) -> Iterator[Part]:
    if distance.doses is not None:
        yield _doses(tell, service, distance, distance.doses)
    if distance.watch is not None:
        yield _watch(tell, distance, distance.watch)
    if distance.alarms:
        yield _alarms(tell, service, distance.alarms)
    if distance.rooms:
        yield _rooms(tell, service, distance.rooms)
    for tour in distance.tours:
        yield _tour(tell, tour)
    if distance.channels:
        yield _channels(tell, distance)
    if distance.lock is not None:
        yield _lock(tell, service, distance.lock)
    if distance.positions is not None:
        yield _positions(tell, distance.positions)
    if distance.meetings:
        yield _meetings(tell, distance)


def _facts(tell: Teller, grounded: Grounded, sentences: Sequence[str]) -> tuple[Fact, ...]:
    ground = tell.ground(grounded)
    return tuple(Fact(Said(one), ground) for one in sentences)


def _yes(tell: Teller, value: bool) -> str:
    return tell.gettext("yes") if value else tell.gettext("no")


def _doses(tell: Teller, service: ServiceModel, distance: Distance, doses: Doses) -> Part:
    gettext, ngettext = tell.gettext, tell.ngettext
    alarm = next((one for one in distance.alarms if one.id == doses.missed), None)
    sentences = [
        gettext("Minutes after which it reminds: %(minutes)s.", minutes=", ".join(map(str, doses.reminds_after))),
        ngettext("A dose that is not taken is locked away after %(count)s minute, and an alarm goes out.",
                 "A dose that is not taken is locked away after %(count)s minutes, and an alarm goes out.",
                 doses.taken_back_after),
        ngettext("It is filled every day.", "It is filled at least every %(count)s days.", doses.refilled_every_days),
        ngettext("It warns %(count)s day before it is empty.", "It warns %(count)s days before it is empty.",
                 doses.warns_days_before_empty),
    ]  # fmt: skip
    stops = [lanes.Stop(CITIZEN, gettext("The dose is due"))]
    for after in doses.reminds_after:
        stops.append(lanes.Stop(CITIZEN, gettext("Reminder"), ngettext("%(count)s min", "%(count)s min", after)))
    locked = ngettext("%(count)s min", "%(count)s min", doses.taken_back_after)
    stops.append(lanes.Stop(CITIZEN, gettext("The dose is locked away"), locked))
    if alarm is not None:
        stops.append(lanes.Stop(RECEIVER, gettext("Answers the alarm"), at_most(tell.words, alarm.answered)))
    title = gettext("A dose that is not taken")
    svg = _chain(tell, service, "doses", title, sentences, [lanes.Part(title, tuple(stops))], gettext("Dispenser"))
    return Part("doses", gettext("Medicine dispenser"), _facts(tell, doses, sentences), svg, width_of(len(stops)))


def _watch(tell: Teller, distance: Distance, watch: Watch) -> Part:
    gettext, ngettext = tell.gettext, tell.ngettext
    alarm = next((one for one in distance.alarms if one.id == watch.triggered_by), None)
    sentences = [
        gettext("Who looks in: %(who)s.", who=role_name(tell, watch.looked_by).text),
        ngettext("Only at agreed times, at most once a night.",
                 "Only at agreed times, at most %(count)s times a night.", watch.most_a_night),
        gettext("Each look is logged."),
        gettext("The picture is masked.") if watch.masked else gettext("The picture is not masked."),
        gettext("Only with the citizen's consent."),
    ]  # fmt: skip
    if alarm is not None:
        sentences.append(gettext("Also when this alarm comes: %(alarm)s.", alarm=tell.said(alarm.name).text))
    return Part("watch", gettext("Camera at night"), _facts(tell, watch, sentences))


def _alarms(tell: Teller, service: ServiceModel, alarms: Sequence[Alarm]) -> Part:
    gettext = tell.gettext
    drawn, said = [], []
    for alarm in alarms:
        name = tell.said(alarm.name).text
        stops = [
            lanes.Stop(CITIZEN, name),
            lanes.Stop(RECEIVER, gettext("Answers the alarm"), at_most(tell.words, alarm.answered)),
        ]
        if alarm.sent_out:
            stops.append(lanes.Stop(SENT, gettext("Goes there: %(who)s", who=role_name(tell, alarm.sent_out).text)))
        drawn.append(lanes.Part("", tuple(stops)))
        said.append(f"{name}: {within(tell.words, alarm.answered)}.")
    title = gettext("Alarms")
    return Part(
        "alarms",
        title,
        svg=_chain(tell, service, "alarms", title, said, drawn, gettext("At the citizen's")),
        width=width_of(sum(len(part.stops) for part in drawn)),
        heads=(gettext("Alarm"), gettext("It carries"), gettext("Answered"), gettext("Who goes there")),
        lines=tuple(
            TableLine(
                tell.said(one.name).text,
                (
                    ", ".join(gettext(names.CARRIED[what]) for what in one.carries),
                    within(tell.words, one.answered),
                    role_name(tell, one.sent_out).text if one.sent_out else "–",
                ),
                tell.ground(one, one.answered),
            )
            for one in alarms
        ),
    )


def _chain(
    tell: Teller,
    service: ServiceModel,
    name: str,
    title: str,
    about: Sequence[str],
    parts: Sequence[lanes.Part],
    first: str,
) -> Markup:
    """What comes from a thing, to whoever takes it first, and on to who goes there."""
    taker = next((one.role for one in service.receivers if one.role), None)
    used = {stop.lane for part in parts for stop in part.stops}
    said = [
        (CITIZEN, first),
        (RECEIVER, capfirst(role_name(tell, taker).text) if taker else tell.gettext("Who takes it")),
        (SENT, tell.gettext("Goes there")),
    ]
    shown = [lane for lane in said if lane[0] in used]
    return lanes.draw(f"{name}-{service.id}", title, " ".join(about), shown, parts)


def _rooms(tell: Teller, service: ServiceModel, rooms: Sequence[Room]) -> Part:
    gettext = tell.gettext
    rows, lines, said = [], [], []
    things = {one.id: tell.said(one.name).text for one in service.equipment}
    for room in rooms:
        name = tell.said(room.name).text
        staffed = week.bars(room.staffed) if room.staffed else ()
        rows.append(week.Row(name, (*week.bars(room.hours, "ack"), *staffed)))
        hours = week.hours_words(room.hours, tell.words)
        said.append(f"{name}: {hours}.")
        cells = (
            _place(tell, room.place),
            hours,
            week.hours_words(room.staffed, tell.words) if room.staffed else "–",
            _yes(tell, room.booked),
            ", ".join(things.get(one, one) for one in room.equipment) or "–",
        )
        lines.append(TableLine(name, cells, tell.ground(room)))
    title = gettext("Virtual health rooms")
    return Part(
        "rooms",
        title,
        svg=week.draw(f"rooms-{service.id}", title, " ".join(said), week.day_names(tell.words), rows),
        heads=(gettext("Room"), gettext("Municipality"), gettext("Open"), gettext("Somebody is there"),
               gettext("Booked"), gettext("Equipment")),
        lines=tuple(lines),
    )  # fmt: skip


def _tour(tell: Teller, tour: Tour) -> Part:
    gettext, ngettext = tell.gettext, tell.ngettext
    days = week.day_names(tell.words)
    stops = sorted(tour.stops, key=lambda stop: (stop.week, stop.day.number, stop.arrives))
    rows = [
        week.Row(
            gettext("Week %(number)s", number=number),
            tuple(
                week.Bar(stop.day.number, week.minutes(stop.arrives), week.minutes(stop.leaves))
                for stop in stops
                if stop.week == number
            ),
        )
        for number in range(1, tour.weeks + 1)
    ]
    lines = tuple(
        TableLine(
            stop.name,
            (
                _place(tell, stop.place),
                str(stop.week),
                f"{days[stop.day.number]} {week.clock_words(stop.arrives, tell.words)}"
                f"–{week.clock_words(stop.leaves, tell.words)}",
            ),
            tell.ground(stop),
        )
        for stop in stops
    )
    sentences = (
        ngettext("The round takes %(count)s week.", "The round takes %(count)s weeks.", tour.weeks),
        gettext("Anybody may come without booking.") if tour.walk_in else gettext("Visits are booked."),
        gettext("It works where there is no line.") if tour.works_without_line else gettext("It needs a line."),
    )
    about = " ".join(f"{line.head}: {line.cells[-1]}." for line in lines)
    title = gettext("Mobile unit: %(name)s", name=tell.said(tour.name).text)
    svg = week.draw(f"tour-{tour.id}", title, about, days, rows)
    heads = (gettext("Stop"), gettext("Municipality"), gettext("Week of the round"), gettext("When"))
    return Part(f"tour-{tour.id}", title, _facts(tell, tour, sentences), svg, heads=heads, lines=lines)


def _place(tell: Teller, code: str) -> str:
    place = tell.model.place(code)
    return place.name if place else code


def _channels(tell: Teller, distance: Distance) -> Part:
    gettext = tell.gettext
    return Part(
        "channels",
        gettext("Writing"),
        heads=(gettext("What about"), gettext("Who answers"), gettext("Answered")),
        lines=tuple(
            TableLine(
                tell.said(one.name).text,
                (role_name(tell, one.role).text, within(tell.words, one.answered)),
                tell.ground(one, one.answered),
            )
            for one in distance.channels
        ),
    )


def _lock(tell: Teller, service: ServiceModel, lock: Lock) -> Part:
    gettext = tell.gettext
    activities = {one.id: tell.said(one.name).text for one in service.activities}
    sentences = (
        gettext("Opened by: %(who)s.", who=role_names(tell, lock.opened_by)),
        gettext("To do: %(what)s.", what="; ".join(activities.get(one, one) for one in lock.activities)),
        gettext("Each opening is logged."),
    )
    said = _facts(tell, lock, sentences)
    return Part("lock", gettext("Electronic lock"), (*said, Fact(tell.said(lock.otherwise), tell.ground(lock))))


def _positions(tell: Teller, positions: Positions) -> Part:
    gettext, ngettext = tell.gettext, tell.ngettext
    shown = {
        "on-alarm": gettext("Where the device is shows only when an alarm comes."),
        "at-agreed-times": gettext("Where the device is shows at agreed times only."),
    }
    sentences = (
        shown[positions.shown],
        gettext("Who sees it: %(who)s.", who=role_names(tell, positions.seen_by)),
        ngettext("It is forgotten after %(count)s hour.", "It is forgotten after %(count)s hours.",
                 positions.forgotten_after_hours),
        gettext("Only with the citizen's consent."),
    )  # fmt: skip
    return Part("positions", gettext("Where the device is"), _facts(tell, positions, sentences))


def _meetings(tell: Teller, distance: Distance) -> Part:
    gettext, ngettext = tell.gettext, tell.ngettext
    return Part(
        "meetings",
        gettext("Meetings by video"),
        heads=(gettext("Meeting"), gettext("Who joins"), gettext("Who helps the citizen there"), gettext("Booked"),
               gettext("Most people"), gettext("Length")),
        lines=tuple(
            TableLine(
                tell.said(one.name).text,
                (
                    role_names(tell, one.joins),
                    role_name(tell, one.helper).text if one.helper else "–",
                    _yes(tell, one.booked),
                    str(one.most_people),
                    ngettext("%(count)s min", "%(count)s min", one.minutes),
                ),
                tell.ground(one),
            )
            for one in distance.meetings
        ),
    )  # fmt: skip
