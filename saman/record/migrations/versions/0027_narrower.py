"""Search values take less room: a person is a number in them, and their indexes grow at their ends."""

from alembic import context

from saman.record.migrations.script import carry_out
from saman.record.rows import ALSO_SUBJECTS, PATIENT, UNSOUGHT, key

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Lay the tables of search values out anew, with what is in them."""
    partitions = context.config.attributes.get("partitions", 0)
    carry_out(
        __file__,
        by_shard="PARTITION BY HASH (shard)" if partitions else "",
        partitions=partitions,
        nothing=key(""),
        patient=PATIENT,
        subjects=", ".join(f"({number}, {one})" for number, subjects in ALSO_SUBJECTS.items() for one in subjects),
        unsought=", ".join(map(str, sorted(UNSOUGHT))),
    )
