"""The operations that answer with documents as they are declared."""

from __future__ import annotations

from saman.apps.fhir_api.operations.declared import Level, Operation
from saman.apps.fhir_api.operations.documents.composed import document_of
from saman.apps.fhir_api.operations.documents.summary import summary_of
from saman.apps.fhir_api.operations.parameter import Parameter
from saman.apps.fhir_api.routes import Policy

_P = Parameter

_DOCUMENT = Operation(
    name="document",
    url="http://hl7.org/fhir/OperationDefinition/Composition-document",
    summary="A Composition and all that it refers to",
    types=("Composition",),
    levels=(Level.TYPE, Level.INSTANCE),
    handler=document_of,
    policy=Policy.RECORD,
    needs=(("Composition", "r"),),
    takes=(
        _P("id", "uri", "The Composition, where the address does not name it"),
        _P("persist", "boolean", "Whether to store the document; by POST"),
        _P("graph", "uri", not_supported="a document holds what its Composition refers to."),
    ),
    gives=(_P("return", "Bundle", min=1),),
)

_SUMMARY = Operation(
    name="summary",
    url="http://hl7.org/fhir/uv/ips/OperationDefinition/summary",
    summary="The International Patient Summary of a person",
    types=("Patient",),
    levels=(Level.TYPE, Level.INSTANCE),
    handler=summary_of,
    policy=Policy.RECORD,
    needs=(("Patient", "r"),),
    takes=(
        _P("identifier", "string", "Whose summary, as system|value, where the address does not say it"),
        _P("profile", "canonical", "The profile of the summary: that of the International Patient Summary"),
    ),
    gives=(_P("return", "Bundle", min=1),),
)

DOCUMENTS = (_DOCUMENT, _SUMMARY)
