"""FHIRPath (http://hl7.org/fhirpath/N1/): the whole grammar is parsed, what search parameters use is compiled."""

from saman.model.fhir.fhirpath.compiler import compile_path
from saman.model.fhir.fhirpath.items import Context, Evaluate, Item, item_of
from saman.model.fhir.fhirpath.parser import parse
from saman.model.fhir.fhirpath.syntax import FhirPathError, Node, NotSupported

__all__ = [
    "Context",
    "Evaluate",
    "FhirPathError",
    "Item",
    "Node",
    "NotSupported",
    "compile_path",
    "item_of",
    "parse",
]
