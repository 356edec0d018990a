"""Who is signed in, and what a citizen has begun to write and not sent."""

from alembic import context, op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create sessions and drafts; a draft is seen by the context that began it and by nobody else."""
    app = context.config.attributes["app_role"]
    op.execute("""
        CREATE TABLE session (
            key bytea PRIMARY KEY,
            actor text NOT NULL,
            about text NOT NULL,
            name text NOT NULL,
            kind text NOT NULL,
            role text NOT NULL,
            party text NOT NULL,
            party_name text NOT NULL,
            purpose text NOT NULL,
            context bigint NOT NULL,
            csrf text NOT NULL,
            language text NOT NULL,
            begun timestamptz NOT NULL,
            seen timestamptz NOT NULL
        )""")
    op.execute("CREATE INDEX session_actor ON session (actor)")
    op.execute("""
        CREATE TABLE draft (
            context bigint NOT NULL,
            kind text NOT NULL,
            key text NOT NULL,
            body text NOT NULL,
            updated timestamptz NOT NULL,
            PRIMARY KEY (context, kind)
        )""")
    op.execute("ALTER TABLE draft ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE draft FORCE ROW LEVEL SECURITY")
    op.execute("""
        CREATE POLICY fence ON draft
        USING (context = (SELECT nullif(current_setting('saman.context', true), '')::bigint))""")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON session, draft TO {app}")
