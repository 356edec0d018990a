"""When the thing happened that a resource tells of, as opposed to when it was written down.

The elements are those that the specification maps to `FiveWs.done` or `FiveWs.planned`, before those of
`FiveWs.recorded` (https://hl7.org/fhir/R4/fivews.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from saman.model.fhir.definitions import structure
from saman.model.fhir.moments import EARLIEST, outer, value_range

CLINICAL_TIMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Account": ("servicePeriod",),
        "AdverseEvent": ("date", "detected", "recordedDate"),
        "AllergyIntolerance": ("onset[x]", "lastOccurrence", "recordedDate"),
        "Appointment": ("start", "requestedPeriod", "created"),
        "AppointmentResponse": ("start",),
        "AuditEvent": ("recorded",),
        "Basic": ("created",),
        "Bundle": ("timestamp",),
        "CarePlan": ("period", "created"),
        "CareTeam": ("period",),
        "ChargeItem": ("occurrence[x]", "enteredDate"),
        "Claim": ("billablePeriod", "created"),
        "ClaimResponse": ("created",),
        "ClinicalImpression": ("effective[x]", "date"),
        "Communication": ("sent", "received"),
        "CommunicationRequest": ("occurrence[x]", "authoredOn"),
        "Composition": ("date",),
        "Condition": ("onset[x]", "recordedDate"),
        "Consent": ("dateTime",),
        "Contract": ("issued", "applies"),
        "Coverage": ("period",),
        "CoverageEligibilityRequest": ("serviced[x]", "created"),
        "CoverageEligibilityResponse": ("serviced[x]", "created"),
        "DetectedIssue": ("identified[x]",),
        "DeviceRequest": ("occurrence[x]", "authoredOn"),
        "DeviceUseStatement": ("timing[x]", "recordedOn"),
        "DiagnosticReport": ("effective[x]", "issued"),
        "DocumentManifest": ("created",),
        "DocumentReference": ("date",),
        "Encounter": ("period",),
        "EnrollmentRequest": ("created",),
        "EnrollmentResponse": ("created",),
        "EpisodeOfCare": ("period",),
        "ExplanationOfBenefit": ("billablePeriod", "created"),
        "FamilyMemberHistory": ("date",),
        "Flag": ("period",),
        "Goal": ("start[x]", "statusDate"),
        "GuidanceResponse": ("occurrenceDateTime",),
        "ImagingStudy": ("started",),
        "Immunization": ("occurrence[x]", "recorded"),
        "ImmunizationEvaluation": ("date",),
        "ImmunizationRecommendation": ("date",),
        "Invoice": ("date",),
        "List": ("date",),
        "MeasureReport": ("period", "date"),
        "Media": ("created[x]", "issued"),
        "MedicationAdministration": ("effective[x]",),
        "MedicationDispense": ("whenHandedOver", "whenPrepared"),
        "MedicationRequest": ("authoredOn",),
        "MedicationStatement": ("effective[x]", "dateAsserted"),
        "NutritionOrder": ("dateTime",),
        "Observation": ("effective[x]", "issued"),
        "PaymentNotice": ("created",),
        "PaymentReconciliation": ("created",),
        "Procedure": ("performed[x]",),
        "Provenance": ("occurred[x]", "recorded"),
        "QuestionnaireResponse": ("authored",),
        "RequestGroup": ("authoredOn",),
        "ResearchSubject": ("period",),
        "RiskAssessment": ("occurrence[x]",),
        "Schedule": ("planningHorizon",),
        "ServiceRequest": ("occurrence[x]", "authoredOn"),
        "Slot": ("start",),
        "Specimen": ("receivedTime",),
        "SupplyDelivery": ("occurrence[x]",),
        "SupplyRequest": ("occurrence[x]", "authoredOn"),
        "Task": ("authoredOn", "executionPeriod", "lastModified"),
        "VisionPrescription": ("dateWritten", "created"),
    }
)
"""Elements by resource type, the most telling first; other types have no clinical time."""


def clinical_time(resource: dict[str, Any]) -> datetime | None:
    """When it happened, in UTC: the start where it is a range, the end where that has no start; None if not told."""
    for json_name, type_name in _names(resource["resourceType"]):
        given = resource.get(json_name)
        values = given if isinstance(given, list) else () if given is None else (given,)
        found = outer(one for value in values if (one := value_range(type_name, value)))
        if found:
            return found[0] if found[0] != EARLIEST else found[1]
    return None


@cache
def _names(type_name: str) -> tuple[tuple[str, str], ...]:
    elements = {element.name: element for element in structure.blocks[type_name]}
    return tuple(
        pair
        for name in CLINICAL_TIMES.get(type_name, ())
        for pair in elements[name].json_names()
        if pair[1] in ("date", "dateTime", "instant", "Period", "Timing")
    )
