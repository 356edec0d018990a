"""Open work by owner, so that a worklist of ten thousand items is one index range; and what was done once for all."""

from alembic import context, op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the index table of open Tasks, fenced like the Tasks themselves.

    Its lists go over thousands of rows, so the fence gathers a context's grants once for each statement.
    """
    op.execute("""
        CREATE TABLE work (
            shard smallint NOT NULL,
            id text NOT NULL,
            person text,
            domain smallint NOT NULL,
            kind text NOT NULL,
            status text NOT NULL,
            owner text NOT NULL,
            requester text NOT NULL,
            sent_for text NOT NULL,
            claimed_by text NOT NULL,
            focus text NOT NULL,
            received timestamptz NOT NULL,
            due timestamptz,
            PRIMARY KEY (shard, id)
        )""")
    op.execute("CREATE INDEX work_owner ON work (owner, received)")
    op.execute("CREATE INDEX work_sent_for ON work (sent_for, received)")
    op.execute("CREATE INDEX work_person ON work (person)")
    op.execute("ALTER TABLE work ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE work FORCE ROW LEVEL SECURITY")
    op.execute("""
        CREATE POLICY fence ON work USING (
            (SELECT nullif(current_setting('saman.context', true), '')) = '0'
            OR (person, domain) IN (
                SELECT g.person, g.domain FROM grants g
                WHERE g.context = (SELECT nullif(current_setting('saman.context', true), '')::bigint)
                  AND g.since <= (SELECT nullif(current_setting('saman.at', true), '')::timestamptz)
                  AND g.until > (SELECT nullif(current_setting('saman.at', true), '')::timestamptz)
            )
        )""")
    op.execute("CREATE TABLE done (name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())")
    op.execute(f"GRANT SELECT, INSERT ON done TO {context.config.attributes['app_role']}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON work TO {context.config.attributes['app_role']}")
