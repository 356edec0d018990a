"""What a database can fail with through nobody's fault, as values."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import asyncpg

from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.audit import Unlogged
from saman.record.door import Door
from saman.record.statements import TooLong

P = ParamSpec("P")
T = TypeVar("T")
D = TypeVar("D", bound=Door)
Answer = Awaitable[T | Refusal]

EXCEEDED = (TooLong, asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError)
"""What the database gives up because it takes too long, or longer than it may wait for others."""

OUTAGES = (
    *EXCEEDED,
    Unlogged,
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.TransactionRollbackError,
    asyncpg.InternalClientError,
    asyncpg.InterfaceError,
)
"""An idle connection that is cut shows as an internal error; among interface errors are bugs, see `outage`."""


def outage(error: Exception) -> Refusal:
    """An error of the database as a refusal; raised again when it is a bug of ours."""
    if isinstance(error, asyncpg.DiskFullError):
        return refused(Kind.STORAGE_FULL, "no-store", "The storage is full. Nothing was changed.", key="record.full")
    if isinstance(error, (asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError)):
        text = "Others were changing the same at the same time. Nothing was changed; try again."
        return refused(Kind.CONFLICT, "lock-error", text, key="record.busy")
    if isinstance(error, EXCEEDED):
        text = "This takes the record too long. Nothing was changed."
        return refused(Kind.TOO_COSTLY, "too-costly", text)
    if isinstance(error, asyncpg.InterfaceError) and (isinstance(error, ValueError) or "clos" not in str(error)):
        raise error
    text = "The record cannot be reached or cannot write its log, so nothing is shown. Try again soon."
    return refused(Kind.UNAVAILABLE, "transient", text, key="record.unavailable")


def or_refusal(method: Callable[Concatenate[D, P], Answer[T]]) -> Callable[Concatenate[D, P], Answer[T]]:
    """Answer an outage with a Refusal; inside an open transaction it is left to whoever opened that."""

    @wraps(method)
    async def answered(self: D, /, *args: P.args, **kwargs: P.kwargs) -> T | Refusal:
        try:
            return await method(self, *args, **kwargs)
        except OUTAGES as error:
            if self.connection is not None:
                raise
            return outage(error)

    return answered
