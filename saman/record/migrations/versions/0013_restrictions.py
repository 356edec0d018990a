"""What people have restricted, what follows for each context, and the labels and holders it goes by."""

from pathlib import Path
from string import Template

from alembic import context, op

from saman.model.fhir import resource_number, search_parameters

revision = "0013"
down_revision = "0012"

SHAPE = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    """Let both fences withhold what a person has restricted; who has restricted nothing costs no look more."""
    script = Template(SHAPE.read_text()).substitute(
        app=context.config.attributes["app_role"],
        consent=resource_number("Consent"),
        task=resource_number("Task"),
        organization=resource_number("Organization"),
        part_of=search_parameters("Organization")["partof"].number,
    )
    for statement in script.split(";;\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement.replace("%", "%%"))
