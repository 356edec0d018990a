"""Writes of several requests in one statement."""

from saman.record.migrations.script import carry_out

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Let `put` know who asked for each resource, and fence a resource's search values by the resource alone."""
    carry_out(__file__)
