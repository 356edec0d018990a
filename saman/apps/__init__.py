"""Thin delivery: the FHIR interface and the pages."""
