"""Whose it is to say no about a child, in five countries, to the second of a birthday."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from saman.model.access import Policy, read_country
from saman.model.access.guardian import Whose, saying
from saman.model.access.policy import birthday

ROOT = Path(__file__).parents[4] / "regions"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def policies() -> dict[str, Policy]:
    roles = [role["id"] for role in msgspec.yaml.decode((ROOT / "roles.yaml").read_bytes())["roles"]]
    found = {}
    for code in ("se", "no", "dk", "fi", "is"):
        policy = read_country(code, (ROOT / f"countries/{code}.access.yaml").read_text("utf-8"), roles)
        assert isinstance(policy, Policy), policy
        found[code] = policy
    return found


def born(age: int) -> date:
    return date(2026 - age, 11, 21)


@pytest.mark.parametrize(
    ("country", "age", "whose", "turn"),
    [
        ("se", 1, Whose.NOBODY, None),
        ("se", 17, Whose.NOBODY, None),
        ("fi", 1, Whose.NOBODY, None),
        ("fi", 15, Whose.NOBODY, None),
        ("no", 11, Whose.GUARDIAN, 12),
        ("no", 12, Whose.TOGETHER, 12),
        ("no", 17, Whose.TOGETHER, 12),
        ("no", 18, Whose.CHILD, 18),
        ("dk", 14, Whose.GUARDIAN, 15),
        ("dk", 15, Whose.CHILD, 15),
        ("is", 15, Whose.GUARDIAN, 16),
        ("is", 16, Whose.CHILD, 16),
    ],
)
def test_by_country_and_age(policies, country, age, whose, turn):
    found = saying(policies[country], born(age), NOW)
    assert (found.whose, found.age) == (whose, turn)
    assert found.row is not None


@pytest.mark.parametrize(("country", "law"), [("se", True), ("fi", True), ("no", False), ("dk", False), ("is", False)])
def test_what_nobody_has_confirmed_is_not_called_law(policies, country, law):
    assert saying(policies[country], born(5), NOW).law is law


@pytest.mark.parametrize(("country", "age"), [("dk", 15), ("is", 16), ("no", 12)])
@pytest.mark.parametrize("day", [date(2012, 2, 29), date(2012, 10, 28), date(2013, 3, 31)])
def test_it_turns_at_the_midnight_of_the_birthday(policies, country, age, day):
    policy = policies[country]
    turns = birthday(day, age, policy.zone)
    assert saying(policy, day, turns - timedelta(seconds=1)).whose is Whose.GUARDIAN
    assert saying(policy, day, turns).whose is not Whose.GUARDIAN


def test_without_a_day_of_birth_or_a_row_a_guardian_says_nothing(policies):
    assert saying(policies["dk"], None, NOW).whose is Whose.UNKNOWN
    assert saying(policies["se"], None, NOW).whose is Whose.NOBODY
    bare = msgspec.structs.replace(policies["dk"], rows=tuple(r for r in policies["dk"].rows if r.id != "R07"))
    assert saying(bare, born(3), NOW).whose is Whose.UNKNOWN
