"""Which entries the notes of servers name, so that one that nobody noted is found."""

from saman.record.migrations.script import carry_out

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Begin with what has no place yet; what stands in the ledger already was noted where nobody can look any more."""
    carry_out(__file__)
