"""The FHIR record: the only code that speaks SQL about persons, behind one door."""
