"""The operations about persons as they are declared."""

from __future__ import annotations

from saman.apps.fhir_api.operations.declared import Level, Operation
from saman.apps.fhir_api.operations.parameter import Parameter
from saman.apps.fhir_api.operations.persons.everything import everything_of
from saman.apps.fhir_api.operations.persons.latest import latest_of
from saman.apps.fhir_api.operations.persons.matching import matches_of
from saman.apps.fhir_api.routes import Policy

_P = Parameter

_EVERYTHING = Operation(
    name="everything",
    url="http://hl7.org/fhir/OperationDefinition/Patient-everything",
    summary="All that is held about a person",
    types=("Patient",),
    levels=(Level.INSTANCE,),
    handler=everything_of,
    policy=Policy.RECORD,
    needs=(("Patient", "rs"),),
    takes=(
        _P("start", "date", "About the time from this day on"),
        _P("end", "date", "About the time until this day"),
        _P("_since", "instant", "Written after this moment"),
        _P("_type", "code", "Types, separated by commas", max=0),
        _P("_count", "integer", "How many to a page, 1,000 at most"),
        _P("_cursor", "string", "Where the next page begins; follow the `next` link"),
    ),
    gives=(_P("return", "Bundle", min=1),),
)

_LATEST = Operation(
    name="lastn",
    url="http://hl7.org/fhir/OperationDefinition/Observation-lastn",
    summary="The newest observations of each code of a person",
    types=("Observation",),
    levels=(Level.TYPE,),
    handler=latest_of,
    policy=Policy.RECORD,
    needs=(("Observation", "s"),),
    takes=(_P("max", "positiveInt", "How many of each code, 1 if nothing is said"),),
    gives=(_P("return", "Bundle", min=1),),
    open_names=True,
)

_MATCH = Operation(
    name="match",
    url="http://hl7.org/fhir/OperationDefinition/Patient-match",
    summary="People who may be the one that is described",
    types=("Patient",),
    levels=(Level.TYPE,),
    handler=matches_of,
    policy=Policy.RECORD,
    needs=(("Patient", "s"),),
    takes=(
        _P("resource", "Patient", "What is known of the person", min=1),
        _P("onlyCertainMatches", "boolean", "Whether to answer only one who is certain, and nobody where two are"),
        _P("count", "integer", "How many at most, 20 if nothing is said"),
    ),
    gives=(_P("return", "Bundle", min=1),),
)

PERSONS = (_EVERYTHING, _LATEST, _MATCH)
