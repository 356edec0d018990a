"""The sections of a summary, in their order, and what belongs into each.

Source: https://hl7.org/fhir/uv/ips/STU2/StructureDefinition-Composition-uv-ips.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

Resource = Mapping[str, Any]
Fits = Callable[[Resource], bool]

MOST = 500
"""Resources of one type that are looked at for a summary, the newest first."""

_VITAL = frozenset((
    "85353-1", "9279-1", "8867-4", "2708-6", "59408-5", "8310-5", "8302-2", "9843-4", "29463-7", "39156-5", "85354-9",
    "8480-6", "8462-4",
))  # fmt: skip
"""LOINC codes of vital signs (https://hl7.org/fhir/R4/observation-vitalsigns.html), whatever their category."""
_HABIT = frozenset(("72166-2", "74013-4"))
_PREGNANCY = frozenset((
    "82810-3", "11778-8", "11779-6", "11780-4", "11636-8", "11637-6", "11638-4", "11639-2", "11640-0", "11612-9",
    "11613-7", "11614-5", "33065-4",
))  # fmt: skip
_LOINC = "http://loinc.org"
_OVER = frozenset(("inactive", "remission", "resolved"))
_WRONG = frozenset(("entered-in-error", "refuted"))
_RESULT = frozenset(("laboratory", "imaging"))


class Section(msgspec.Struct, frozen=True):
    """A section by its LOINC code; `fits` says of each type whether a resource stands in it."""

    code: str
    title: str
    fits: Mapping[str, Fits]
    required: bool = False


def codes(concepts: Any, system: str = "") -> Iterator[str]:
    """The codes of a CodeableConcept or of several; of one system, when it is given."""
    for concept in concepts if isinstance(concepts, list) else [concepts or {}]:
        for coding in concept.get("coding", ()):
            if not system or coding.get("system") == system:
                yield coding.get("code", "")


def status(*right: str) -> Fits:
    """Those with one of these statuses."""
    return lambda one: one.get("status") in right


def _is_told(one: Resource) -> bool:
    """Whether it was neither refuted nor entered by mistake."""
    return _WRONG.isdisjoint(codes(one.get("verificationStatus")))


def _is_over(one: Resource) -> bool:
    return not _OVER.isdisjoint(codes(one.get("clinicalStatus")))


def _is_now(one: Resource) -> bool:
    return _is_told(one) and not _is_over(one)


def _was(one: Resource) -> bool:
    return _is_told(one) and _is_over(one)


def _observed(wanted: frozenset[str], *categories: str) -> Fits:
    """Observations with one of these LOINC codes or categories."""

    def fits(one: Resource) -> bool:
        if one.get("status") in ("entered-in-error", "cancelled"):
            return False
        by_code = not wanted.isdisjoint(codes(one.get("code"), _LOINC))
        return by_code or not set(categories).isdisjoint(codes(one.get("category", [])))

    return fits


_vital = _observed(_VITAL, "vital-signs")
_pregnancy = _observed(_PREGNANCY)
_habit = _observed(_HABIT, "social-history")
_result = _observed(frozenset(), *_RESULT)


def _is_result(one: Resource) -> bool:
    return _result(one) and not (_vital(one) or _pregnancy(one) or _habit(one))


def _is_social(one: Resource) -> bool:
    return _habit(one) and not _pregnancy(one)


def _is_directive(one: Resource) -> bool:
    return one.get("status") == "active" and "adr" in codes(one.get("scope"))


_REPORTED = status("partial", "preliminary", "final", "amended", "corrected", "appended")

SECTIONS = (
    Section("11450-4", "Problem list", {"Condition": _is_now}, required=True),
    Section("48765-2", "Allergies and intolerances", {"AllergyIntolerance": _is_now}, required=True),
    Section(
        "10160-0",
        "Medication",
        {
            "MedicationStatement": status("active", "intended", "on-hold", "unknown"),
            "MedicationRequest": status("active", "on-hold", "unknown"),
        },
        required=True,
    ),
    Section("11369-6", "Immunizations", {"Immunization": status("completed")}),
    Section("30954-2", "Results", {"Observation": _is_result, "DiagnosticReport": _REPORTED}),
    Section("47519-4", "Procedures", {"Procedure": status("completed", "in-progress", "stopped", "unknown")}),
    Section("46264-8", "Medical devices", {"DeviceUseStatement": status("active", "intended", "on-hold")}),
    Section("42348-3", "Advance directives", {"Consent": _is_directive}),
    Section("104605-1", "Alerts", {"Flag": status("active")}),
    Section("47420-5", "Functional status", {"ClinicalImpression": status("completed")}),
    Section("11348-0", "Past problems", {"Condition": _was}),
    Section("10162-6", "Pregnancy", {"Observation": _pregnancy}),
    Section(
        "18776-5",
        "Plan of care",
        {"CarePlan": status("active", "on-hold"), "ImmunizationRecommendation": lambda _: True},
    ),
    Section("29762-2", "Social history", {"Observation": _is_social}),
    Section("8716-3", "Vital signs", {"Observation": _vital}),
)

KINDS = tuple(dict.fromkeys(kind for section in SECTIONS for kind in section.fits))
"""The types that a summary is made from."""
