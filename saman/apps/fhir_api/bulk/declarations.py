"""Bulk export as it is declared (https://hl7.org/fhir/uv/bulkdata/STU2/operations.html)."""

from __future__ import annotations

from saman.apps.fhir_api.bulk.kick_off import export_everything, export_group, export_patients
from saman.apps.fhir_api.operations.declared import Handler, Level, Operation
from saman.apps.fhir_api.operations.parameter import Parameter
from saman.apps.fhir_api.routes import Policy

_P = Parameter
_TAKES = (
    _P("_outputFormat", "string", "application/fhir+ndjson"),
    _P("_since", "instant", "Changed after this moment"),
    _P("_until", "instant", "Not changed after this moment"),
    _P("_type", "string", "Types, separated by commas", max=0),
    _P("_elements", "string", "Elements, separated by commas", max=0),
    _P("_typeFilter", "string", "Searches among the resources of a type, Type?name=value", max=0),
    _P("includeAssociatedData", "string", "Passed over with handling=lenient, else refused", max=0),
)
_PATIENT = _P("patient", "Reference", "Only about these people", max=0)


def _export(handler: Handler, level: Level, kind: str = "") -> Operation:
    name = f"{kind.lower()}-export" if kind else "export"
    return Operation(
        name="export",
        url=f"http://hl7.org/fhir/uv/bulkdata/OperationDefinition/{name}",
        summary="Files of all that the caller may see",
        types=(kind,) if kind else (),
        levels=(level,),
        handler=handler,
        policy=Policy.RECORD,
        takes=(*_TAKES, _PATIENT) if kind else _TAKES,
        gives=(_P("return", "OperationOutcome", min=1),),
        status="202",
        open_names=True,
    )


BULK = (
    _export(export_everything, Level.SYSTEM),
    _export(export_patients, Level.TYPE, "Patient"),
    _export(export_group, Level.INSTANCE, "Group"),
)
