"""Views over HTTP (https://sql-on-fhir.org/ig/latest/): tables made from what the caller may see."""
