"""Validation beyond structure: the rules of R4, and profiles (https://hl7.org/fhir/R4/validation.html)."""

from saman.model.fhir.validating.base import base_issues
from saman.model.fhir.validating.judging import Level, Validation
from saman.model.fhir.validating.profiles.extensions import Unknown
from saman.model.fhir.validating.profiles.known import Known

__all__ = ["Known", "Level", "Unknown", "Validation", "base_issues"]
