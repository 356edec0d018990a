"""Exports and imports that are under way: what was asked, by whom, how far it is, and which files there are."""

from saman.record.migrations.script import carry_out

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Create the table; it holds no data about health, and each row goes when its files do."""
    carry_out(__file__)
