"""Indexes about a person hold the time of what they lead to, and not its id."""

from saman.record.migrations.script import carry_out

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Make the indexes anew, and mark one row of each code of a resource."""
    carry_out(__file__)
