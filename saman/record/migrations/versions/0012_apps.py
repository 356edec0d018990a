"""Apps that people and organisations let in: who they are, what they were let do, and what they hold for it."""

from alembic import context, op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create what SMART App Launch needs; of codes, tokens and secrets only hashes are kept."""
    app = context.config.attributes["app_role"]
    op.execute("""
        CREATE TABLE client (
            id text PRIMARY KEY,
            name text NOT NULL,
            kind text NOT NULL CHECK (kind IN ('public', 'secret', 'keys')),
            redirects text[] NOT NULL,
            launch text NOT NULL,
            scope text NOT NULL,
            secret bytea,
            keys text,
            party text NOT NULL,
            introspects boolean NOT NULL,
            registered timestamptz NOT NULL,
            removed timestamptz
        )""")
    op.execute("""
        CREATE TABLE approval (
            id text PRIMARY KEY,
            client text NOT NULL REFERENCES client,
            actor text NOT NULL,
            kind text NOT NULL,
            role text NOT NULL,
            party text NOT NULL,
            purpose text NOT NULL,
            patient text NOT NULL,
            scope text NOT NULL,
            session bytea,
            begun timestamptz NOT NULL,
            until timestamptz NOT NULL,
            ended timestamptz
        )""")
    op.execute("CREATE INDEX approval_actor ON approval (actor)")
    op.execute("CREATE INDEX approval_until ON approval (until)")
    op.execute("""
        CREATE TABLE approval_code (
            key bytea PRIMARY KEY,
            approval text NOT NULL REFERENCES approval ON DELETE CASCADE,
            redirect text NOT NULL,
            challenge text NOT NULL,
            nonce text NOT NULL,
            until timestamptz NOT NULL,
            used boolean NOT NULL DEFAULT false
        )""")
    op.execute("CREATE INDEX approval_code_approval ON approval_code (approval)")
    op.execute("""
        CREATE TABLE refresh_token (
            key bytea PRIMARY KEY,
            approval text NOT NULL REFERENCES approval ON DELETE CASCADE,
            used boolean NOT NULL DEFAULT false
        )""")
    op.execute("CREATE INDEX refresh_token_approval ON refresh_token (approval)")
    op.execute("CREATE TABLE client_assertion (key bytea PRIMARY KEY, until timestamptz NOT NULL)")
    op.execute("""
        CREATE TABLE app_launch (
            key bytea PRIMARY KEY,
            client text NOT NULL REFERENCES client,
            actor text NOT NULL,
            party text NOT NULL,
            role text NOT NULL,
            patient text NOT NULL,
            until timestamptz NOT NULL
        )""")
    op.execute("CREATE TABLE signing_key (id text PRIMARY KEY, key text NOT NULL, made timestamptz NOT NULL)")
    tables = "client, approval, approval_code, refresh_token, client_assertion, app_launch"
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {app}")
    op.execute(f"GRANT SELECT, INSERT ON signing_key TO {app}")
