"""`QuestionnaireResponse/$extract` (https://hl7.org/fhir/uv/sdc/STU3/OperationDefinition-QuestionnaireResponse-extract.html)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.declared import Part, Parts, Resource
from saman.apps.fhir_api.operations.forms.finding import form_under, outcome, small
from saman.apps.fhir_api.operations.given import Given
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir.evaluating import Evaluator
from saman.model.fhir.forms import extracted

_NOTHING = Issue("informational", "The form says of none of these answers what to make of them.", "", "information")


async def extract_from(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """A transaction with what the answers say; it is for the caller to send it."""
    response = await _response(call, given)
    form = response if isinstance(response, Refusal) else await _form(call, response)
    if isinstance(response, Refusal) or isinstance(form, Refusal):
        return response if isinstance(response, Refusal) else form
    if response.get("status") == "entered-in-error":
        text = "What was entered in error says nothing."
        return refused(Kind.UNPROCESSABLE, "business-rule", text, "QuestionnaireResponse.status")
    evaluator = Evaluator(call.record.context.now)
    made = await asyncio.to_thread(extracted, form, response, evaluator, lambda: str(uuid4()))
    issues = made.issues or ([] if made.bundle else [_NOTHING])
    returned = (Part("return", made.bundle),) if made.bundle else ()
    return (*returned, *((Part("issues", outcome(issues)),) if issues else ()))


async def _response(call: Call, given: Given) -> dict[str, Any] | Refusal:
    name = "questionnaire-response"
    if bool(call.id) is given.has(name):
        text = "Give one response: in the address, or by sending it."
        return refused(Kind.INVALID, "invalid" if call.id else "required", text, given.place(name))
    if given.has(name):
        return small(given.one(name), "QuestionnaireResponse")
    found = await call.record.read("QuestionnaireResponse", call.id)
    return found if isinstance(found, Refusal) else small(found.resource(), "QuestionnaireResponse")


async def _form(call: Call, response: dict[str, Any]) -> dict[str, Any] | Refusal:
    canonical, place = response.get("questionnaire", ""), "QuestionnaireResponse.questionnaire"
    if canonical.startswith("#"):
        named = (one for one in response.get("contained", ()) if one.get("id") == canonical[1:])
        form = next((one for one in named if one["resourceType"] == "Questionnaire"), None)
        return (
            small(form, place) if form else refused(Kind.UNPROCESSABLE, "not-found", "It contains no such form.", place)
        )
    if not canonical:
        return refused(Kind.UNPROCESSABLE, "required", "The response says which Questionnaire it answers.", place)
    return await form_under(call, canonical, place)
