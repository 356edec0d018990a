"""The operations on forms as they are declared."""

from __future__ import annotations

from saman.apps.fhir_api.operations.declared import Level, Operation
from saman.apps.fhir_api.operations.forms.extract import extract_from
from saman.apps.fhir_api.operations.forms.populate import populate_form
from saman.apps.fhir_api.operations.parameter import Parameter
from saman.apps.fhir_api.routes import Policy

_P = Parameter
_DEFINED = "http://hl7.org/fhir/uv/sdc/OperationDefinition/"
_BOTH = (Level.TYPE, Level.INSTANCE)
_ISSUES = _P("issues", "OperationOutcome")

_POPULATE = Operation(
    name="populate",
    url=f"{_DEFINED}Questionnaire-populate",
    summary="A response to a form with the answers that are known",
    types=("Questionnaire",),
    levels=_BOTH,
    handler=populate_form,
    policy=Policy.RECORD,
    needs=(("Questionnaire", "rs"),),
    takes=(
        _P("identifier", "Identifier", not_supported="name the form by its canonical URL."),
        _P("canonical", "uri", "The canonical URL of the form, with |version if wanted"),
        _P("questionnaire", "Questionnaire", "The form itself"),
        _P("questionnaireRef", "Reference", "Where the form is"),
        _P("subject", "Reference", "Whom the answers are about", min=1),
        _P("context", "", "What else answers can be taken from, by name", max=0),
        _P("local", "boolean", "Whether to take answers from what is recorded"),
    ),
    gives=(_P("response", "QuestionnaireResponse", min=1), _ISSUES),
)

_EXTRACT = Operation(
    name="extract",
    url=f"{_DEFINED}QuestionnaireResponse-extract",
    summary="A transaction with the resources that answers make",
    types=("QuestionnaireResponse",),
    levels=_BOTH,
    handler=extract_from,
    policy=Policy.RECORD,
    needs=(("Questionnaire", "rs"), ("QuestionnaireResponse", "r")),
    takes=(_P("questionnaire-response", "QuestionnaireResponse", "The response itself"),),
    gives=(_P("return", "Bundle"), _ISSUES),
)

FORMS = (_POPULATE, _EXTRACT)
