"""All operations that this interface has."""

from __future__ import annotations

from saman.apps.fhir_api.operations.declared import Operation
from saman.apps.fhir_api.operations.persons.declarations import PERSONS
from saman.apps.fhir_api.operations.terminology.declarations import TERMINOLOGY
from saman.apps.fhir_api.operations.validation.declarations import VALIDATION

OPERATIONS: tuple[Operation, ...] = (*TERMINOLOGY, *PERSONS, *VALIDATION)
