"""Definitions applied to somebody: a plan becomes a CarePlan, an activity a request.

Source: https://hl7.org/fhir/R4/plandefinition.html#12.18.3.2 and https://hl7.org/fhir/R4/activitydefinition.html#12.17.4.4
"""

from saman.model.fhir.applying.activity import activity
from saman.model.fhir.applying.plan import canonicals, planned
from saman.model.fhir.applying.subject import Applying, Unfit, faults

__all__ = ["Applying", "Unfit", "activity", "canonicals", "faults", "planned"]
