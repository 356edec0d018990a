"""Subscriptions, what each has to be told of and was told of, and tokens for web sockets."""

from saman.record.migrations.script import carry_out

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Create what topic-based subscriptions need."""
    carry_out(__file__)
