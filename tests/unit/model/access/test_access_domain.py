import gzip
import json
from pathlib import Path

import pytest

from saman.model.access import DOMAIN_OF_TYPE, PERSONAL, Domain, domain_of
from saman.model.access.domain import LABEL_SYSTEM

STRUCTURE = Path(__file__).parents[4] / "saman/model/fhir/data/structure.json.gz"


def labelled(type_, code, where="category"):
    coding = {"system": LABEL_SYSTEM, "code": code}
    carried = {"category": [{"coding": [coding]}]} if where == "category" else {"meta": {where: [coding]}}
    return {"resourceType": type_, **carried}


def test_every_resource_type_has_its_kind():
    official = json.loads(gzip.decompress(STRUCTURE.read_bytes()))["resources"]
    assert set(DOMAIN_OF_TYPE) == set(official)
    assert len(DOMAIN_OF_TYPE) == 146


def test_numbers_are_never_reused():
    assert [(domain.value, domain.word) for domain in Domain] == [
        (0, "directory"), (1, "person"), (2, "plan"), (3, "readings"),
        (4, "health"), (5, "social"), (6, "finance"), (7, "consent"),
    ]  # fmt: skip
    assert [domain.value for domain in PERSONAL] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("Organization", Domain.DIRECTORY), ("Patient", Domain.PERSON), ("CarePlan", Domain.PLAN),
        ("Device", Domain.READINGS), ("Observation", Domain.HEALTH), ("Claim", Domain.FINANCE),
        ("AuditEvent", Domain.CONSENT), ("Binary", Domain.HEALTH), ("Bundle", Domain.HEALTH),
    ],
)  # fmt: skip
def test_a_type_decides(type_, kind):
    assert domain_of({"resourceType": type_}) is kind


@pytest.mark.parametrize("where", ["category", "tag", "security"])
def test_a_label_decides_before_the_type(where):
    assert domain_of(labelled("Observation", "home-monitoring", where)) is Domain.READINGS
    for type_ in ("ServiceRequest", "Observation", "QuestionnaireResponse", "Condition"):
        assert domain_of(labelled(type_, "social-care", where)) is Domain.SOCIAL


def test_social_wins_over_home_monitoring():
    resource = labelled("Observation", "home-monitoring")
    resource["meta"] = {"tag": [{"system": LABEL_SYSTEM, "code": "social-care"}]}
    assert domain_of(resource) is Domain.SOCIAL


@pytest.mark.parametrize("type_", ["Patient", "Claim", "Consent", "Organization"])
def test_a_label_cannot_move_what_is_not_care_data(type_):
    assert domain_of(labelled(type_, "social-care", "tag")) is DOMAIN_OF_TYPE[type_]
    assert domain_of(labelled(type_, "home-monitoring", "tag")) is DOMAIN_OF_TYPE[type_]


def test_home_monitoring_opens_observations_only():
    assert domain_of(labelled("Condition", "home-monitoring")) is Domain.HEALTH


def test_labels_of_other_systems_and_single_categories_are_understood():
    other = {"resourceType": "Observation", "category": [{"coding": [{"system": "urn:other", "code": "social-care"}]}]}
    assert domain_of(other) is Domain.HEALTH
    single = {
        "resourceType": "Communication",
        "category": {"coding": [{"system": LABEL_SYSTEM, "code": "social-care"}]},
    }
    assert domain_of(single) is Domain.SOCIAL
    assert domain_of({"resourceType": "Observation", "category": [{"text": "social-care"}]}) is Domain.HEALTH


def test_an_unknown_type_is_a_bug():
    with pytest.raises(KeyError):
        domain_of({"resourceType": "Person2"})


@pytest.mark.parametrize("many", [True, False])
def test_the_notice_of_an_opening_is_about_access(many: bool) -> None:
    kind = {"coding": [{"system": "urn:saman:communication", "code": "opening-notice"}]}
    message = {"coding": [{"system": "urn:saman:communication", "code": "message"}]}
    notice = {"resourceType": "Communication", "category": [kind] if many else kind}
    assert domain_of(notice) is Domain.CONSENT
    assert domain_of(notice | {"category": [message]}) is Domain.PLAN
    assert domain_of({"resourceType": "Communication"}) is Domain.PLAN
