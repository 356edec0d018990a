"""Search as R4 describes it (https://hl7.org/fhir/R4/search.html), for what the index tables hold."""
