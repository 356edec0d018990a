"""Writes of several requests in one statement."""

from pathlib import Path
from string import Template

from alembic import context, op

revision = "0006"
down_revision = "0005"

SHAPE = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    """Let `put` know who asked for each resource, and fence a resource's search values by the resource alone."""
    script = Template(SHAPE.read_text()).substitute(app=context.config.attributes["app_role"])
    for statement in script.split(";;\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement.replace("%", "%%"))
