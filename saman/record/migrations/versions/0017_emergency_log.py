"""How far each file of the emergency log has been taken into the log; and what a session is held on."""

from alembic import context, op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """A row for each file: written in the transaction that takes its entries in, so that none comes in twice."""
    app = context.config.attributes["app_role"]
    op.execute("CREATE TABLE emergency_taken (file text PRIMARY KEY, taken bigint NOT NULL, at timestamptz NOT NULL)")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON emergency_taken TO {app}")
    op.execute("ALTER TABLE session ADD COLUMN device text NOT NULL DEFAULT ''")
