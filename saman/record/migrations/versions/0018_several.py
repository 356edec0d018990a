"""As whom else somebody signed in can act, kept with the session from the proof on."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """References into the record, never an identifier."""
    op.execute("ALTER TABLE session ADD COLUMN people text[] NOT NULL DEFAULT '{}'")
