"""Where a reference leads to somebody else's data, so that what they have restricted is withheld there too."""

from saman.record.migrations.script import carry_out

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Mark what points away; what is there already is marked by what its text names."""
    carry_out(__file__)
