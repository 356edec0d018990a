"""What people have restricted, what follows for each context, and the labels and holders it goes by."""

from saman.model.fhir import resource_number, search_parameters
from saman.record.migrations.script import carry_out

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Let both fences withhold what a person has restricted; who has restricted nothing costs no look more."""
    carry_out(
        __file__,
        consent=resource_number("Consent"),
        task=resource_number("Task"),
        organization=resource_number("Organization"),
        part_of=search_parameters("Organization")["partof"].number,
    )
