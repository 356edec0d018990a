"""What stands apart from looks in a person's log, and by which client; who may stand in for a table."""

from saman.model.fhir import resource_number
from saman.record.migrations.script import carry_out

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Replace the doors of the database to the log; nothing that is logged changes."""
    carry_out(__file__, audit_event=resource_number("AuditEvent"), provenance=resource_number("Provenance"))
