"""Patches of a resource: JSON Patch and FHIRPath Patch (https://hl7.org/fhir/R4/http.html#patch)."""

from saman.model.fhir.patch.fhirpath_patch import FhirPathPatch, read_fhirpath_patch
from saman.model.fhir.patch.json_patch import JsonPatch, read_json_patch
from saman.model.fhir.patch.outcome import Held, Patch, patched

__all__ = ["FhirPathPatch", "Held", "JsonPatch", "Patch", "patched", "read_fhirpath_patch", "read_json_patch"]
