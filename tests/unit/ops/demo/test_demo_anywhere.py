"""The demo that is made for any region from its own files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.apps.ui.catalogue import LANGUAGES
from saman.kernel import json
from saman.model.fhir import validate
from saman.ops.demo import bundles_for, offered_first
from saman.ops.demo.anywhere.cast import CARED_FOR
from saman.ops.demo.anywhere.numbers import OWN, finnish_number, swedish_numbers
from saman.ops.demo.anywhere.people import sheet
from saman.ops.demo.anywhere.whole import region_bundles
from saman.ops.demo.names import names_of, slug
from tests import regions

Resource = dict[str, Any]
HOURS = (0, 7, 30, 61)
TEST_DATA = "http://terminology.hl7.org/CodeSystem/v3-ActReason"


def demo_of(name: str, now: datetime = regions.MORNING, seed: int = 1) -> dict[str, Resource]:
    region = regions.region_of(name)
    return dict(region_bundles(region.model, region.policy, now, seed))


def stored(name: str, now: datetime = regions.MORNING) -> list[Resource]:
    return [entry["resource"] for bundle in demo_of(name, now).values() for entry in bundle["entry"]]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


@pytest.mark.parametrize("name", regions.MADE)
def test_every_resource_is_valid_and_marked_as_test_data(name: str) -> None:
    for resource in stored(name):
        assert not validate(resource), resource
        assert TEST_DATA in {one["system"] for one in resource["meta"]["security"]}
        assert "synthetic" in {one["code"] for one in resource["meta"]["tag"]}


@pytest.mark.parametrize("name", regions.MADE)
def test_every_reference_leads_to_the_bundle_an_earlier_one_or_the_region(name: str) -> None:
    known = {f"Organization/{party.id}" for party in regions.region_of(name).model.parties}
    for part, bundle in demo_of(name).items():
        known |= {entry["request"]["url"] for entry in bundle["entry"] if entry["request"]["method"] == "PUT"}
        inside = {entry["fullUrl"] for entry in bundle["entry"]}
        for entry in bundle["entry"]:
            assert set(references(entry["resource"])) <= known | inside, (part, entry["request"])


@pytest.mark.parametrize("name", regions.MADE)
def test_the_same_day_and_seed_give_the_same_bytes(name: str) -> None:
    def digest(seed: int) -> str:
        return sha256(json.encode(list(demo_of(name, seed=seed).items()))).hexdigest()

    assert digest(1) == digest(1)
    measured = regions.people_of(name).service.monitoring is not None
    assert (digest(1) != digest(2)) is measured


@pytest.mark.parametrize("name", regions.MADE)
def test_people_keep_their_names_on_every_day(name: str) -> None:
    later = regions.MORNING + timedelta(days=40)
    assert list(demo_of(name)) == list(demo_of(name, later))


@pytest.mark.parametrize("name", regions.MADE)
@pytest.mark.parametrize("hours", HOURS)
def test_nothing_has_happened_after_now(name: str, hours: int) -> None:
    now = regions.MORNING + timedelta(hours=hours)
    for resource in stored(name, now):
        for key in ("effectiveDateTime", "authored", "authoredOn", "lastModified", "sent", "received", "created"):
            moment = resource.get(key)
            assert not (moment and "T" in moment and datetime.fromisoformat(moment) > now), (key, resource)


@pytest.mark.parametrize("name", regions.MADE)
def test_roles_are_held_in_parties_that_hold_them(name: str) -> None:
    cast = regions.people_of(name)
    for worker in cast.staff:
        party = cast.model.party(worker.organization)
        assert party is not None
        assert worker.role in party.roles
    filled = {one.role for one in cast.service.roles} - {*CARED_FOR}
    assert filled <= {worker.role for worker in cast.staff}
    assert 12 <= len(cast.staff) + len(cast.citizens) <= 45


@pytest.mark.parametrize("name", regions.MADE)
def test_the_front_page_offers_them_first(name: str) -> None:
    cast = regions.people_of(name)
    offered = offered_first(cast.model)
    assert {one.id for one in cast.citizens.values()} < set(offered)
    assert offered[0] == cast.citizens["first"].id
    reader = cast.worker(cast.reader_role)
    assert reader is not None
    assert reader.id in offered


def test_agder_has_its_own_people() -> None:
    agder = regions.region_of("no-agder")
    names = [name for name, _ in zip(bundles_for(agder.model, agder.policy, regions.MORNING), range(2), strict=False)]
    assert [name for name, _ in names] == ["staff", "person-ingrid-aasen"]
    assert offered_first(agder.model)[0] == "ingrid-aasen"


@pytest.mark.parametrize(("name", "asks"), [("fi-paijat-hame", True), ("is-fjallabyggd", True), ("dk", False)])
def test_a_yes_is_there_where_the_rules_ask_for_one(name: str, asks: bool) -> None:
    consents = [one for one in stored(name) if one["resourceType"] == "Consent"]
    assert bool(consents) is asks
    assert {one["provision"]["type"] for one in consents} <= {"permit"}


@pytest.mark.parametrize("name", regions.MADE)
def test_no_number_can_be_a_living_persons(name: str) -> None:
    for resource in stored(name):
        if resource["resourceType"] in ("Patient", "RelatedPerson"):
            (number,) = resource["identifier"]
            assert _is_test_number(number["system"], number["value"]), number
            for one in resource["telecom"]:
                assert one["value"].split(" ", 1)[1].startswith("00 00 ")


def _is_test_number(system: str, value: str) -> bool:
    if "personnummer" in system:
        return value in names_of("SE").numbers.split()
    if system == "urn:oid:1.2.246.21":
        return 900 <= int(value[7:10]) <= 999
    return system == OWN or int(value[2:4]) > 80


@given(st.dates(date(1900, 1, 1), date(2026, 12, 31)), st.sampled_from(("female", "male")), st.integers(0, 40))
def test_finnish_numbers_tell_birth_date_and_sex_and_that_they_are_tests(born: date, sex: str, turn: int) -> None:
    number = finnish_number(born, sex, turn)
    assert number[:6] == f"{born:%d%m%y}"
    assert number[6] == ("-" if born.year < 2000 else "A")
    assert 900 <= int(number[7:10]) <= 999
    assert (int(number[7:10]) % 2 == 0) == (sex == "female")
    assert number[10] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(number[:6] + number[7:10]) % 31]


def test_swedish_test_numbers_have_the_right_last_digit() -> None:
    """By the Luhn algorithm over the last ten digits."""
    numbers = [*swedish_numbers("female"), *swedish_numbers("male")]
    assert len(numbers) == len(set(numbers)) == 10
    for number in numbers:
        doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(number[2:])]
        assert sum(digit // 10 + digit % 10 for digit in doubled) % 10 == 0, number


def test_every_text_is_in_every_language() -> None:
    for key, text in sheet().texts.items():
        assert set(text) == set(LANGUAGES), key
        assert all(text.values()), key


@pytest.mark.parametrize("country", ["DK", "FI", "IS", "NO", "SE"])
def test_names_make_plain_ids(country: str) -> None:
    names = names_of(country)
    words = [*names.families("female"), *names.families("male"), *" ".join(names.female.values()).split()]
    assert all(slug(word).isascii() for word in [*words, *" ".join(names.male.values()).split()])
