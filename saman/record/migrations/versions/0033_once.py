"""Policies look once at what may be seen of the person whom a statement is about."""

from saman.record.migrations.script import carry_out

revision = "0033"
down_revision = "0029"


def upgrade() -> None:
    """Let the fences of what a search about a person reads take the person from the statement."""
    carry_out(__file__)
