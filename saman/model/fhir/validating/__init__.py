"""Validation beyond structure: the rules of R4, and profiles (https://hl7.org/fhir/R4/validation.html)."""

from saman.model.fhir.validating.base import base_issues

__all__ = ["base_issues"]
