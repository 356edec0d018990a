"""The log as it is asked for over FHIR: by person, by who acted, by time."""

from saman.record.migrations.script import carry_out

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Let the log be searched through one door, which holds it against the grants."""
    carry_out(__file__)
