"""Bulk Data Access over HTTP (https://hl7.org/fhir/uv/bulkdata/STU2/export.html)."""
