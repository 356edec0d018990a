"""What all requests of one process share: connections, keys, policy, the log's writer."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

import asyncpg

from saman.kernel.ids import Mint
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Policy
from saman.model.fhir.validating import Validation
from saman.record.audit import AuditWriter
from saman.record.contents import Contents
from saman.record.context import Context
from saman.record.cursor import Seal
from saman.record.database import Connection, Pool
from saman.record.definitions import Definitions
from saman.record.fence import Fence, enter
from saman.record.joining import Joined
from saman.record.notices import Connect, Listening, Notices
from saman.record.parameters.known import Known
from saman.record.statements import Statements
from saman.record.traffic import Wrote, current
from saman.record.turns import Turns

_ROLE = """SELECT rolsuper OR rolbypassrls OR EXISTS (
    SELECT FROM pg_class c WHERE c.relname = 'resource' AND c.relowner = r.oid
) FROM pg_roles r WHERE rolname = current_user"""

SEARCH_SECONDS = 10.0
"""How long the database may take for each statement of a search before it is refused as too costly."""

SINGLE = 8
"""How many single statements go on at once, whatever transactions do."""


class Limits(NamedTuple):
    """Seconds that the database may take for any statement, and for any wait for a lock; 0: as long as it takes."""

    statement: float = 0
    lock: float = 0


NO_LIMITS = Limits()
"""For what nobody waits for. The log waits as long as it takes, whatever the limits: what is lost there is lost."""

Endpoints = Callable[[str], Refusal | None]
"""Says of an address why nothing can be told there."""


def no_endpoint(address: str) -> Refusal | None:
    """Nobody has said whom this installation may call."""
    text = "This installation calls nobody. Its setting SAMAN_SUBSCRIPTION_HOSTS names the hosts that it may."
    return refused(Kind.UNPROCESSABLE, "not-supported", text, "Subscription.channel.endpoint")


class Store:
    """One per process. `first_fence=False` exists to prove that the second fence holds alone.

    `contents` is where what Binaries hold is kept; without it, it stays in their rows.
    """

    def __init__(
        self,
        pool: Pool,
        statements: Statements,
        log: Statements,
        connect: Connect,
        secret: bytes,
        policy: Policy,
        *,
        first_fence: bool = True,
    ) -> None:
        self.pool = pool
        self.search_seconds = SEARCH_SECONDS
        self.statements = statements
        self._log = log
        self.policy = policy
        self.fence = Fence(on=first_fence)
        self.definitions = Definitions(Validation(), statements, self.fence)
        self.secret = secret
        self.mint = Mint(secret, secrets.token_bytes)
        self.seal = Seal(secret)
        self.audit = AuditWriter(log)
        self.joined = Joined()
        self.contents: Contents | None = None
        self.turns = Turns()
        self.notices = Notices(pool, connect, secret)
        self.parameters = Known(statements, self.notices)
        self.endpoints: Endpoints = no_endpoint
        self._to_tell: dict[Connection, set[str]] = {}
        self._wrote: dict[Connection, list[Wrote]] = {}

    @asynccontextmanager
    async def transaction(self, context: Context, within: Connection | None = None) -> AsyncIterator[Connection]:
        """A transaction of several statements under one context; `within` an open one, a part that can be undone."""
        if within is not None:
            before = len(self._wrote.get(within, ()))
            try:
                async with within.transaction():
                    yield within
            except BaseException:
                del self._wrote.get(within, [])[before:]
                raise
            return
        async with self.pool.acquire() as connection:
            try:
                async with connection.transaction():
                    await enter(connection, context)
                    yield connection
                told = self._to_tell.get(connection, set())
                self.notices.tell(told)
                if self.parameters.topic in told:
                    await self.parameters.learn()
                self.note_written(None, self._wrote.get(connection, ()))
            finally:
                self._to_tell.pop(connection, None)
                self._wrote.pop(connection, None)

    def tell_after(self, connection: Connection, owners: Iterable[str]) -> None:
        """Tell that work of these owners has changed, once the transaction that is open there is committed."""
        for owner in owners:
            self.tell_topic_after(connection, self.work_topic(owner))

    def tell_topic_after(self, connection: Connection, topic: str) -> None:
        """The same for changes that are told under a topic."""
        self._to_tell.setdefault(connection, set()).add(topic)

    def note_written(self, connection: Connection | None, wrote: Iterable[Wrote]) -> None:
        """Note for the answer that is being made what was written, once a transaction open there is committed."""
        now = current()
        if connection is not None:
            self._wrote.setdefault(connection, []).extend(wrote)
        elif now is not None:
            now.write(wrote)

    def work_topic(self, owner: str) -> str:
        """The topic under which changes in the open work of `owner` (`Organization/…`) are told."""
        return self.notices.topic("work", owner)

    async def close(self) -> None:
        """Give the connections back."""
        await self.notices.close()
        await self.statements.close()
        await self.pool.close()
        await self._log.close()


async def open_store(
    url: str,
    policy: Policy,
    *,
    connections: int = 8,
    first_fence: bool = True,
    search_seconds: float = SEARCH_SECONDS,
    limits: Limits = NO_LIMITS,
    validation: Validation | None = None,
) -> Store | Refusal:
    """Connect as the application's role; refused under a role that no fence would hold.

    `connections`: how many transactions go on at once, and at most how many single statements beside them.
    `limits`: of every statement, for a process that answers requests.
    `validation`: how far resources are checked when they are written; without it by the rules of R4.
    """
    pool = await _pool(url, 1, connections, limits)
    if await pool.fetchval(_ROLE):
        await pool.close()
        return refused(
            Kind.FORBIDDEN,
            "security",
            "The database role is a superuser, bypasses row-level security or owns the tables. "
            "Set SAMAN_DATABASE_URL to a plain application role.",
            "SAMAN_DATABASE_URL",
        )
    secret: bytes = await pool.fetchval("SELECT secret FROM instance")
    statements = Statements(await _pool(url, 1, min(SINGLE, connections), limits))
    log = Statements(await _pool(url, 1, 1))
    store = Store(pool, statements, log, partial(_connect, url), secret, policy, first_fence=first_fence)
    store.search_seconds = search_seconds
    if validation is not None:
        store.definitions = Definitions(validation, statements, store.fence)
    await store.parameters.renew()
    return store


async def _connect(url: str) -> Listening:
    """A connection that only listens."""
    return await asyncpg.connect(url, server_settings={"application_name": "saman notices"}, timeout=10)


async def _pool(url: str, least: int, most: int, limits: Limits = NO_LIMITS) -> Pool:
    """Connections that keep nothing between two uses: what a request sets ends with its transaction."""
    return await asyncpg.create_pool(
        url,
        min_size=least,
        max_size=most,
        max_inactive_connection_lifetime=0,
        statement_cache_size=1000,
        max_cached_statement_lifetime=0,
        reset=_keep,
        server_settings={
            "application_name": "saman",
            "plan_cache_mode": "force_generic_plan",
            "jit": "off",
            "client_connection_check_interval": "10000",
            "timezone": "UTC",
            "statement_timeout": f"{limits.statement * 1000:.0f}",
            "lock_timeout": f"{limits.lock * 1000:.0f}",
        },
    )


async def _keep(_: object) -> None:
    """Spare the round trip that would reset settings nobody has changed."""
