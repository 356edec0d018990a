"""What a service does over distance besides measuring: doses, looks, alarms, rooms, tours, channels, locks, meetings.

Each is a part that a service has or has not; a service is put together from them. Numbers are facts with a ground.
Source: the Nordic catalogue of distance-spanning solutions (VOPD), https://www.healthcareatdistance.com/
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from saman.model.care.basis import Count, Grounded, Slug, Text
from saman.model.care.country import Weekday
from saman.model.care.measurement import Clock
from saman.model.care.party import Hours
from saman.model.care.timing import Span

Minutes = Annotated[int, Meta(ge=1, le=1440)]
"""Minutes of a day."""
Logged = Literal[True]
"""Written out in the file so that whoever reads it sees it; nothing else is possible."""


class Doses(Grounded, frozen=True, kw_only=True):
    """A dispenser that reminds, gives a dose at its time, locks a missed one away and raises the alarm `missed`."""

    reminds_after: tuple[Minutes, ...]
    taken_back_after: Minutes
    missed: Slug
    refilled_every_days: Annotated[int, Meta(ge=1, le=90)]
    warns_days_before_empty: Count


class Watch(Grounded, frozen=True, kw_only=True):
    """Looking in by camera: at agreed times only, or when `triggered_by` (an alarm) says; each look is logged."""

    looked_by: Slug
    most_a_night: Annotated[int, Meta(ge=1, le=24)]
    agreed_times_only: Logged
    each_look_logged: Logged
    masked: bool
    consent: Slug
    triggered_by: Slug | None = None


Carried = Literal["signal", "sound", "image", "video", "position"]
"""What comes with an alarm."""


class Alarm(Grounded, frozen=True, kw_only=True):
    """A call or signal that has to reach a human: from which thing, what it carries, how soon somebody answers.

    The receiver chain of the service takes it; `sent_out` is the role that goes there when that is needed.
    """

    id: Slug
    name: Text
    equipment: Slug | None = None
    carries: tuple[Carried, ...]
    answered: Span
    sent_out: Slug | None = None


class Room(Grounded, frozen=True, kw_only=True):
    """A virtual health room: where it is, when it is open, when somebody is there, and what stands in it."""

    id: Slug
    name: Text
    place: str
    hours: Hours
    staffed: Hours | None = None
    booked: bool = False
    equipment: tuple[Slug, ...] = ()


class Stop(Grounded, frozen=True, kw_only=True):
    """Where a mobile unit stands, on which day of its round, from when to when."""

    name: str
    place: str
    week: Annotated[int, Meta(ge=1, le=8)] = 1
    day: Weekday
    arrives: Clock
    leaves: Clock


class Tour(Grounded, frozen=True, kw_only=True):
    """The round of a mobile unit, over some weeks; with or without booking, and whether it works without a line."""

    id: Slug
    name: Text
    weeks: Annotated[int, Meta(ge=1, le=8)]
    walk_in: bool
    works_without_line: bool
    stops: tuple[Stop, ...]


class Channel(Grounded, frozen=True, kw_only=True):
    """A way to write in: about what, who answers, and how soon."""

    id: Slug
    name: Text
    role: Slug
    answered: Span


class Lock(Grounded, frozen=True, kw_only=True):
    """An electronic lock: which roles open it, for which activities, and the way in when it does not open."""

    opened_by: tuple[Slug, ...]
    activities: tuple[Slug, ...]
    each_opening_logged: Logged
    otherwise: Text


class Positions(Grounded, frozen=True, kw_only=True):
    """Where a device is: who sees it and when, and after how many hours it is forgotten."""

    shown: Literal["on-alarm", "at-agreed-times"]
    seen_by: tuple[Slug, ...]
    forgotten_after_hours: Count
    consent: Slug


class Meeting(Grounded, frozen=True, kw_only=True):
    """A meeting by video: who joins, who helps the citizen where they are, booked or not, for how many minutes."""

    id: Slug
    name: Text
    joins: tuple[Slug, ...]
    helper: Slug | None = None
    booked: bool = True
    most_people: Annotated[int, Meta(ge=2, le=50)]
    minutes: Minutes


class Distance(Grounded, frozen=True, kw_only=True):
    """`distance:` of a service: all that it does over distance besides measuring."""

    doses: Doses | None = None
    watch: Watch | None = None
    alarms: tuple[Alarm, ...] = ()
    rooms: tuple[Room, ...] = ()
    tours: tuple[Tour, ...] = ()
    channels: tuple[Channel, ...] = ()
    lock: Lock | None = None
    positions: Positions | None = None
    meetings: tuple[Meeting, ...] = ()
