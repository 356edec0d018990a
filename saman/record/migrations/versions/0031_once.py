"""Policies look once at what may be seen of the person whom a statement is about."""

from saman.record.migrations.script import carry_out

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Let the fences of what a search about a person reads take the person from the statement."""
    carry_out(__file__)
