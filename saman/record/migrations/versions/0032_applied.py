"""The care models that were applied are kept, each with its files."""

from saman.record.migrations.script import carry_out

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Create the table, which holds nothing about anybody; nothing in it is ever changed."""
    carry_out(__file__)
