"""What a citizen would not find in the own log: a client's acts are looked for under the client."""

from saman.record.migrations.script import carry_out

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Replace the function that the comparison asks."""
    carry_out(__file__)
