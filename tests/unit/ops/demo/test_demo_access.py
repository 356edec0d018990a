"""Who may see the demo's people under Norway's rows and Agder's agreement."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from saman.model.access import (
    Assignment,
    Domain,
    Holder,
    Policy,
    Question,
    Relation,
    add_region,
    decide,
    read_country,
    relations,
)
from saman.ops.demo.staff import roster

Resource = dict[str, Any]
ROOT = Path(__file__).parents[4] / "regions"
MONDAY = datetime.fromisoformat("2026-11-23T08:12:00+01:00")


@pytest.fixture(scope="module")
def policy() -> Policy:
    roles = [role["id"] for role in msgspec.yaml.decode((ROOT / "roles.yaml").read_bytes())["roles"]]
    country = read_country("no", (ROOT / "countries/no.access.yaml").read_text("utf-8"), roles)
    assert isinstance(country, Policy), country
    region = add_region(country, "agder", (ROOT / "no-agder/access.yaml").read_text("utf-8"))
    assert isinstance(region, Policy), region
    return region


@pytest.fixture(scope="module")
def ties(stored: list[Resource], policy: Policy) -> list[Relation]:
    """Every care relation of the demo, read as the record reads them."""
    units = {worker.practitioner_role: worker.organization for worker in roster().values()}
    found: list[Relation] = []
    for number, resource in enumerate(stored):
        found += relations({"id": f"new-{number}", **resource}, policy.zone, units)
    return found


def _sees(policy: Policy, ties: list[Relation], who: Assignment, person: str) -> set[str]:
    own = [tie for tie in ties if tie.person == person]
    questions = [
        Question(assignment=who, domain=domain, at=MONDAY, person=person, relations=own)
        for domain in Domain
        if domain is not Domain.DIRECTORY
    ]
    return {question.domain.word for question in questions if decide(question, policy).permitted}


def _worker(name: str) -> Assignment:
    worker = roster()[name]
    return Assignment(number=1, kind=Holder.STAFF, purpose="TREAT", role=worker.role, party=worker.organization)


@pytest.mark.parametrize(
    ("who", "kinds"),
    [
        ("silje-haugen", {"person", "plan", "readings", "health"}),
        ("eli-strand", {"person", "plan", "social"}),
        ("amina-yusuf", {"person", "plan", "social"}),
        ("per-nilsen", {"person", "plan", "readings", "health"}),
        ("marte-olsen", {"person", "plan", "social"}),
        ("kjersti-wold", {"person", "plan", "readings", "health"}),
        ("vigdis-torp", set()),
        ("gunnar-moe", set()),
        ("geir-vik", set()),
    ],
)
def test_who_sees_ingrid(policy: Policy, ties: list[Relation], who: str, kinds: set[str]) -> None:
    assert _sees(policy, ties, _worker(who), "ingrid-aasen") >= kinds
    if not kinds:
        assert not _sees(policy, ties, _worker(who), "ingrid-aasen")


def test_home_care_that_is_asked_for_a_visit_sees_the_readings(policy: Policy, ties: list[Relation]) -> None:
    assert "readings" in _sees(policy, ties, _worker("bodil-aas"), "einar-kleivset")
    assert "readings" not in _sees(policy, ties, _worker("eli-strand"), "ingrid-aasen")


def test_the_centre_sees_nobody_outside_home_follow_up(policy: Policy, ties: list[Relation]) -> None:
    for person in ("harald-moen", "fatima-al-khatib", "lise-holt", "kare-stole", "randi-eikeland"):
        assert not _sees(policy, ties, _worker("silje-haugen"), person)


def test_a_relative_sees_the_plan_only_when_it_is_shared(policy: Policy, ties: list[Relation]) -> None:
    def relative(name: str) -> Assignment:
        return Assignment(number=1, kind=Holder.RELATIVE, purpose="FAMRQT", actor=f"RelatedPerson/{name}")

    assert _sees(policy, ties, relative("kari-aasen"), "ingrid-aasen") == {"person", "plan"}
    assert _sees(policy, ties, relative("tor-aasen"), "ingrid-aasen") == set()


def test_a_guardian_sees_the_young_child_and_of_the_older_who_she_is(policy: Policy, ties: list[Relation]) -> None:
    def close(name: str) -> Assignment:
        return Assignment(number=1, kind=Holder.RELATIVE, purpose="FAMRQT", actor=f"RelatedPerson/{name}")

    father = "samir-al-khatib-for-{}-al-khatib".format
    young = _sees(policy, ties, close(father("yasmin")), "yasmin-al-khatib")
    assert young == {"person", "plan", "readings", "health"}
    assert _sees(policy, ties, close(father("noor")), "noor-al-khatib") == {"person"}
    assert _sees(policy, ties, close(father("noor")), "yasmin-al-khatib") == set()
    proxy = _sees(policy, ties, close("inger-moen"), "harald-moen")
    assert proxy == {"person", "plan", "readings", "health", "social"}
    assert _sees(policy, ties, close("jan-aas"), "torbjorn-aas") == {"person", "plan", "readings", "health"}
