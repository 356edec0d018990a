"""The service model of Agder: nothing asked twice, values judged as numbers only, places and parties whole."""

from decimal import Decimal

import msgspec
import pytest

from saman.model.care.basis import ground, said
from saman.model.care.combine import asked_for, quantity, rules_of
from saman.model.care.country import Weekday
from saman.model.care.coverage import takers
from saman.model.care.measurement import Verdict, plausibility
from saman.model.care.party import PartyKind


@pytest.fixture
def service(agder):
    return agder.service("digital-home-follow-up")


@pytest.fixture
def symptoms(agder):
    return agder.questionnaire("symptoms")


def test_the_region_has_its_25_municipalities_and_their_units(agder):
    municipalities = [party for party in agder.parties if party.kind is PartyKind.MUNICIPALITY]
    assert len(municipalities) == len(agder.region.places) == 25
    assert sum(place.residents for place in agder.region.places) == 308_843
    for place in agder.region.places:
        assert agder.party(f"municipality-{place.slug}").place == place.code
        for kind in (PartyKind.HOME_CARE, PartyKind.GP_PRACTICE, PartyKind.TELEMEDICINE_CENTRE):
            assert agder.serving(place.code, kind), (place.name, kind)


def test_units_belong_to_their_municipality(agder):
    lineage = [party.id for party in agder.lineage("homecare-grimstad")]
    assert lineage == ["homecare-grimstad", "municipality-grimstad"]
    assert [unit.id for unit in agder.children("municipality-grimstad")] == ["homecare-grimstad"]


def test_made_up_parties_are_marked_and_real_ones_have_sources(agder):
    for party in agder.parties:
        made_up = "(eksempel)" in party.name
        assert party.sample == made_up, party.id
        assert (ground(party, agder.sources()) == "sample") == made_up


def test_a_fact_from_two_sources_shows_the_weaker_mark(agder):
    fact = next(one for one in agder.region.facts if one.id == "joint-procurement")
    assert ground(fact, agder.sources()) == "C"
    assert ground(agder.party("municipality-risor"), agder.sources()) == "B"
    unknown = next(one for one in agder.region.facts if one.id == "voting-rule")
    assert ground(unknown, agder.sources()) == "not known"


def test_all_municipalities_take_the_service(agder, service):
    assert len(takers(agder, service)) == 25


@pytest.mark.parametrize(
    ("modules", "measured"),
    [
        (["copd"], ["spo2", "pulse"]),
        (["heart-failure"], ["pulse", "weight", "blood-pressure"]),
        (["heart-failure", "copd"], ["spo2", "pulse", "weight", "blood-pressure"]),
        ([], []),
    ],
)
def test_modules_combine_without_asking_twice(service, symptoms, modules, measured):
    asked = asked_for(service, symptoms, modules)
    assert [one.id for one, _ in asked.measurements] == measured
    questions = ["breathing", "sleep", "daily-life"] if modules else []
    assert [one.id for one, _ in asked.questions] == questions
    ids = [rule.id for rule in rules_of(service, modules)]
    assert len(ids) == len(set(ids))


def test_days_of_two_modules_are_joined(service, symptoms):
    first, second = service.modules
    tuesday = msgspec.structs.replace(first.measurements[1].schedule, days=(Weekday.TUE,), opens="05:00")
    pulse = msgspec.structs.replace(first.measurements[1], schedule=tuesday)
    changed = msgspec.structs.replace(first, measurements=(first.measurements[0], pulse))
    both = msgspec.structs.replace(
        service, monitoring=msgspec.structs.replace(service.monitoring, modules=(changed, second))
    )
    asked = asked_for(both, symptoms, ["copd", "heart-failure"])
    schedule = next(schedule for one, schedule in asked.measurements if one.id == "pulse")
    assert [day.value for day in schedule.days] == ["mon", "tue", "wed", "fri"]
    assert (schedule.opens, schedule.closes) == ("05:00", "20:00")


@pytest.mark.parametrize(
    ("id", "value", "unit", "verdict"),
    [
        ("spo2", "93", "%", Verdict.OK),
        ("spo2", "85", "%", Verdict.OK),
        ("spo2", "84", "%", Verdict.UNUSUAL),
        ("spo2", "100", "%", Verdict.OK),
        ("spo2", "101", "%", Verdict.IMPOSSIBLE),
        ("spo2", "-1", "%", Verdict.IMPOSSIBLE),
        ("spo2", "0.93", "1", Verdict.WRONG_UNIT),
        ("weight", "71.8", "kg", Verdict.OK),
        ("weight", "71800", "g", Verdict.WRONG_UNIT),
        ("weight", "718", "kg", Verdict.IMPOSSIBLE),
        ("systolic", "138", "mm[Hg]", Verdict.OK),
        ("systolic", "138", "mmHg", Verdict.WRONG_UNIT),
        ("pulse", "131", "/min", Verdict.UNUSUAL),
    ],
)
def test_a_value_is_taken_asked_about_or_refused(service, id, value, unit, verdict):
    judged = plausibility(quantity(service, id), Decimal(value), unit)
    assert judged.verdict is verdict
    assert judged.asks == (verdict in (Verdict.UNUSUAL, Verdict.IMPOSSIBLE))
    assert judged.refused == (verdict is Verdict.WRONG_UNIT)


def test_device_codes_find_their_quantity(agder):
    assert agder.quantity_codes["urn:iso:std:iso:11073:10101", "150456"].id == "spo2"
    assert agder.quantity_codes["http://loinc.org", "8480-6"].id == "systolic"
    assert ("http://loinc.org", "85354-9") not in agder.quantity_codes
    assert ("urn:other", "8480-6") not in agder.quantity_codes


def test_fixed_words_name_both_numbers_in_every_language(agder, service):
    for language in agder.region.languages:
        text = service.monitoring.not_an_alarm.text[language]
        assert "{emergency}" in text
        assert "{out-of-hours}" in text


def test_the_texts_claim_nothing_that_the_product_does_not_do(files):
    for name, text in files.items():
        lowered = text.lower()
        for claim in ("early warning", "predict", "diagnos", "decision support", "reduces admissions", "urgency"):
            assert claim not in lowered, (name, claim)


def test_said_falls_back_to_english():
    assert said({"en": "a", "nb": "b"}, "nb") == "b"
    assert said({"en": "a", "nb": "b"}, "fi") == "a"
    assert said({"nb": "b"}, "fi") == "b"
    assert said({}, "fi") == ""
