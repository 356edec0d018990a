"""Questionnaires as data: answers that are filled in beforehand, and resources made from answers (SDC).

Source: Structured Data Capture, https://hl7.org/fhir/uv/sdc/STU3/
"""

from saman.model.fhir.forms.extraction import Extracted, extracted
from saman.model.fhir.forms.offering import codings
from saman.model.fhir.forms.population import Known, Populated, linked_codes, populated
from saman.model.fhir.forms.reading import MOST_ITEMS, extension, extensions, fault_of, nameless

__all__ = [
    "MOST_ITEMS",
    "Extracted",
    "Known",
    "Populated",
    "codings",
    "extension",
    "extensions",
    "extracted",
    "fault_of",
    "linked_codes",
    "nameless",
    "populated",
]
