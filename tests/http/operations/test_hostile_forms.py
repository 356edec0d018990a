"""Forms whose extensions hold something else than they should: filled in and extracted as far as they can be."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.http.operations.conftest import narrow
from tests.http.operations.forms import CORE, SDC, SPO2, YES, Tree, asked, form, path, person, sent
from tests.http.operations.test_extract import response

__all__ = ["narrow", "person"]

URLS = [
    *(f"{SDC}{name}" for name in (
        "initialExpression", "itemPopulationContext", "observationLinkPeriod", "sourceQueries", "observationExtract",
        "observation-extract-category", "itemExtractionContext", "definitionExtract", "definitionExtractValue",
        "launchContext", "calculatedExpression",
    )),
    *(f"{CORE}{name}" for name in ("variable", "questionnaire-unit", "questionnaire-hidden")),
]  # fmt: skip
PART = {"url": "definition", "valueUri": f"{CORE}Observation#Observation.status"}
VALUES: dict[str, Tree] = {
    "text": {"valueString": "x"},
    "number": {"valueInteger": 7},
    "nothing": {"_valueString": {"extension": [{"url": "urn:absent", "valueCode": "x"}]}},
    "expression without text": {"valueExpression": {"language": "text/fhirpath", "name": "x"}},
    "expression without name": {"valueExpression": {"language": "text/fhirpath", "expression": "1"}},
    "search without hole": {"valueExpression": path("Patient", "x", "application/x-fhir-query")},
    "search of nothing": {"valueExpression": path("?", "x", "application/x-fhir-query")},
    "duration": {"valueDuration": {"unit": "x"}},
    "empty duration": {"valueDuration": {"value": 1}},
    "concept": {"valueCodeableConcept": {"text": "x"}},
    "coding": {"valueCoding": {"display": "x"}},
    "reference": {"valueReference": {"reference": "#nothing"}},
    "reference to nothing": {"valueReference": {"display": "x"}},
    "parts": {"extension": [{"url": "definition", "valueString": "x"}, {"url": "expression", "valueString": "x"}]},
    "fixed": {"extension": [PART, {"url": "fixed-value", "valueReference": {"reference": "Patient/x"}}]},
    "expressed": {"extension": [PART, {"url": "expression", "valueExpression": path("%resource | item")}]},
    "neither": {"extension": [PART]},
    "other parts": {"extension": [{"url": "other", "extension": [{"url": "x", "valueString": "y"}]}]},
}


@pytest.mark.parametrize("value", list(VALUES))
async def test_whatever_an_extension_holds_there_is_an_answer(
    client: httpx.AsyncClient, person: str, value: str
) -> None:
    for url in URLS:
        one: dict[str, Any] = {"url": url} | VALUES[value]
        questions = [
            asked("q", "quantity", "1", code=[SPO2], extension=[one]),
            asked("c", "choice", extension=[one], answerValueSet="#nothing"),
            {
                "linkId": "g",
                "type": "group",
                "extension": [one, YES],
                "item": [asked("i", "integer", "1", code=[SPO2])],
            },
        ]
        for tree in (form(*questions), form(*questions, extension=[one])):
            filled = await client.post("Questionnaire/$populate", json=sent(person, tree, local=True))
            assert filled.status_code in (200, 400, 403, 404, 422), (url, filled.text)
            answered = [
                {"linkId": "q", "answer": [{"valueQuantity": {"value": 1}}]},
                {"linkId": "c", "answer": [{"valueCoding": {"display": "x"}}, {"valueString": "x"}]},
                {"linkId": "g", "item": [{"linkId": "i", "answer": [{"valueInteger": 1}]}]},
            ]
            given = response("#f", *answered, contained=[tree | {"id": "f"}])
            extracted = await client.post("QuestionnaireResponse/$extract", json=given)
            assert extracted.status_code in (200, 422), (url, extracted.text)
