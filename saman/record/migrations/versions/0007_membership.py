"""Who works where and when, who has left, and which unit belongs to which organisation."""

from alembic import context, op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables; they are filled from the directory before the application serves (`saman.ops.setup`)."""
    app = context.config.attributes["app_role"]
    op.execute("""
        CREATE TABLE membership (
            ground text NOT NULL,
            practitioner text NOT NULL,
            party text NOT NULL,
            role text NOT NULL,
            since timestamptz NOT NULL,
            until timestamptz NOT NULL
        )""")
    op.execute("CREATE INDEX membership_practitioner ON membership (practitioner, party, role)")
    op.execute("CREATE INDEX membership_party ON membership (party, until)")
    op.execute("CREATE INDEX membership_ground ON membership (ground)")
    op.execute("CREATE TABLE leaver (practitioner text PRIMARY KEY)")
    op.execute("""
        CREATE TABLE part_of (
            ground text NOT NULL,
            unit text NOT NULL,
            parent text NOT NULL,
            since timestamptz NOT NULL,
            until timestamptz NOT NULL
        )""")
    op.execute("CREATE INDEX part_of_unit ON part_of (unit, since)")
    op.execute("CREATE INDEX part_of_parent ON part_of (parent, since)")
    op.execute("CREATE INDEX part_of_ground ON part_of (ground)")
    _functions()
    op.execute(f"GRANT SELECT, INSERT, DELETE ON membership, leaver, part_of TO {app}")
    op.execute(f"GRANT EXECUTE ON FUNCTION controller_of, units_of TO {app}")


def _functions() -> None:
    """Up and down between units and organisations as they were at a time, however the data may go in circles."""
    op.execute("""
        CREATE FUNCTION controller_of(unit text, at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
            WITH RECURSIVE up(party, depth) AS (
                SELECT $1, 0
                UNION ALL
                SELECT p.parent, up.depth + 1 FROM up JOIN part_of p
                    ON p.unit = up.party AND p.since <= $2 AND $2 < p.until
                WHERE up.depth < 12
            )
            SELECT party FROM up ORDER BY depth DESC, party LIMIT 1
        $$""")
    op.execute("""
        CREATE FUNCTION units_of(organization text, at timestamptz) RETURNS TABLE (unit text) LANGUAGE sql STABLE AS $$
            WITH RECURSIVE down(party, depth) AS (
                SELECT $1, 0
                UNION
                SELECT p.unit, down.depth + 1 FROM down JOIN part_of p
                    ON p.parent = down.party AND p.since <= $2 AND $2 < p.until
                WHERE down.depth < 12
            )
            SELECT DISTINCT party FROM down ORDER BY party
        $$""")
