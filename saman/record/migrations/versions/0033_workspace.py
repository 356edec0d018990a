"""What a region works on together is kept, each version with author and reason."""

from saman.record.migrations.script import carry_out

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Make the table, to which the application only adds."""
    carry_out(__file__)
