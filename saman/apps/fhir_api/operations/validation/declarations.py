"""`$validate` as it is declared: on every type, on a resource that is there, and for whatever is sent."""

from __future__ import annotations

from saman.apps.fhir_api.operations.declared import Level, Operation
from saman.apps.fhir_api.operations.parameter import ANY_RESOURCE, Parameter
from saman.apps.fhir_api.operations.validation.snapshot import show_snapshot
from saman.apps.fhir_api.operations.validation.validate import validate_sent
from saman.apps.fhir_api.routes import Policy
from saman.model.fhir import RESOURCE_TYPES

_P = Parameter
_URL = "http://hl7.org/fhir/OperationDefinition/Resource-validate"
_TAKES = (
    _P("resource", ANY_RESOURCE, "What to validate; the body by itself will do"),
    _P("mode", "code", "create, update or delete: whether that would be taken too; profile: against a profile alone"),
    _P("profile", "uri", "The canonical URL of a profile that it has to be as"),
)
_GIVES = (_P("return", "OperationOutcome", min=1),)

_VALIDATE = Operation(
    name="validate",
    url=_URL,
    summary="What is wrong with a resource",
    types=RESOURCE_TYPES,
    levels=(Level.TYPE, Level.INSTANCE),
    handler=validate_sent,
    policy=Policy.RECORD,
    needs=(("", "cruds"),),
    takes=_TAKES,
    gives=_GIVES,
    as_sent="resource",
)

_VALIDATE_ANY = Operation(
    name="validate",
    url=_URL,
    summary="What is wrong with a resource of any type",
    levels=(Level.SYSTEM,),
    handler=validate_sent,
    policy=Policy.RECORD,
    needs=(("", "cruds"),),
    takes=_TAKES,
    gives=_GIVES,
    as_sent="resource",
)

_SNAPSHOT = Operation(
    name="snapshot",
    url="http://hl7.org/fhir/OperationDefinition/StructureDefinition-snapshot",
    summary="A profile with all that it says of each element",
    types=("StructureDefinition",),
    levels=(Level.TYPE, Level.INSTANCE),
    handler=show_snapshot,
    policy=Policy.RECORD,
    needs=(("StructureDefinition", "rs"),),
    takes=(
        _P("definition", "StructureDefinition", "The profile itself"),
        _P("url", "string", "The canonical URL of the profile"),
    ),
    gives=(_P("return", "StructureDefinition", min=1),),
)

VALIDATION = (_VALIDATE, _VALIDATE_ANY, _SNAPSHOT)
