"""Contexts that are being opened can be told from those that have all their grants."""

from saman.record.migrations.script import carry_out

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Say of each context whether it is opened; those that are there are."""
    carry_out(__file__)
