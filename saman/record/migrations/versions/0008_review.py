"""The log as people read it: a citizen's own looks, and what the log reviewer of a controller may see of it."""

from pathlib import Path
from string import Template

from alembic import context, op

revision = "0008"
down_revision = "0007"

SHAPE = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    """Create the doors to the log, who is the controller of which unit, and what reviewers have noted."""
    script = Template(SHAPE.read_text()).substitute(app=context.config.attributes["app_role"])
    for statement in script.split(";;\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement.replace("%", "%%"))
