"""The log as it is asked for over FHIR: by person, by who acted, by time."""

from pathlib import Path
from string import Template

from alembic import context, op

revision = "0009"
down_revision = "0008"

SHAPE = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    """Let the log be searched through one door, which holds it against the grants."""
    script = Template(SHAPE.read_text()).substitute(app=context.config.attributes["app_role"])
    for statement in script.split(";;\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement.replace("%", "%%"))
