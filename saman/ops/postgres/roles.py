"""The roles and the database of a new server."""

from __future__ import annotations

import psycopg
import psycopg.conninfo
from psycopg import sql

from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops.postgres.place import Pointer

SUPERUSER = "saman_superuser"
OWNER = "saman_owner"
APP = "saman_app"
DATABASE = "saman"


def make_roles(superuser_url: str, pointer: Pointer) -> None:
    """Make owner, application role and database where they are missing. Running it again changes nothing."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for role, password in ((OWNER, pointer.owner), (APP, pointer.app)):
            if not _there(connection, "pg_roles", "rolname", role):
                connection.execute(
                    sql.SQL(
                        "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION PASSWORD {}"
                    ).format(sql.Identifier(role), sql.Literal(password))
                )
        if not _there(connection, "pg_database", "datname", DATABASE):
            make_database(connection, DATABASE)


def role_of(url: str) -> str:
    """The role in a database URL; the one that libpq would take when none is given."""
    return str(psycopg.conninfo.conninfo_to_dict(url).get("user") or APP)


def unfit_role(url: str) -> Refusal | None:
    """Refuse to work under a role that row-level security would not bind, or that owns the tables."""
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute(_POWERS).fetchone()
    except psycopg.Error as error:
        return refused(
            Kind.UNAVAILABLE,
            "exception",
            f"The database in SAMAN_DATABASE_URL cannot be used: {' '.join(str(error).split())}",
        )
    role, superuser, unbound, owner = row or ("", False, False, False)
    for power, what in ((superuser, "a superuser"), (unbound, "not bound by row-level security"), (owner, "the owner")):
        if power:
            return refused(
                Kind.FORBIDDEN,
                "security",
                f"The role {role} is {what}; Saman serves only as a plain role. Give one in SAMAN_DATABASE_URL.",
            )
    return None


_POWERS = """
SELECT current_user, rolsuper, rolbypassrls,
  EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND pg_has_role(datdba, 'MEMBER'))
  OR EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
             AND n.nspname NOT LIKE 'pg\\_%' AND pg_has_role(c.relowner, 'MEMBER'))
FROM pg_roles WHERE rolname = current_user
"""


def not_ready_yet(error: psycopg.OperationalError) -> bool:
    """Whether a connection failed only because the server starts, recovers, or has just lost a process."""
    return any(sign in str(error) for sign in ("starting up", "recovery", "consistent", "server closed the connection"))


def make_database(connection: psycopg.Connection, name: str, template: str = "template0") -> None:
    """Make the database `name`, owned by the owner role and closed to every role but ours."""
    database, owner = sql.Identifier(name), sql.Identifier(OWNER)
    create = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(database, owner, sql.Identifier(template))
    connection.execute(create)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(APP)))


def _there(connection: psycopg.Connection, table: str, column: str, name: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(sql.Identifier(table), sql.Identifier(column))
    return connection.execute(query, (name,)).fetchone() is not None
