"""The log as people read it: a citizen's own looks, and what the log reviewer of a controller may see of it."""

from saman.record.migrations.script import carry_out

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the doors to the log, who is the controller of which unit, and what reviewers have noted."""
    carry_out(__file__)
