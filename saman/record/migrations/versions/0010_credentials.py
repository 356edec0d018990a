"""Ways of signing in for real: steps on the way, invitations, passkeys, and by which way a session began."""

from alembic import context, op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create what is kept for signing in; nothing of it is about a citizen."""
    app = context.config.attributes["app_role"]
    op.execute("""
        CREATE TABLE sign_in_begun (
            key bytea PRIMARY KEY,
            kind text NOT NULL,
            body text NOT NULL,
            begun timestamptz NOT NULL
        )""")
    op.execute("CREATE TABLE sign_in_try (key bytea PRIMARY KEY, since timestamptz NOT NULL, tries integer NOT NULL)")
    op.execute("CREATE TABLE invitation (key bytea PRIMARY KEY, actor text NOT NULL, until timestamptz NOT NULL)")
    op.execute("CREATE INDEX invitation_actor ON invitation (actor)")
    op.execute("""
        CREATE TABLE passkey (
            id bytea PRIMARY KEY,
            actor text NOT NULL,
            handle bytea NOT NULL,
            public_key bytea NOT NULL,
            sign_count bigint NOT NULL,
            name text NOT NULL,
            made timestamptz NOT NULL,
            used timestamptz NOT NULL,
            synced boolean NOT NULL,
            stopped boolean NOT NULL
        )""")
    op.execute("CREATE INDEX passkey_actor ON passkey (actor)")
    op.execute("ALTER TABLE session ADD way text NOT NULL DEFAULT '', ADD level text NOT NULL DEFAULT ''")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_begun, sign_in_try, invitation, passkey TO {app}")
