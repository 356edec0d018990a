"""What is read off the tables is what a reader of them would say: the oracle of the matrix can be believed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from .people import START, Kin, Person, Persona, Span, Tie
from .resources import kinds, templates
from .truth import COUNTRIES, reads, situation

UNIT = "unit"
DAY = timedelta(days=1)


def told(country: str, role: str, *ties: str, consent: bool = False, ended: float | None = None) -> str:
    """The kinds that a role reads of an adult."""
    span = Span(None, None if ended is None else START - ended * DAY)
    agreed = (("", Span()),) if consent else ()
    held = tuple(Tie(tie, UNIT, span) for tie in ties)
    person = Person("p", date(1950, 2, 3), False, held, agreed, (), ())
    who = Persona("x", "staff", "Practitioner/x", role, UNIT)
    return " ".join(sorted(reads(country, situation(country, who, person, START))))


def close(country: str, holds: str, years: int, *, protected: bool = False, ended: bool = False) -> str:
    """The kinds that somebody close reads of a person of an age."""
    kin = Kin("r", holds, Span(None, START - DAY if ended else None))
    person = Person("p", date(START.year - years, 3, 4), protected, (), (), (kin,), ())
    who = Persona("x", "relative", "RelatedPerson/r", "relative", about="p")
    return " ".join(sorted(reads(country, situation(country, who, person, START))))


STAFF = [
    ("NO", "general-practitioner", ["gp"], {}, "health person plan readings"),
    ("NO", "general-practitioner", ["task"], {}, ""),
    ("NO", "general-practitioner", ["team"], {"ended": 0.001}, ""),
    ("NO", "telemedicine-nurse", ["team"], {}, "person plan readings"),
    ("NO", "home-care-nurse", ["task"], {}, "person plan social"),
    ("NO", "home-care-nurse", ["visit"], {}, "person plan readings social"),
    ("NO", "home-care-nurse", ["visit"], {"ended": 4}, "person plan social"),
    ("NO", "home-care-nurse", ["task"], {"ended": 6.9}, "person plan social"),
    ("NO", "home-care-nurse", ["task"], {"ended": 7}, ""),
    ("DK", "home-care-nurse", ["task"], {"ended": 0.1}, ""),
    ("NO", "ward-nurse", ["team", "task", "episode"], {"consent": True}, ""),
    ("NO", "log-reviewer", ["team", "task", "episode"], {"consent": True}, ""),
    ("NO", "needs-assessor", ["request"], {}, "person plan social"),
    ("SE", "hospital-doctor", ["team"], {}, "person"),
    ("SE", "hospital-doctor", ["team"], {"consent": True}, "health person plan readings"),
    ("SE", "hospital-doctor", ["task"], {"consent": True}, "person"),
    ("SE", "hospital-doctor", [], {"consent": True}, ""),
    ("FI", "coordinator", ["team"], {"consent": True}, "person plan social"),
    ("FI", "home-care-nurse", ["visit"], {"consent": True}, "person plan readings social"),
    ("IS", "coordinator", ["team"], {}, ""),
    ("IS", "coordinator", ["team"], {"consent": True}, "person plan social"),
    ("IS", "general-practitioner", ["gp"], {}, "health person plan readings"),
]


@pytest.mark.parametrize(("country", "role", "ties", "more", "right"), STAFF)
def test_what_staff_read(country: str, role: str, ties: list[str], more: dict[str, float], right: str) -> None:
    assert told(country, role, *ties, **more) == right  # type: ignore[arg-type]


@pytest.mark.parametrize("country", COUNTRIES)
def test_what_those_close_read(country: str) -> None:
    assert close(country, "sharing", 76) == "person plan"
    assert close(country, "sharing", 76, ended=True) == ""
    assert close(country, "none", 76) == ""
    assert "person" not in close(country, "sharing", 76, protected=True)
    assert "social" not in close(country, "guardian", 6)
    assert close(country, "guardian", 76) == ""


def test_ages_are_those_of_the_country() -> None:
    for country, last in (("SE", 12), ("DK", 14), ("IS", 15)):
        assert close(country, "guardian", last) == "health person plan readings"
        assert "health" not in close(country, "guardian", last + 1)
    assert close("FI", "mandate", 18) == "health person plan readings social"
    assert "health" not in close("FI", "mandate", 17)
    assert "health" not in close("SE", "mandate", 76)


def test_every_type_has_its_place() -> None:
    """146 types that are not abstract: those about persons are written down by kind, the others are directories."""
    assert len(templates()) == 146
    assert set(kinds()) <= set(templates())
    assert {kind for kind, _ in kinds().values()} == {"person", "plan", "readings", "health", "finance", "consent"}
