"""`$apply` as it is declared."""

from __future__ import annotations

from saman.apps.fhir_api.operations.declared import Level, Operation
from saman.apps.fhir_api.operations.parameter import Parameter
from saman.apps.fhir_api.operations.plans.apply import apply_activity, apply_plan
from saman.apps.fhir_api.routes import Policy

_P = Parameter
_DEFINED = "http://hl7.org/fhir/OperationDefinition/"
_BOTH = (Level.TYPE, Level.INSTANCE)
_NOTHING = "nothing here depends on it."
_ABOUT = (
    _P("subject", "string", "For whom, as Patient/id", min=1),
    _P("encounter", "string", "At which encounter, as Encounter/id"),
    _P("practitioner", "string", "By whom, as Practitioner/id"),
    _P("organization", "string", "Where, as Organization/id"),
    *(_P(name, "CodeableConcept", not_supported=_NOTHING) for name in (
        "userType", "userLanguage", "userTaskContext", "setting", "settingContext")),
)  # fmt: skip

_PLAN = Operation(
    name="apply",
    url=f"{_DEFINED}PlanDefinition-apply",
    summary="What a plan makes for somebody",
    types=("PlanDefinition",),
    levels=_BOTH,
    handler=apply_plan,
    policy=Policy.RECORD,
    needs=(("PlanDefinition", "r"), ("Patient", "r")),
    takes=(_P("planDefinition", "PlanDefinition", "The plan itself"), *_ABOUT),
    gives=(_P("return", "CarePlan", min=1),),
)

_ACTIVITY = Operation(
    name="apply",
    url=f"{_DEFINED}ActivityDefinition-apply",
    summary="The request that an activity makes for somebody",
    types=("ActivityDefinition",),
    levels=_BOTH,
    handler=apply_activity,
    policy=Policy.RECORD,
    needs=(("ActivityDefinition", "r"), ("Patient", "r")),
    takes=(_P("activityDefinition", "ActivityDefinition", "The activity itself"), *_ABOUT),
    gives=(_P("return", "Resource", min=1),),
)

PLANS = (_PLAN, _ACTIVITY)
