"""What a process knows of the search parameters there are.

It hears of changes by a notice, which may be lost, and looks for itself from time to time. A search that may mean a
parameter of one's own asks the database first whether anything has changed; a write that knew less than it should is
noted by the database and mended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

import asyncpg
import msgspec
import structlog

from saman.kernel.ids import SHARDS
from saman.kernel.outcome import Refusal
from saman.model.fhir.fhirpath import FhirPathError, compile_path
from saman.model.fhir.own_parameters import OFFICIAL, Definition, Own, Parameters
from saman.record.database import Asked, Rows
from saman.record.notices import FAILURES, Notices

FIRST, LAST = 10_000, 32_767
"""The numbers that parameters of one's own have."""
LOOKS = 15.0
"""Seconds after which a process looks for itself."""
MOST = 50
"""Parameters of one's own that are used at the same time, unless a setting says otherwise."""

_CHANGED = "SELECT changed FROM parameter_state"
_KNOWN = """SELECT s.changed, s.written, p.number, p.definition, p.state, p.shard FROM parameter_state s
LEFT JOIN parameter p ON p.state IN ('building', 'ready') ORDER BY p.number"""

log = structlog.get_logger("saman.parameters")


class Understood(Protocol):
    """A search that was read, with the names of what was passed over."""

    @property
    def ignored(self) -> tuple[str, ...]:
        """The parameters that were not understood."""
        ...


S = TypeVar("S", bound=Understood)


class Known:
    """One per process."""

    def __init__(self, asked: Asked, notices: Notices) -> None:
        self._asked = asked
        self._notices = notices
        self.topic = notices.topic("parameters")
        self.most = MOST
        self.now = OFFICIAL

    async def current(self) -> Parameters:
        """The parameters as they are at this moment."""
        changed = (await self._asked.fetch(_CHANGED))[0]["changed"]
        if changed != self.now.changed or self.now.is_building:
            await self.renew()
        return self.now

    async def renew(self) -> None:
        """Learn what there is."""
        found = parameters_of(await self._asked.fetch(_KNOWN))
        if found.changed >= self.now.changed:
            self.now = found

    async def learn(self) -> None:
        """The same for who has just changed something, which is done whether or not this succeeds."""
        try:
            await self.renew()
        except FAILURES as error:
            log.warning("search parameters could not be read", error=type(error).__name__)

    async def follow(self) -> None:
        """Keep up with what other processes change, until cancelled or until the notices end."""
        with self._notices.follow(self.topic) as following:
            while not following.ended:
                await self._notices.listening(LOOKS)
                await self.learn()
                await following.next(LOOKS)

    async def read(self, pairs: Iterable[tuple[str, str]], read: Callable[[Parameters], S | Refusal]) -> S | Refusal:
        """What `pairs` ask for, as `read` understands them with the parameters that there are.

        What names none but official ones is understood without a look at the database.
        """
        known = self.now
        found = read(known)
        if _is_sure(found) and not _may_mean(known, pairs):
            return found
        current = await self.current()
        return found if current is known else read(current)


def _is_sure(found: Understood | Refusal) -> bool:
    """Whether other parameters would not make another search of it."""
    if isinstance(found, Refusal):
        return any(issue.code == "too-costly" for issue in found.issues)
    return not found.ignored


def _may_mean(known: Parameters, pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether a parameter of one's own may be named in a search, or in what it sorts by or brings along."""
    return any(code in f"{name} {value if name[:1] == '_' else ''}" for name, value in pairs for code in known.codes)


async def now_known(connection: Asked) -> Parameters:
    """What there is, as seen on a connection."""
    return parameters_of(await connection.fetch(_KNOWN))


def parameters_of(rows: Rows) -> Parameters:
    """The parameters in the rows of `_KNOWN`, of which there is one at least."""
    own = [one for row in rows if row["number"] is not None and (one := _own(row)) is not None]
    return Parameters(own, rows[0]["changed"], rows[0]["written"])


def _own(row: asyncpg.Record) -> Own | None:
    """A parameter; None for one that this version no longer understands."""
    definition = definition_of(row)
    try:
        compile_path(definition.expression)
    except FhirPathError as fault:
        log.warning("a search parameter is not understood", number=row["number"], fault=type(fault).__name__)
        return None
    return Own(row["number"], definition, row["state"] == "ready", row["shard"] * 100 // SHARDS)


def definition_of(row: Any) -> Definition:
    """The definition that a row holds."""
    return msgspec.json.decode(row["definition"], type=Definition)
