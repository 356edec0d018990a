"""Who works where, and which unit belongs to which organisation, as the directory says it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from saman.model.access.membership import Membership, belongings, has_left, memberships

OSLO = ZoneInfo("Europe/Oslo")
ROLE = "urn:saman:role"


def role(**more):
    return {
        "resourceType": "PractitionerRole",
        "id": "r1",
        "practitioner": {"reference": "Practitioner/p1"},
        "organization": {"reference": "Organization/u1"},
        "code": [{"coding": [{"system": ROLE, "code": "home-care-nurse"}]}],
    } | more


def test_a_role_without_dates_counts_always():
    (held,) = memberships(role(), OSLO)
    assert (held.ground, held.practitioner, held.party, held.role) == (
        "PractitionerRole/r1", "Practitioner/p1", "u1", "home-care-nurse",
    )  # fmt: skip
    assert held.holds_at(datetime(1950, 1, 1, tzinfo=UTC))
    assert held.holds_at(datetime(2900, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        # A bare date is a whole day in Oslo, which is an hour ahead in winter and two in summer.
        ({"start": "2026-11-22", "end": "2026-11-22"}, "2026-11-21T23:00:00Z", "2026-11-22T22:59:59Z"),
        ({"start": "2026-10-25", "end": "2026-10-25"}, "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z"),
        ({"start": "2026-11-22T07:30:00+01:00", "end": "2026-11-22T15:30:00+01:00"},
         "2026-11-22T06:30:00Z", "2026-11-22T14:29:59Z"),
    ],
)  # fmt: skip
def test_dates_count_to_the_instant(period, first, last):
    (held,) = memberships(role(period=period), OSLO)
    begin, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    assert held.holds_at(begin)
    assert not held.holds_at(begin.replace(second=0).fromtimestamp(begin.timestamp() - 1, UTC))
    assert held.holds_at(end)
    assert not held.holds_at(datetime.fromtimestamp(end.timestamp() + 1, UTC))


@pytest.mark.parametrize(
    "changed",
    [
        {"active": False},
        {"practitioner": {"reference": "Patient/p1"}},
        {"practitioner": {"display": "somebody"}},
        {"organization": {"reference": "https://elsewhere.example/Organization/u1"}},
        {"organization": {}},
        {"code": [{"coding": [{"system": "urn:elsewhere", "code": "home-care-nurse"}]}]},
        {"code": []},
    ],
)
def test_what_names_no_role_no_person_or_no_unit_of_ours_makes_no_member(changed):
    assert memberships(role(**changed), OSLO) == ()


def test_codings_of_one_concept_are_one_role_and_several_concepts_are_several():
    both = [{"system": ROLE, "code": "general-practitioner"}, {"system": ROLE, "code": "gp"}]
    held = memberships(role(code=[{"coding": both}, {"coding": [{"system": ROLE, "code": "coordinator"}]}]), OSLO)
    assert [one.role for one in held] == ["general-practitioner", "coordinator"]
    assert all(isinstance(one, Membership) for one in held)


def test_who_is_deleted_or_not_active_has_left():
    assert has_left(None)
    assert has_left({"resourceType": "Practitioner", "active": False})
    assert not has_left({"resourceType": "Practitioner"})


def dated(parent, **period):
    return {
        "url": "urn:saman:extension:part-of",
        "extension": [
            {"url": "of", "valueReference": {"reference": f"Organization/{parent}"}},
            {"url": "period", "valuePeriod": period},
        ],
    }


def test_a_unit_belongs_where_its_dates_say_else_where_it_is_part_of():
    plain = {"resourceType": "Organization", "id": "u1", "partOf": {"reference": "Organization/top"}}
    assert [(one.unit, one.parent) for one in belongings(plain, OSLO)] == [("u1", "top")]
    assert belongings({"resourceType": "Organization", "id": "u1"}, OSLO) == ()
    moved = plain | {"extension": [dated("old", end="2026-12-31"), dated("new", start="2027-01-01")]}
    old, new = belongings(moved, OSLO)
    assert (old.parent, new.parent) == ("old", "new")
    assert old.until == new.since == datetime(2026, 12, 31, 23, tzinfo=UTC)
