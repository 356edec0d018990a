"""The parameter `_filter` of R4: conditions with and, or, not and parentheses (https://hl7.org/fhir/R4/search_filter.html)."""
