"""Apps that people and organisations let in: who they are, what they were let do, and what they hold for it."""

from saman.record.migrations.script import carry_out

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create what SMART App Launch needs."""
    carry_out(__file__)
