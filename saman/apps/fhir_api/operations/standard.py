"""All operations that this interface has."""

from __future__ import annotations

from saman.apps.fhir_api.bulk.declarations import BULK
from saman.apps.fhir_api.operations.declared import Operation
from saman.apps.fhir_api.operations.documents.declarations import DOCUMENTS
from saman.apps.fhir_api.operations.forms.declarations import FORMS
from saman.apps.fhir_api.operations.persons.declarations import PERSONS
from saman.apps.fhir_api.operations.plans.declarations import PLANS
from saman.apps.fhir_api.operations.subscriptions.declarations import SUBSCRIPTIONS
from saman.apps.fhir_api.operations.terminology.declarations import TERMINOLOGY
from saman.apps.fhir_api.operations.validation.declarations import VALIDATION

OPERATIONS: tuple[Operation, ...] = (
    *TERMINOLOGY, *PERSONS, *DOCUMENTS, *FORMS, *PLANS, *BULK, *SUBSCRIPTIONS, *VALIDATION
)  # fmt: skip
