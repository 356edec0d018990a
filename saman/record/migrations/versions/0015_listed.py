"""Told apart from looks: lists that showed a person, now that one entry holds all that a request asked for."""

from saman.record.migrations.script import carry_out

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Say in one place what is a list, and read the log by it."""
    carry_out(__file__)
