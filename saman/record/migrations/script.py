"""Carries out the SQL that stands beside a migration."""

from pathlib import Path
from string import Template

from alembic import context, op


def carry_out(migration: str, **names: object) -> None:
    """Run `NNNN_name.sql` beside `NNNN_name.py`: statements end with two semicolons, $app is the application's role."""
    text = Path(migration).with_suffix(".sql").read_text()
    script = Template(text).substitute(names, app=context.config.attributes["app_role"])
    for statement in script.split(";;\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement.replace("%", "%%"))
