"""The roles and the database of a new server."""

from __future__ import annotations

import psycopg
from psycopg import sql

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
