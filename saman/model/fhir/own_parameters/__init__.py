"""Search parameters of one's own: SearchParameter resources that say by what else resources can be found."""

from saman.model.fhir.own_parameters.defining import Definition, read_definition
from saman.model.fhir.own_parameters.known import OFFICIAL, Own, Parameters

__all__ = ["OFFICIAL", "Definition", "Own", "Parameters", "read_definition"]
