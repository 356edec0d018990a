"""Search parameters of one's own: what they are called in the index, and how far what was there before has them."""

from saman.record.migrations.script import carry_out

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Create the tables, which hold nothing about anybody, and let writes be noted that know less than they should."""
    carry_out(__file__)
