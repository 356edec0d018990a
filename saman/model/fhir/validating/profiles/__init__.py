"""Profiles: what StructureDefinitions say beyond R4 (https://hl7.org/fhir/R4/profiling.html), by their snapshots."""
