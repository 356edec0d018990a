"""FHIRPath (http://hl7.org/fhirpath/N1/, https://hl7.org/fhir/R4/fhirpath.html): the whole language, compiled."""

from saman.model.fhir.fhirpath.checker import check, types_of
from saman.model.fhir.fhirpath.compiler import compile_path, compiled, holds, select
from saman.model.fhir.fhirpath.items import Context, Evaluate, Item, Outside, item_of
from saman.model.fhir.fhirpath.parser import parse
from saman.model.fhir.fhirpath.syntax import (
    EvaluationFault,
    FhirPathError,
    Node,
    NotSupported,
    SemanticFault,
    SyntaxFault,
)
from saman.model.fhir.fhirpath.values import plain, text_of

__all__ = [
    "Context",
    "Evaluate",
    "EvaluationFault",
    "FhirPathError",
    "Item",
    "Node",
    "NotSupported",
    "Outside",
    "SemanticFault",
    "SyntaxFault",
    "check",
    "compile_path",
    "compiled",
    "holds",
    "item_of",
    "parse",
    "plain",
    "select",
    "text_of",
    "types_of",
]
