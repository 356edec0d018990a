"""Told apart from looks: lists that showed a person, now that one entry holds all that a request asked for."""

from pathlib import Path
from string import Template

from alembic import context, op

revision = "0015"
down_revision = "0014"

SHAPE = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    """Say in one place what is a list, and read the log by it."""
    script = Template(SHAPE.read_text()).substitute(app=context.config.attributes["app_role"])
    for statement in script.split(";;\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement.replace("%", "%%"))
