from decimal import Decimal
from pathlib import Path

import pytest

from saman.flows.monitoring.admission import admitted
from saman.kernel.outcome import Refusal
from saman.ops.region import open_region

REGION = Path(__file__).parents[3] / "regions" / "no-agder"


@pytest.fixture(scope="module")
def model():
    region = open_region(REGION)
    assert not isinstance(region, Refusal), region
    return region.model


def weight(value, code="kg", **more):
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": "urn:saman:category", "code": "home-monitoring"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "valueQuantity": {"value": value, "system": "http://unitsofmeasure.org", "code": code},
        **more,
    }


CONFIRMED = {"extension": [{"url": "urn:saman:extension:confirmed", "valueBoolean": True}]}


def test_a_usual_reading_is_taken(model):
    assert admitted(model, weight(Decimal("71.8"))) is None


def test_another_unit_is_refused_with_the_place(model):
    refusal = admitted(model, weight(Decimal("158.3"), "[lb_av]"))
    assert refusal.status == 422
    assert refusal.issues[0].path == "Observation.valueQuantity.code"
    assert "kg" in refusal.issues[0].text


def test_an_impossible_value_must_have_been_confirmed(model):
    assert admitted(model, weight(718)).issues[0].path == "Observation.valueQuantity.value"
    assert admitted(model, weight(718, **CONFIRMED)) is None


def test_a_reading_in_a_bundle_names_its_entry(model):
    bundle = {"resourceType": "Bundle", "entry": [{"resource": weight(Decimal("71.8"))}, {"resource": weight(718)}]}
    assert [issue.path for issue in admitted(model, bundle).issues] == [
        "Bundle.entry[1].resource.Observation.valueQuantity.value"
    ]


@pytest.mark.parametrize("odd", [None, [], {}, {"resourceType": "Bundle", "entry": [1]}, weight("71.8"), weight(None)])
def test_what_is_not_a_reading_is_left_to_validation(model, odd):
    assert admitted(model, odd) is None


def test_a_reading_of_the_hospital_is_not_ours_to_judge(model):
    assert admitted(model, weight(718) | {"category": []}) is None
