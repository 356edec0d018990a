"""The operations that answer with documents as they are declared."""

from __future__ import annotations

from saman.apps.fhir_api.operations.declared import Level, Operation
from saman.apps.fhir_api.operations.documents.composed import document_of
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

DOCUMENTS = (_DOCUMENT,)
