"""FHIR operations (`$…`): declared as data, handled second."""
