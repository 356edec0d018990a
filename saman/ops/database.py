"""The database that this process shall use: the one in the settings, or the embedded one."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from saman.kernel.outcome import Refusal
from saman.ops import postgres
from saman.ops.postgres import APP
from saman.ops.settings import Settings

Say = Callable[[str], None]


class Source(msgspec.Struct, frozen=True):
    """URLs of a ready database. `admin_url` is empty where somebody else migrates; `cluster` is the embedded server."""

    app_url: str
    admin_url: str
    app_role: str
    cluster: postgres.Cluster | None = None

    def close(self, say: Say) -> None:
        """Leave the embedded server, which stops if nobody else uses it."""
        if self.cluster is not None:
            self.cluster.stop(say)


def find(settings: Settings, say: Say) -> Source | Refusal:
    """Start or attach to the database, and refuse an application role that could see past row-level security."""
    if settings.database_url:
        source = Source(settings.database_url, settings.database_admin_url, postgres.role_of(settings.database_url))
    else:
        cluster = postgres.start(settings.data_dir, say)
        if isinstance(cluster, Refusal):
            return cluster
        source = Source(cluster.app_url(), cluster.admin_url(), APP, cluster)
    unfit = postgres.unfit_role(source.app_url)
    if unfit is not None:
        source.close(say)
        return unfit
    return source
