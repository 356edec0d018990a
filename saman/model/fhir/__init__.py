"""FHIR R4: types, search values and validation, generated from the official definitions."""

from saman.model.fhir.clinical_time import CLINICAL_TIMES, clinical_time
from saman.model.fhir.compartment import patients, subjects
from saman.model.fhir.definitions import (
    RESOURCE_TYPES,
    SearchParameter,
    compartments,
    patient_compartment,
    resource_name,
    resource_number,
    search_parameters,
)
from saman.model.fhir.folding import fold
from saman.model.fhir.moments import EARLIEST, LATEST, date_range
from saman.model.fhir.reference_text import Literal, literal
from saman.model.fhir.references import Leads, Link, leads, reference_path, references
from saman.model.fhir.search_plan import implied_systems
from saman.model.fhir.search_rows import MAX_INDEXED, SearchValues, indexed
from saman.model.fhir.search_values import extract
from saman.model.fhir.typed import as_struct, decode_as, encode_struct, struct_for
from saman.model.fhir.validation import validate

__all__ = [
    "CLINICAL_TIMES",
    "EARLIEST",
    "LATEST",
    "MAX_INDEXED",
    "RESOURCE_TYPES",
    "Leads",
    "Link",
    "Literal",
    "SearchParameter",
    "SearchValues",
    "as_struct",
    "clinical_time",
    "compartments",
    "date_range",
    "decode_as",
    "encode_struct",
    "extract",
    "fold",
    "implied_systems",
    "indexed",
    "leads",
    "literal",
    "patient_compartment",
    "patients",
    "reference_path",
    "references",
    "resource_name",
    "resource_number",
    "search_parameters",
    "struct_for",
    "subjects",
    "validate",
]
