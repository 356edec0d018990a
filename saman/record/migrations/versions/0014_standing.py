"""Whom posts, services and duties stand for, and the ties of people with that looked up."""

from alembic import context, op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Create the table, and the view that access is judged by: the parts of ties that an organisation holds."""
    app = context.config.attributes["app_role"]
    op.execute("""
        CREATE TABLE stands_for (
            ground text NOT NULL,
            reference text NOT NULL,
            party text NOT NULL,
            since timestamptz,
            until timestamptz
        )""")
    op.execute("CREATE INDEX stands_for_ground ON stands_for (ground)")
    op.execute("CREATE INDEX stands_for_reference ON stands_for (reference)")
    op.execute("CREATE INDEX stands_for_party ON stands_for (party)")
    op.execute("""
        CREATE VIEW tie AS
        SELECT r.ground, r.person, r.kind, r.party, r.role, r.actor, r.topic, r.since, r.until
        FROM relation r WHERE position('/' in r.party) = 0
        UNION ALL
        SELECT r.ground, r.person, r.kind, s.party, r.role, r.actor, r.topic,
               greatest(r.since, s.since), least(r.until, s.until)
        FROM relation r JOIN stands_for s ON s.reference = r.party
        WHERE position('/' in s.party) = 0
          AND coalesce(greatest(r.since, s.since) < least(r.until, s.until), true)
        UNION ALL
        SELECT r.ground, r.person, r.kind, b.party, r.role, r.actor, r.topic,
               greatest(r.since, s.since, b.since), least(r.until, s.until, b.until)
        FROM relation r JOIN stands_for s ON s.reference = r.party JOIN stands_for b ON b.reference = s.party
        WHERE position('/' in b.party) = 0
          AND coalesce(greatest(r.since, s.since, b.since) < least(r.until, s.until, b.until), true)""")
    op.execute(f"GRANT SELECT, INSERT, DELETE ON stands_for TO {app}")
    op.execute(f"GRANT SELECT ON tie TO {app}")
