"""Search parameters of one's own: SearchParameter resources that say by what else resources can be found."""

from saman.model.fhir.own_parameters.defining import Definition, is_official, read_definition
from saman.model.fhir.own_parameters.known import OFFICIAL, Own, Parameters

__all__ = ["OFFICIAL", "Definition", "Own", "Parameters", "is_official", "read_definition"]
