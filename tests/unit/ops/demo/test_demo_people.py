from __future__ import annotations

from typing import Any

import pytest

from saman.flows.reading import in_language
from saman.ops.demo.places import MUNICIPALITIES
from saman.ops.demo.plan import SCHEDULES
from saman.ops.demo.profile import read_profiles
from saman.ops.demo.staff import UNIT_OF_ROLE, on_duty, roster

Resource = dict[str, Any]
Placed = dict[str, Resource]


def _codes(concepts: list[Resource]) -> set[str]:
    return {coding["code"] for concept in concepts for coding in concept.get("coding", [])}


def _tags(resource: Resource) -> set[str]:
    return {tag["code"] for tag in resource["meta"]["tag"]}


def test_at_least_twelve_hand_made_people_are_tagged(by_place: Placed) -> None:
    made = [each for each in by_place.values() if each["resourceType"] == "Patient" and "hand-made" in _tags(each)]
    assert {each["id"] for each in made} == read_profiles().keys()
    assert len(made) >= 12


def test_ingrid_is_who_the_journey_says(by_place: Placed) -> None:
    ingrid = by_place["Patient/ingrid-aasen"]
    assert (ingrid["birthDate"], ingrid["address"][0]["district"]) == ("1948-03-14", "Grimstad")
    goal = by_place["Goal/ingrid-aasen-goal-1"]
    assert goal["description"]["text"] == "I want to walk to the quay and back without stopping."
    assert goal["expressedBy"] == {"reference": "Patient/ingrid-aasen"}
    assert {"Condition/ingrid-aasen-copd", "Condition/ingrid-aasen-heart-failure"} <= by_place.keys()
    assert "AllergyIntolerance/ingrid-aasen-penicillin" in by_place
    flags = [each for place, each in by_place.items() if place.startswith("Flag/ingrid-aasen")]
    assert {"advance-directive", "safety"} <= set().union(*(_codes(each["category"]) for each in flags))


def test_a_protected_address_is_nowhere(by_place: Placed) -> None:
    lise = by_place["Patient/lise-holt"]
    assert {"R", "protected-address", "HTEST"} == {each["code"] for each in lise["meta"]["security"]}
    assert lise["address"] == [
        {
            "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}],
            "use": "home",
            "country": "NO",
        }
    ]


def test_an_interpreter_is_asked_for(by_place: Placed) -> None:
    fatima = by_place["Patient/fatima-al-khatib"]
    assert fatima["communication"][0]["language"]["coding"][0]["code"] == "ar"
    assert {
        "url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired",
        "valueBoolean": True,
    } in fatima["extension"]


@pytest.mark.parametrize(
    ("person", "condition"),
    [
        ("harald-moen", "dementia"),
        ("kare-stole", "fall"),
        ("torbjorn-aas", "diabetes"),
        ("berit-sorensen", "copd"),
        ("aud-mykland", "heart-failure"),
    ],
)
def test_conditions_the_bundles_lack(by_place: Placed, person: str, condition: str) -> None:
    assert by_place[f"Condition/{person}-{condition}"]["subject"] == {"reference": f"Patient/{person}"}


def test_those_who_never_sign_in_are_marked(by_place: Placed) -> None:
    ability = {"url": "urn:saman:extension:digital-ability", "valueCode": "none"}
    assert [name for name in read_profiles() if ability in by_place[f"Patient/{name}"]["extension"]] == [
        "olga-lindland",
        "harald-moen",
        "leif-haugland",
        "yasmin-al-khatib",
    ]


def test_a_couple_are_each_others_relatives(by_place: Placed) -> None:
    assert by_place["RelatedPerson/gerd-haugland-for-leif-haugland"]["patient"] == {
        "reference": "Patient/leif-haugland"
    }
    assert by_place["RelatedPerson/leif-haugland-for-gerd-haugland"]["patient"] == {
        "reference": "Patient/gerd-haugland"
    }


def test_relatives_see_only_what_is_shared(by_place: Placed) -> None:
    def shared(place: str) -> list[str]:
        return [e["valueCode"] for e in by_place[place].get("extension", []) if e["url"] == "urn:saman:scope"]

    assert shared("RelatedPerson/kari-aasen") == ["plan", "messages"]
    assert shared("RelatedPerson/tor-aasen") == []


def test_decisions_give_reason_appeal_body_and_period(by_place: Placed) -> None:
    decisions = [each for place, each in by_place.items() if place.startswith("Communication/")]
    outcomes = set()
    for decision in decisions:
        (terms,) = [
            each["extension"] for each in decision["extension"] if each["url"] == "urn:saman:extension:decision"
        ]
        named = {term["url"]: term for term in terms}
        assert named.keys() == {"outcome", "reason", "period", "appeal-body", "appeal-until", "rule-status"}
        assert named["rule-status"]["valueCode"] == "unchecked"
        assert "social-care" in _tags(decision)
        outcomes.add(named["outcome"]["valueCode"])
    assert outcomes == {"granted", "partly-granted", "refused"}


def test_social_care_is_labelled_and_the_shared_plan_is_not(by_place: Placed) -> None:
    shower = by_place["ServiceRequest/ingrid-aasen-shower"]
    assert "social-care" in _tags(shower) & _codes(shower["category"])
    assert "social-care" not in _tags(by_place["CarePlan/ingrid-aasen-plan"])


def test_the_shared_plan_holds_health_and_social_items_with_the_citizens_answer(by_place: Placed) -> None:
    activities = by_place["CarePlan/ingrid-aasen-plan"]["activity"]
    items = [[each["valueCode"] for each in activity["extension"]] for activity in activities]
    assert items == [["health", "wants"], ["health", "wants"], ["social", "wants"], ["social", "not-asked"]]


def test_everybody_needed_is_in_the_care_team(by_place: Placed) -> None:
    team = by_place["CareTeam/ingrid-aasen-team"]["participant"]
    members = [(each["member"]["reference"], each.get("onBehalfOf", {}).get("reference")) for each in team]
    assert members == [
        ("Patient/ingrid-aasen", None),
        ("Practitioner/per-nilsen", "Organization/gp-grimstad-1"),
        ("Organization/gp-grimstad-1", None),
        ("Practitioner/marte-olsen", "Organization/municipality-grimstad"),
        ("Organization/homecare-grimstad", None),
        ("Organization/agder-telemedicine-centre", None),
        ("Organization/sorlandet-hospital", None),
        ("RelatedPerson/kari-aasen", None),
        ("RelatedPerson/tor-aasen", None),
    ]


def test_only_those_in_home_follow_up_have_the_centre_in_the_team(by_place: Placed) -> None:
    centre = {"reference": "Organization/agder-telemedicine-centre"}
    teams = [each for place, each in by_place.items() if place.startswith("CareTeam/")]
    followed = {t["subject"]["reference"] for t in teams if centre in [p["member"] for p in t["participant"]]}
    episodes = {each["patient"]["reference"] for place, each in by_place.items() if place.startswith("EpisodeOfCare/")}
    assert followed == episodes
    assert len(followed) >= 10


def test_a_limit_says_who_set_it_when_and_why_and_keeps_its_history(
    demo: dict[str, Resource], by_place: Placed
) -> None:
    limit = by_place["Goal/ingrid-aasen-limit-weight"]
    assert str(limit["target"][0]["detailRange"]["high"]["value"]) == "71.5"
    assert limit["expressedBy"]["reference"] == "Practitioner/silje-haugen"
    assert limit["startDate"] == "2026-11-12"
    assert limit["note"][0]["text"]
    versions = [
        str(entry["resource"]["target"][0]["detailRange"]["high"]["value"])
        for bundle in demo.values()
        for entry in bundle["entry"]
        if entry["request"]["url"] == "Goal/ingrid-aasen-limit-weight"
    ]
    assert versions == ["72.5", "71.5"]


def test_the_doctor_was_told_of_the_limit_a_nurse_changed(demo: dict[str, Resource]) -> None:
    (told,) = [
        entry["resource"]
        for entry in demo["limits-ingrid-aasen"]["entry"]
        if entry["resource"]["resourceType"] == "Task"
    ]
    assert told["owner"] == {"reference": "Organization/gp-grimstad-1"}
    assert told["focus"] == {"reference": "Goal/ingrid-aasen-limit-weight"}


def test_self_treatment_plans_are_in_two_languages(by_place: Placed) -> None:
    plans = [each for place, each in by_place.items() if place.endswith("-self-treatment")]
    assert len(plans) >= 10
    for plan in plans:
        zones = [activity["extension"][0]["valueCode"] for activity in plan["activity"]]
        assert zones == ["green", "yellow", "red"]
        for activity in plan["activity"]:
            (translated,) = activity["detail"]["_description"]["extension"]
            assert translated["extension"][0] == {"url": "lang", "valueCode": "nb"}
            assert translated["extension"][1]["valueString"] != activity["detail"]["description"]


def test_every_role_of_every_municipality_is_held_by_somebody() -> None:
    held = {(worker.role, worker.organization) for worker in roster().values()}
    assert held >= {(role, unit.format(p.slug)) for p in MUNICIPALITIES for role, unit in UNIT_OF_ROLE.items()}
    assert on_duty("coordinator", "grimstad").id == "marte-olsen"
    assert roster()["tone-larsen"].role == "region-administrator"


def test_the_files_use_known_keys() -> None:
    for profile in read_profiles().values():
        assert {support.answer for support in profile.social} <= {
            "wants",
            "does-not-want",
            "not-asked",
            "could-not-say",
        }
        assert profile.ability in ("independent", "with-help", "none")
        if profile.enrolled:
            assert profile.enrolled.schedule in SCHEDULES
            assert len(profile.enrolled.limits) >= 1


def test_whom_to_call_first_is_said_in_the_readers_language(stored: list[Resource]) -> None:
    relatives = [each for each in stored if each["resourceType"] == "RelatedPerson"]
    first = [each["relationship"][1] for each in relatives if len(each["relationship"]) > 1]
    assert first
    assert {in_language(each, "text", "nb") for each in first} == {"ringes først"}


def test_a_father_has_custody_of_two_children_and_a_wife_a_mandate(by_place: Placed) -> None:
    def standing(place: str) -> set[str]:
        return {c["code"] for each in by_place[place]["relationship"] for c in each.get("coding", ())}

    for child in ("yasmin", "noor"):
        father = f"RelatedPerson/samir-al-khatib-for-{child}-al-khatib"
        assert {"FTH", "GUARD"} <= standing(father)
        assert {"url": "urn:saman:extension:same-address", "valueBoolean": True} in by_place[father]["extension"]
    assert "GUARD" not in standing("RelatedPerson/samir-al-khatib")
    assert {"WIFE", "POWATT"} <= standing("RelatedPerson/inger-moen")
