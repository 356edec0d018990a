"""FHIR R4: types, search values and validation, generated from the official definitions."""
