"""The record: resources, history, index tables, grants, audit, and the fences around them."""

from alembic import context, op

from saman.record.migrations.script import carry_out

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the record's tables with row-level security forced on."""
    partitions = context.config.attributes.get("partitions", 0)
    carry_out(__file__, by_shard="PARTITION BY HASH (shard)" if partitions else "")
    for table in ("resource", "history", "token", "string", "date", "reference"):
        for number in range(partitions):
            op.get_bind().exec_driver_sql(
                f"CREATE TABLE {table}_{number} PARTITION OF {table}"
                f" FOR VALUES WITH (MODULUS {partitions}, REMAINDER {number})"
            )
