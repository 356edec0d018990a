from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from saman.ops.demo.profile import person_of, read_profiles
from saman.ops.demo.setting import Setting
from saman.ops.demo.simulate import Report, reports

Resource = dict[str, Any]
MONDAY = datetime.fromisoformat("2026-11-23T08:12:00+01:00")
ANY_DAY = [
    MONDAY + timedelta(days=day, hours=hour) for day, hour in ((0, 0), (1, 6), (2, 14), (5, -8), (6, 4), (100, 3))
]


def _reports(name: str, now: datetime = MONDAY, seed: int = 1) -> list[Report]:
    profile = read_profiles()[name]
    assert profile.enrolled
    return reports(person_of(name, profile, 0), profile.enrolled, Setting(now, seed))


def _values(found: list[Report], measure: str) -> list[Decimal]:
    return [report.readings[measure].value for report in found]


@pytest.mark.parametrize("now", ANY_DAY)
def test_ingrid_gets_worse_on_any_day_of_loading(now: datetime) -> None:
    found = _reports("ingrid-aasen", now)
    oxygen, weight = _values(found, "spo2"), _values(found, "weight")
    assert oxygen[-6:] == [Decimal(value) for value in (92, 91, 91, 90, 89, 88)]
    assert weight[-6:] == sorted(weight[-6:])
    assert weight[-1] == Decimal("71.8")
    assert min(oxygen[:-6]) > 89
    assert found[-1].readings["spo2"].confirmed


@pytest.mark.parametrize("now", ANY_DAY)
def test_aud_gains_two_and_a_half_kilograms_in_four_days(now: datetime) -> None:
    found = _reports("aud-mykland", now)
    weight = _values(found, "weight")
    assert weight[-1] - weight[-5] == Decimal("2.5")
    assert found[-1].sent - found[-5].sent < timedelta(days=4, hours=2)
    assert max(weight[:-5]) < 63


@pytest.mark.parametrize("now", ANY_DAY)
def test_ingrids_last_report_came_after_closing_on_the_last_workday(now: datetime) -> None:
    last = _reports("ingrid-aasen", now)[-1].sent
    assert last < now
    assert last.weekday() < 5
    assert (last.hour, last.minute) == (16, 14)


@pytest.mark.parametrize("name", [name for name, profile in read_profiles().items() if profile.enrolled])
def test_reports_cover_ninety_days_with_gaps_and_end_before_now(name: str) -> None:
    found = _reports(name)
    sent = [report.sent for report in found]
    assert sent == sorted(sent)
    assert sent[-1] <= MONDAY
    assert timedelta(days=80) < sent[-1] - sent[0] + timedelta(days=8) <= timedelta(days=98)
    days = {moment.date() for moment in sent}
    assert len(days) == len(sent) < 91


def test_away_means_no_readings() -> None:
    found = _reports("ingrid-aasen")
    gap = [(report.sent.date() - MONDAY.date()).days for report in found]
    assert not [day for day in gap if -53 <= day <= -47]


def test_somebody_has_fallen_silent() -> None:
    assert MONDAY - _reports("knut-fjeldsa")[-1].sent >= timedelta(days=6)


def test_slips_are_put_right_or_confirmed() -> None:
    readings = [reading for report in _reports("ingrid-aasen") for reading in report.readings.values()]
    assert [(str(each.typed), each.value < 100) for each in readings if each.typed] == [("718", True)]
    assert Decimal(178) in [each.value for each in readings if each.confirmed]


def test_the_same_seed_gives_the_same_and_another_gives_others() -> None:
    assert _reports("olav-tveit") == _reports("olav-tveit")
    assert _values(_reports("olav-tveit"), "weight") != _values(_reports("olav-tveit", seed=2), "weight")


def test_numbers_stay_around_the_person_and_on_the_instruments_step() -> None:
    weights = _values(_reports("torbjorn-aas"), "weight")
    assert all(value == value.quantize(Decimal("0.1")) for value in weights)
    assert abs(sum(weights) / len(weights) - Decimal("92.1")) < Decimal("0.3")
    assert all(abs(value - Decimal("92.1")) < 2 for value in weights)
    assert len(set(weights)) > 8


def test_days_hang_together() -> None:
    """Neighbouring days differ less than days a fortnight apart, as the rule says."""
    values = [float(value) for value in _values(_reports("aud-mykland"), "pulse")[:-5]]
    near = [abs(a - b) for a, b in pairwise(values)]
    far = [abs(a - b) for a, b in zip(values, values[14:], strict=False)]
    assert sum(near) / len(near) < sum(far) / len(far)


def _of(stored: list[Resource], kind: str, person: str) -> list[Resource]:
    about = {"reference": f"Patient/{person}"}
    return [each for each in stored if each["resourceType"] == kind and each.get("subject") == about]


def test_observations_have_the_shape_of_home_devices(stored: list[Resource]) -> None:
    home = [each for each in stored if each["resourceType"] == "Observation" and "device" in each]
    assert len(home) > 1800
    for each in home:
        codes = {category["coding"][0]["code"] for category in each["category"]}
        assert codes == {"vital-signs", "phd", "home-monitoring"}
        assert {coding["system"] for coding in each["code"]["coding"]} == {
            "http://loinc.org",
            "urn:iso:std:iso:11073:10101",
        }
        assert {"system": "urn:saman:tag", "code": "simulated"} in each["meta"]["tag"]
        values = [part["valueQuantity"] for part in each.get("component", [each])]
        assert {value["system"] for value in values} == {"http://unitsofmeasure.org"}
        assert datetime.fromisoformat(each["effectiveDateTime"]).utcoffset() is not None


def test_every_upload_has_an_identifier_of_its_own(stored: list[Resource]) -> None:
    keys = [
        each["identifier"][0]["value"] for each in stored if each["resourceType"] == "Observation" and "device" in each
    ]
    assert len(keys) == len(set(keys))
    assert not [key for key in keys if "aasen" in key.lower()]


def test_a_report_is_its_answers_with_its_readings_and_one_task(demo: dict[str, Resource]) -> None:
    entries = demo["reports-ingrid-aasen"]["entry"]
    parts: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        resource = entry["resource"]
        if resource["resourceType"] == "Observation":
            parts[resource["derivedFrom"][0]["reference"]].append("Observation")
        if resource["resourceType"] == "Task":
            parts[resource["focus"]["reference"]].append("Task")
    answers = [entry["fullUrl"] for entry in entries if entry["resource"]["resourceType"] == "QuestionnaireResponse"]
    assert set(parts) == set(answers)
    assert {tuple(kinds) for kinds in parts.values()} == {("Observation",) * 4 + ("Task",)}


def test_numbers_told_on_the_phone_say_who_wrote_them_down(stored: list[Resource]) -> None:
    answers = _of(stored, "QuestionnaireResponse", "olga-lindland")
    assert answers
    assert {each["author"]["reference"] for each in answers} == {"Practitioner/jon-bakke"}
    assert {each["source"]["reference"] for each in answers} == {"Patient/olga-lindland"}


def test_a_corrected_value_says_what_was_typed_first(stored: list[Resource]) -> None:
    corrected = [each for each in _of(stored, "Observation", "ingrid-aasen") if each["status"] == "corrected"]
    assert ["718" in each["note"][0]["text"] for each in corrected] == [True]
