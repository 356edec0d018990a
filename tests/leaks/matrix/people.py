"""The people of a generated world and those who look at it, as plain facts: nothing here is FHIR.

What is true of them is drawn from a seed; `resources.py` writes it down as resources, `oracle.py` judges by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""When everything is stored, and the first moment at which anybody looks."""
MOMENTS = tuple(START + timedelta(days=days, hours=hours) for days, hours in ((0, 0), (3, 5), (6, 14)))
EDGES = (
    *(START + timedelta(days=days) for days in (-30, -9, -4, -1)),
    MOMENTS[1], MOMENTS[1] + timedelta(milliseconds=1), MOMENTS[2] - timedelta(hours=9), START + timedelta(days=40),
)  # fmt: skip
"""When ties begin and end: some of them in the very moment that somebody looks, and just after."""

TIES = ("team", "task", "visit", "request", "episode")
UNITS = ("centre", "clinic", "home", "ward", "town", "board")
ELSEWHERE = "elsewhere"
STAFF = (
    ("telemedicine-nurse", "centre"), ("general-practitioner", "clinic"), ("home-care-nurse", "home"),
    ("home-care-nurse", ELSEWHERE), ("hospital-doctor", "ward"), ("ward-nurse", "ward"), ("coordinator", "town"),
    ("needs-assessor", "town"), ("local-administrator", "town"), ("log-reviewer", "board"),
    ("data-protection-officer", "board"), ("region-administrator", "board"),
)  # fmt: skip
"""Everybody who works, with their unit: nobody has a tie through ELSEWHERE."""


class Span(NamedTuple):
    """From a moment up to but not including another; None: open. `day`: the last day, when it is said as a date."""

    start: datetime | None = None
    end: datetime | None = None
    day: date | None = None

    def holds(self, at: datetime) -> bool:
        """Whether a moment is in it."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


class Tie(NamedTuple):
    """What ties a unit to a person."""

    kind: str
    unit: str
    span: Span


class Kin(NamedTuple):
    """Somebody close: what they hold ("sharing", "guardian", "mandate" or nothing), and for how long."""

    id: str
    holds: str
    span: Span


class Limit(NamedTuple):
    """What a person has closed: from whom (a unit, the id of somebody close, or everybody), of which things or kind.

    Without things and kind it is everything but who the person is.
    """

    whom: str
    types: tuple[str, ...]
    kind: str
    span: Span


class Person(NamedTuple):
    """One person, with all that is true of them."""

    id: str
    born: date
    protected: bool
    ties: tuple[Tie, ...]
    consents: tuple[tuple[str, Span], ...]
    kin: tuple[Kin, ...]
    limits: tuple[Limit, ...]


class Persona(NamedTuple):
    """Somebody who looks. `about` is the own or the close person's id, `types` what an app's scopes let through.

    `only` is the one person that an app was started with, `changes` the types that it may update without seeing them.
    """

    name: str
    kind: str
    actor: str
    role: str
    unit: str = ""
    about: str = ""
    types: frozenset[str] | None = None
    only: str = ""
    scope: str = ""
    changes: frozenset[str] = frozenset()


class Town(NamedTuple):
    """The people of a world, and who looks."""

    people: tuple[Person, ...]
    personas: tuple[Persona, ...]


def spans(pick: Random, zone: ZoneInfo) -> Span:
    """A time, now and then said as a last day in the country's zone."""
    ends = sorted(pick.sample(EDGES, 2))
    start = ends[0] if pick.random() < 0.5 else None
    if pick.random() < 0.25:
        day = ends[1].astimezone(zone).date()
        after = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
        return Span(start, after.astimezone(UTC), day)
    return Span(start, ends[1] if pick.random() < 0.6 else None)


def ties(pick: Random, zone: ZoneInfo, units: tuple[str, ...]) -> Iterator[Tie]:
    """Some ties of each unit, and the practice that the person is listed with."""
    if pick.random() < 0.6:
        yield Tie("gp", "clinic", Span())
    for unit in units:
        for kind in pick.sample(TIES, pick.randint(1, 2)):
            yield Tie(kind, unit, _fitting(kind, spans(pick, zone)))


def _fitting(kind: str, span: Span) -> Span:
    """A task or request says when it was made, and is over once it has been closed: that is never in the future."""
    if kind not in ("task", "visit", "request"):
        return span
    return Span(span.start, span.end if span.end is not None and span.end < START and span.day is None else None)


def limits(pick: Random, zone: ZoneInfo, kin: tuple[Kin, ...]) -> Iterator[Limit]:
    """One to three things that a person closes."""
    for _ in range(pick.randint(1, 3)):
        span = Span(None, pick.choice([None, *EDGES[4:7]]))
        whom = pick.choice([*UNITS[:5], *(one.id for one in kin)])
        way = pick.randrange(4)
        if way == 0:
            yield Limit("", tuple(pick.sample(CLOSED, 3)), "", span)
        elif way == 1:
            yield Limit(whom, tuple(pick.sample(CLOSED, 4)), "", span)
        elif way == 2:
            yield Limit(whom, (), pick.choice(["plan", "readings", "health", "social"]), span)
        else:
            yield Limit(whom, (), "", span)


CLOSED = (
    "Goal", "Observation", "Condition", "Communication", "MedicationRequest", "DiagnosticReport", "Binary", "Procedure",
    "QuestionnaireResponse", "Appointment", "List", "AllergyIntolerance",
)  # fmt: skip
"""Types of which a person closes single things."""


def own_id(letter: str) -> str:
    """The id of a person; every id here can be told from all other text."""
    return f"zi0000{letter}"


def people(pick: Random, zone: ZoneInfo, age: int) -> tuple[Person, ...]:
    """Six people; the third is a child that is about to turn `age` or still far from it."""
    turning = START.astimezone(zone).date().replace(year=START.year - age) + timedelta(days=pick.choice([1, 3, 6, 7]))
    child = pick.choice([turning, date(2020, 5, 5)])
    return (
        _person(pick, zone, "a", date(1948, 3, 14), UNITS, "sharing", "none"),
        _person(pick, zone, "b", date(1950, 2, 3), UNITS, "mandate", "sharing"),
        _person(pick, zone, "c", child, ("centre", "home", "town"), "guardian", "sharing", "mandate"),
        _person(pick, zone, "d", date(1961, 9, 9), UNITS, "sharing", protected=True),
        _lately(_person(pick, zone, "e", date(1939, 7, 1), ("ward",), "none")),
        Person(own_id("f"), date(1955, 5, 5), False, (), (), (), ()),
    )


def _lately(person: Person) -> Person:
    """Home care has done what it was asked to, some days ago: a while longer it may count in one country."""
    return person._replace(ties=(*person.ties, Tie("task", "home", Span(None, EDGES[2]))))


def _person(
    pick: Random, zone: ZoneInfo, letter: str, born: date, units: tuple[str, ...], *held: str, protected: bool = False
) -> Person:
    close = tuple(
        Kin(f"zi00{number}0{letter}", what, Span() if pick.random() < 0.7 else spans(pick, zone))
        for number, what in enumerate(held, 1)
    )
    to = pick.choice([("",), ("centre", "home", "clinic"), ("",), ()])
    consents = tuple((unit, Span(None, pick.choice([None, *EDGES[4:7]]))) for unit in to)
    closed = tuple(limits(pick, zone, close)) if letter in "abc" else ()
    return Person(own_id(letter), born, protected, tuple(ties(pick, zone, units)), consents, close, closed)


def personas(town: tuple[Person, ...]) -> Iterator[Persona]:
    """Everybody who looks: at work, close to somebody, oneself, by an app, and the back-end client."""
    for role, unit in STAFF:
        yield Persona(f"{role} at {unit}", "staff", f"Practitioner/{role}-{unit}", role, unit)
    for one in (town[0], town[1], town[5]):
        yield Persona(f"citizen {one.id[-1]}", "citizen", f"Patient/{one.id}", "citizen", about=one.id)
    for one in town:
        for kin in one.kin:
            yield Persona(
                f"{kin.holds} of {one.id[-1]}", "relative", f"RelatedPerson/{kin.id}", "relative", about=one.id
            )
    first = town[0].id
    own = frozenset({"Observation", "Patient", "Goal"})
    yield Persona(
        "app of citizen a", "citizen", f"Patient/{first}", "citizen", about=first, types=own, only=first,
        scope="patient/Observation.rs patient/Patient.rs patient/Goal.rs",
    )  # fmt: skip
    asked = frozenset({"Condition", "Patient", "CarePlan", "Binary", "Organization"})
    yield Persona(
        "app of the practice", "staff", "Practitioner/general-practitioner-clinic", "general-practitioner", "clinic",
        types=asked, scope=" ".join(f"user/{one}.rs" for one in sorted(asked)),
    )  # fmt: skip
    blind = asked | {"Observation", "Goal"}
    yield Persona(
        "blind app of the practice", "staff", "Practitioner/general-practitioner-clinic", "general-practitioner",
        "clinic", types=frozenset(), scope=" ".join(f"user/{one}.u" for one in sorted(blind)), changes=blind,
    )  # fmt: skip
    machine = frozenset({"Observation", "Patient", "Binary", "Task"})
    scope = " ".join(f"system/{one}.rs" for one in sorted(machine))
    yield Persona("narrow machine", "system", "system", "system", types=machine, scope=scope)
    yield Persona("back-end client", "system", "system", "system")


def town(seed: int, zone: ZoneInfo, age: int) -> Town:
    """The people of a seed. `age`: at which children of the country stop being read by guardians."""
    made = people(Random(seed), zone, age)
    return Town(made, tuple(personas(made)))
