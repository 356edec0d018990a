"""The record: resources, history, index tables, grants, audit, and the fences around them."""

from pathlib import Path
from string import Template

from alembic import context, op

revision = "0001"
down_revision = None

SHAPE = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    """Create the record's tables with row-level security forced on."""
    attributes = context.config.attributes
    partitions = attributes.get("partitions", 0)
    script = Template(SHAPE.read_text()).substitute(
        app=attributes["app_role"], by_shard="PARTITION BY HASH (shard)" if partitions else ""
    )
    bind = op.get_bind()
    for statement in script.split(";;\n"):
        if statement.strip():
            bind.exec_driver_sql(statement.replace("%", "%%"))
    for table in ("resource", "history", "token", "string", "date", "reference"):
        for number in range(partitions):
            bind.exec_driver_sql(
                f"CREATE TABLE {table}_{number} PARTITION OF {table}"
                f" FOR VALUES WITH (MODULUS {partitions}, REMAINDER {number})"
            )
