"""Apps that people and organisations let in: who they are, what they were let do, and what they hold for it."""

from pathlib import Path
from string import Template

from alembic import context, op

revision = "0012"
down_revision = "0011"

SHAPE = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    """Create what SMART App Launch needs."""
    script = Template(SHAPE.read_text()).substitute(app=context.config.attributes["app_role"])
    for statement in script.split(";;\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement.replace("%", "%%"))
