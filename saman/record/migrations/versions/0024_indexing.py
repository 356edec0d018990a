"""What was stored before can be found by what is indexed since."""

from saman.record.migrations.script import carry_out

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Make the table that keeps how far it has come."""
    carry_out(__file__)
