"""Numbers and quantities can be searched for, and values that stand together in one element."""

from alembic import context, op

from saman.record.migrations.script import carry_out

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Make the table of quantities, fenced as its neighbours, and let `put` fill it."""
    partitions = context.config.attributes.get("partitions", 0)
    carry_out(__file__, by_shard="PARTITION BY HASH (shard)" if partitions else "")
    for number in range(partitions):
        op.get_bind().exec_driver_sql(
            f"CREATE TABLE quantity_{number} PARTITION OF quantity"
            f" FOR VALUES WITH (MODULUS {partitions}, REMAINDER {number})"
        )
