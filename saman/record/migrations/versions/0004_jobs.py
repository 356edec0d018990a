"""Jobs and timers: procrastinate's own tables, as the version in requirements.lock ships them.

A later version of procrastinate comes with its own upgrade scripts; each becomes a revision of ours.
"""

from alembic import context, op
from procrastinate.schema import SchemaManager

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the job tables and let the application and its worker use them."""
    bind = op.get_bind()
    cursor = bind.connection.cursor()
    cursor.execute(SchemaManager.get_schema())
    app = context.config.attributes["app_role"]
    for table in ("jobs", "events", "periodic_defers", "workers"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON procrastinate_{table} TO {app}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {app}")
