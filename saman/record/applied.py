"""The care models that were applied: each is kept with its files, and the newest is in force."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from saman.kernel import json
from saman.model.care.kept import Version
from saman.record.database import Asked, Connection
from saman.record.notices import CHANNEL, Notices

_COLUMNS = "number, region, folder, version, digest, day, services, parties, at, author, reason, origin"
_NEWEST = f"SELECT {_COLUMNS}, files FROM applied_model ORDER BY number DESC LIMIT 1"
_ONE = f"SELECT {_COLUMNS}, files FROM applied_model WHERE number = $1"
_ALL = f"SELECT {_COLUMNS} FROM applied_model ORDER BY number"
_NUMBER = "SELECT coalesce(max(number), 0) AS number FROM applied_model"
_FROM_FOLDER = f"SELECT {_COLUMNS} FROM applied_model WHERE origin = 'folder' ORDER BY number DESC LIMIT 1"
_KEEP = f"""INSERT INTO applied_model ({_COLUMNS}, files)
VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8, $9, $10, $11, $12, $13)"""
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('saman applied model'))"
_TELL = "SELECT pg_notify($1, $2)"


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the care model as it was applied: by whom, when and why.

    `folder` is the name that the paths of its files begin with, `day` the last on which they changed something by
    themselves. `origin`: folder, page, rollback, or day for such a change.
    """

    number: int
    region: str
    folder: str
    version: str
    digest: str
    day: date | None
    services: Mapping[str, str]
    parties: tuple[str, ...]
    at: datetime
    author: str
    reason: str
    origin: str

    @property
    def as_version(self) -> Version:
        """What people's pages need to know of it."""
        parties = frozenset(self.parties)
        return Version(number=self.number, at=self.at, services=self.services, parties=parties)


class Kept(msgspec.Struct, frozen=True):
    """A version with its files."""

    applied: Applied
    files: Mapping[str, str]


async def newest(asked: Asked) -> Kept | None:
    """The version in force; None before any was applied."""
    rows = await asked.fetch(_NEWEST)
    return _kept(rows[0]) if rows else None


async def kept(asked: Asked, number: int) -> Kept | None:
    """One version."""
    rows = await asked.fetch(_ONE, number)
    return _kept(rows[0]) if rows else None


async def versions(asked: Asked) -> tuple[Applied, ...]:
    """Every version, the oldest first."""
    return tuple(_applied(row) for row in await asked.fetch(_ALL))


async def number_now(asked: Asked) -> int:
    """The number of the version in force, 0 before any."""
    number: int = (await asked.fetch(_NUMBER))[0]["number"]
    return number


async def last_from_folder(asked: Asked) -> Applied | None:
    """What was applied from a folder last."""
    rows = await asked.fetch(_FROM_FOLDER)
    return _applied(rows[0]) if rows else None


async def alone(connection: Connection) -> None:
    """Wait until nobody else applies anything, and let nobody until the transaction ends."""
    await connection.execute(_ALONE)


async def keep(connection: Connection, one: Applied, files: Mapping[str, str], topic: str) -> None:
    """Keep a version, and tell every process of it once the transaction is committed."""
    packed = zlib.compress(json.encode(dict(sorted(files.items()))), 9)
    values = (one.number, one.region, one.folder, one.version, one.digest, one.day)
    services = json.encode(dict(one.services)).decode()
    more = (services, list(one.parties), one.at, one.author, one.reason, one.origin, packed)
    await connection.execute(_KEEP, *values, *more)
    await connection.execute(_TELL, CHANNEL, topic)


def topic(notices: Notices) -> str:
    """The topic under which a new version is told."""
    return notices.topic("applied model")


def _kept(row: Any) -> Kept:
    return Kept(_applied(row), msgspec.json.decode(zlib.decompress(row["files"]), type=dict[str, str]))


def _applied(row: Any) -> Applied:
    named = {name: row[name] for name in Applied.__struct_fields__}
    return Applied(**named | {"services": json.decode(row["services"]), "parties": tuple(row["parties"])})
