"""The International Patient Summary (https://hl7.org/fhir/uv/ips/STU2/): what of a record stands in which section."""

from saman.model.fhir.patient_summary.composing import PROFILE, VERSION, Summed, as_summary, summarised
from saman.model.fhir.patient_summary.sections import KINDS, MOST, SECTIONS, Section

__all__ = ["KINDS", "MOST", "PROFILE", "SECTIONS", "VERSION", "Section", "Summed", "as_summary", "summarised"]
