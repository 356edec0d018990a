"""The steps that are measured over HTTP: what is asked for is drawn when it is asked, what is due is known before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple

from saman.kernel import json
from tests.load import shapes
from tests.load.client import Call
from tests.load.filling import Region
from tests.load.goals import Goal
from tests.load.measuring import Calls, Step
from tests.load.size import NEWEST, VERSIONS

COUNT, OPENED, PER_BUNDLE = 20, 50, 100
BUNDLE_CLIENTS = 4
ENTRY = b'"fullUrl":'
CREATED = b'"201 Created"'
ONE_VERSION, MANY_VERSIONS = "read, one version", "read, many versions"
NAMES = (
    "read", "search", "summary", "everything", "chain", "chain-half", "has", NEWEST, VERSIONS, "worklist",
    "citizen", "plan", "create", "bundle",
)  # fmt: skip
PAGES = ("worklist", "citizen", "plan")
"""In the order in which they are measured: what writes comes last, since it changes what is due."""


class Who(NamedTuple):
    """Header lines: tokens of the centre's nurse and the home nurse, sessions of a nurse and of a citizen."""

    nurse: str
    home: str
    worker: str
    citizen: str


def searched(path: str, due: int) -> Call:
    """A search that is to have so many entries."""
    return Call("GET", f"/fhir/{path}", 200, ENTRY, due)


class Drawing:
    """Draws what is asked for from those who are there."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._persons = len(region.persons)
        self._now = datetime.now(UTC)
        self._of_half, self._having = self._counted()

    def has(self, person: int, code: int) -> int:
        """How many readings of a code a person was given."""
        turns = range(person, len(self._region.readings), self._persons)
        return len(range(code, len(turns), len(shapes.CODES)))

    def _counted(self) -> tuple[dict[tuple[int, int], int], list[int]]:
        """How many readings of a code half of all people have, by half and code; and how many people have one."""
        codes, halves = range(len(shapes.CODES)), len(shapes.GENDERS)
        of_half = {
            (half, code): sum(self.has(number, code) for number in range(half, self._persons, halves))
            for half in range(halves)
            for code in codes
        }
        having = [sum(self.has(number, code) > 0 for number in range(self._persons)) for code in codes]
        return of_half, having

    def read(self, pick: Random) -> Calls:
        """A reading by its id."""
        return (self.reading(pick.choice(self._region.readings)),)

    def reading(self, id: str) -> Call:
        """The reading of that id."""
        return Call("GET", f"/fhir/Observation/{id}", 200, f'"id":"{id}"'.encode(), 1)

    def search(self, pick: Random) -> Calls:
        """The newest of a code of somebody."""
        number, code = self._person(pick), self._code(pick)
        asked = f"subject=Patient/{self._region.persons[number]}&{_of(code)}"
        return (searched(f"Observation?{asked}", min(COUNT, self.has(number, code))),)

    def summary(self, pick: Random) -> Calls:
        """What a nurse opens first: the plan with its goals, the goals, the tasks, the newest readings."""
        number = self._person(pick)
        person, readings = self._region.persons[number], self._readings(number)
        return (
            searched(f"CarePlan?subject=Patient/{person}&_include=CarePlan:goal", 1 + shapes.GOALS),
            searched(f"Goal?subject=Patient/{person}", shapes.GOALS),
            searched(f"Task?subject=Patient/{person}", min(COUNT, 1 + self._region.work)),
            searched(f"Observation?subject=Patient/{person}&_include=Observation:subject", min(COUNT, readings) + 1),
        )

    def everything(self, pick: Random) -> Calls:
        """All that is held about somebody: the Patient, the team, the visit, reports, goals, the plan, readings."""
        number = self._person(pick)
        due = 1 + 2 + self._region.work + shapes.GOALS + 1 + self._readings(number)
        return (searched(f"Patient/{self._region.persons[number]}/$everything", due),)

    def chain(self, pick: Random) -> Calls:
        """The newest of a code of whoever has an identifier."""
        number, code = self._person(pick), self._code(pick)
        asked = f"subject:Patient.identifier={shapes.IDENTIFIERS}%7C{number}&{_of(code)}"
        return (searched(f"Observation?{asked}", min(COUNT, self.has(number, code))),)

    def chain_half(self, pick: Random) -> Calls:
        """The newest of a code of half of all people."""
        place, code = pick.randrange(len(shapes.GENDERS)), self._code(pick)
        asked = f"subject:Patient.gender={shapes.GENDERS[place]}&{_of(code)}"
        return (searched(f"Observation?{asked}", min(COUNT, self._of_half[place, code])),)

    def has_readings(self, pick: Random) -> Calls:
        """Some of those who have a reading of a code."""
        code = self._code(pick)
        asked = f"_has:Observation:subject:code=http://loinc.org%7C{shapes.CODES[code].loinc}&_count={COUNT}"
        return (searched(f"Patient?{asked}", min(COUNT, self._having[code])),)

    def create(self, pick: Random) -> Calls:
        """A reading of somebody."""
        resource = shapes.reading(
            self._region.persons[self._person(pick)], self._now, shapes.CODES[self._code(pick)], pick
        )
        return (Call("POST", "/fhir/Observation", 201, body=json.encode(resource)),)

    def bundle(self, pick: Random) -> Calls:
        """Many readings of somebody in one transaction."""
        person = self._region.persons[self._person(pick)]
        made = [shapes.reading(person, self._now, shapes.CODES[n % len(shapes.CODES)], pick) for n in range(PER_BUNDLE)]
        entries = [{"resource": one, "request": {"method": "POST", "url": "Observation"}} for one in made]
        body = json.encode({"resourceType": "Bundle", "type": "transaction", "entry": entries})
        return (Call("POST", "/fhir", 200, CREATED, PER_BUNDLE, body),)

    def _person(self, pick: Random) -> int:
        return pick.randrange(self._persons)

    def _code(self, pick: Random) -> int:
        return pick.randrange(len(shapes.CODES))

    def _readings(self, number: int) -> int:
        return sum(self.has(number, code) for code in range(len(shapes.CODES)))


def _of(code: int) -> str:
    return f"code=http://loinc.org%7C{shapes.CODES[code].loinc}&_sort=-date&_count={COUNT}"


def always(*calls: Call) -> Callable[[Random], Calls]:
    """The same again and again."""
    return lambda _: calls


def page(path: str) -> Callable[[Random], Calls]:
    """The same page again and again."""
    return always(Call("GET", path, 200, b"</html>", 1))


def steps(region: Region, who: Who, heavy: int) -> list[Step]:
    """All steps in their order; `heavy` is how many readings the person with very many has."""
    draw = Drawing(region)
    newest = searched(f"Observation?subject=Patient/{region.heavy}&_sort=-date&_count={OPENED}", min(OPENED, heavy))
    old = draw.reading(region.readings[0])
    much_changed = draw.reading(region.changed)
    return [
        Step("read", "read", who.nurse, draw.read, (Goal(2500, stretch=3500),)),
        Step("search", "search, newest 20 of a code", who.nurse, draw.search, (Goal(2000, stretch=2500),)),
        Step("summary", "summary, 4 searches", who.nurse, draw.summary, (Goal(400),)),
        Step("everything", "$everything", who.nurse, draw.everything, (Goal(400),)),
        Step("chain", "chain to one of all", who.nurse, draw.chain, (Goal(150, "ms"),)),
        Step("chain-half", "chain to half of all", who.nurse, draw.chain_half, (Goal(150, "ms"),)),
        Step("has", "_has among all", who.nurse, draw.has_readings, (Goal(150, "ms"),)),
        Step(NEWEST, "newest 50 of very many", who.nurse, always(newest), (Goal(100, "ms"),)),
        Step(VERSIONS, ONE_VERSION, who.nurse, always(old), (Goal(2500),)),
        Step(VERSIONS, MANY_VERSIONS, who.nurse, always(much_changed), (Goal(2500),)),
        Step("worklist", "worklist page", who.worker, page("/team"), (Goal(200, "ms"),)),
        Step("citizen", "citizen page, today", who.citizen, page("/citizen"), (Goal(150, "ms"),)),
        Step("plan", "citizen page, plan", who.citizen, page("/citizen/plan"), (Goal(150, "ms"),)),
        Step("create", "create", who.home, draw.create, (Goal(1500),)),
        Step("bundle", "bundle of 100", who.home, draw.bundle, (Goal(4500),), BUNDLE_CLIENTS, PER_BUNDLE),
    ]
