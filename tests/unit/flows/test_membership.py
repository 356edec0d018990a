"""What may be given to whom: shifts, licences and dates, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from saman.flows.membership.authority import (
    AUTHORITIES,
    LOCAL_ADMINISTRATOR,
    TEAM_LEADER,
    Wanted,
    end_of_shift,
    objections,
    roles_of,
)
from saman.flows.membership.licence import Licence, holds_licence, licence_numbers, with_licence
from saman.ops.region import Region, open_region

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 11, 23, 10, tzinfo=OSLO)
NURSE = {"coding": [{"system": "urn:saman:profession", "code": "nurse"}]}


@pytest.fixture(scope="module")
def model():
    region = open_region(Path(__file__).parents[3] / "regions" / "no-agder")
    assert isinstance(region, Region), region
    return region.model


def nurse(**period):
    held = {"code": NURSE, "identifier": [{"value": "1"}]} | ({"period": period} if period else {})
    return {"resourceType": "Practitioner", "id": "n", "qualification": [held]}


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-23T06:59", "2026-11-23T07:30"),
        ("2026-11-23T07:00", "2026-11-23T15:30"),
        ("2026-11-23T10:00", "2026-11-23T15:30"),
        ("2026-11-23T15:15", "2026-11-23T22:30"),
        ("2026-11-23T22:15", "2026-11-24T07:30"),
        ("2026-11-23T23:45", "2026-11-24T07:30"),
        ("2026-10-25T01:30", "2026-10-25T07:30"),
    ],
)
def test_a_shift_ends_by_the_clock_on_the_wall(now, end):
    found = end_of_shift(datetime.fromisoformat(now).replace(tzinfo=OSLO))
    assert found.strftime("%Y-%m-%dT%H:%M") == end


@pytest.mark.parametrize(
    ("period", "since", "until", "holds"),
    [
        ({}, NOW, None, True),
        ({"end": "2026-12-31"}, NOW, NOW + timedelta(hours=5), True),
        ({"end": "2026-11-23"}, NOW, datetime(2026, 11, 24, tzinfo=OSLO), True),
        ({"end": "2026-11-23"}, NOW, datetime(2026, 11, 24, 0, 0, 1, tzinfo=OSLO), False),
        ({"end": "2026-12-31"}, NOW, None, False),
        ({"start": "2026-11-24"}, NOW, NOW + timedelta(hours=5), False),
        ({"start": "2026-11-23"}, datetime(2026, 11, 23, tzinfo=OSLO), NOW, True),
    ],
)
def test_a_licence_lasts_as_long_as_the_role_or_does_not_count(period, since, until, holds):
    assert holds_licence(nurse(**period), "nurse", since, until, OSLO) is holds
    assert not holds_licence(nurse(**period), "doctor", since, until, OSLO)


def test_a_licence_that_was_looked_up_is_kept_with_who_did_it_and_its_number_once(model):
    giver = {"reference": "Practitioner/leader", "display": "Hege Rike"}
    licence = Licence(number="9900001", looked_up=True)
    plain = {"resourceType": "Practitioner", "id": "p", "name": [{"family": "Vik"}]}
    once = with_licence(plain, model, "nurse", licence, giver)
    assert holds_licence(once, "nurse", NOW, None, OSLO)
    assert licence_numbers(once) == ("9900001",)
    assert once["qualification"][0]["extension"][0]["valueReference"] == giver
    assert "qualification" not in plain
    twice = with_licence(once, model, "doctor", licence, giver)
    assert (len(twice["identifier"]), licence_numbers(twice)) == (1, ("9900001",))


def test_a_team_leader_gives_no_role_that_watches_over_or_leads(model):
    for party in model.parties:
        given = {role.id for role in roles_of(model, TEAM_LEADER, party)}
        assert given <= set(party.roles)
        assert given.isdisjoint(
            {"team-leader", *(role for role in AUTHORITIES), "log-reviewer", "region-administrator"}
        )
        assert "region-administrator" not in {role.id for role in roles_of(model, LOCAL_ADMINISTRATOR, party)}


def wanted(**more):
    given = {
        "party": "agder-telemedicine-centre", "role": "telemedicine-nurse", "since": NOW,
        "until": NOW + timedelta(hours=5), "reason": "Ill",
    }  # fmt: skip
    return Wanted(**(given | more))


@pytest.mark.parametrize(
    ("more", "authority", "paths"),
    [
        ({}, TEAM_LEADER, []),
        ({"party": "elsewhere"}, TEAM_LEADER, ["unit"]),
        ({"role": "team-leader"}, TEAM_LEADER, ["role"]),
        ({"role": "team-leader"}, LOCAL_ADMINISTRATOR, []),
        ({"until": None}, TEAM_LEADER, ["until"]),
        ({"until": None, "reason": ""}, LOCAL_ADMINISTRATOR, []),
        ({"until": NOW}, LOCAL_ADMINISTRATOR, ["until"]),
        ({"until": NOW + timedelta(days=92)}, TEAM_LEADER, []),
        ({"until": NOW + timedelta(days=92, seconds=1)}, TEAM_LEADER, ["until"]),
        ({"reason": " "}, TEAM_LEADER, ["reason"]),
        ({"party": "elsewhere", "until": None, "reason": ""}, TEAM_LEADER, ["unit", "until", "reason"]),
    ],
)
def test_everything_in_the_way_is_named_with_its_field(model, more, authority, paths):
    found = objections(model, authority, ["agder-telemedicine-centre"], wanted(**more), nurse(), NOW.astimezone(UTC))
    assert [issue.path for issue in found] == paths
    assert all(issue.key.startswith("membership.") for issue in found)


def test_without_a_licence_a_licensed_role_is_in_the_way(model):
    nobody = {"resourceType": "Practitioner", "id": "n"}
    found = objections(model, TEAM_LEADER, ["agder-telemedicine-centre"], wanted(), nobody, NOW)
    assert [issue.key for issue in found] == ["membership.licence"]
