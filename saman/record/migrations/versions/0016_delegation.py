"""Who holds which competence, by licence or by a delegation."""

from saman.record.migrations.script import carry_out

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Create the tables; they are filled from what is there before the application serves (`saman.ops.setup`)."""
    carry_out(__file__)
