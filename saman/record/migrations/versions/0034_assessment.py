"""Answers of a self-assessment are kept without who gave them, and leave only as figures of five or more."""

from saman.record.migrations.script import carry_out

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Make the tables, which the application cannot read, and the functions that it may ask."""
    carry_out(__file__)
