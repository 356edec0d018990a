"""Work on many resources that outlives a request (https://hl7.org/fhir/uv/bulkdata/): carried on in slices."""
