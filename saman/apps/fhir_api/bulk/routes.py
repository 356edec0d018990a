"""The addresses of Bulk Data beside its operations."""

from __future__ import annotations

from pathlib import Path

from saman.apps.fhir_api.bulk.fetching import Fetching
from saman.apps.fhir_api.bulk.importing import Imports
from saman.apps.fhir_api.routes import Interaction, Policy, Route
from saman.record.bulk.asked import EXPORT, IMPORT


def bulk_routes(folder: Path) -> tuple[Route, ...]:
    """Where an import begins, and where exports and imports are looked for; their files are below `folder`."""
    begun = Route("POST", "$import", Interaction.OPERATION, Imports(folder).begin, Policy.RECORD, own_form=True)
    return (begun, *Fetching(folder, EXPORT).routes(), *Fetching(folder, IMPORT).routes())
