"""What the log keeps of apps: what they were given, and what they were refused.

The request of an entry names the app (`app:growth-chart:5f2c…`), as it does for everything that an app reads or writes.
"""

from __future__ import annotations

import msgspec
import structlog

from saman.kernel.clock import Clock
from saman.model.fhir import resource_number
from saman.record import Context, Store, system
from saman.record.audit import OK, REFUSED, Entry
from saman.record.traffic import keep

_log = structlog.get_logger("saman.apps")
_CONSENT = resource_number("Consent")


def request_of(client: str, request: str) -> str:
    """The id of a request that comes through an app."""
    return f"app:{client}:{request}"


def app_of(request: str) -> str:
    """The app through which a request came, empty when there was none."""
    kind, _, rest = request.partition(":")
    return rest.partition(":")[0] if kind == "app" else ""


class Notes:
    """Writes entries about apps into the log; an answer waits until they are durable."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def given(self, context: Context, client: str, what: str) -> None:
        """That an app was given something: `token`, `code` or `launch`, and within which scopes."""
        await self._note(context, client, what, OK)

    async def refused(self, client: str, why: str, context: Context | None = None) -> None:
        """That something was refused; of a client nobody knows only the server's own log hears."""
        if client:
            await self._note(context or system(self._clock()), client, why, REFUSED)
        else:
            _log.warning("an unknown app was refused", why=why)

    async def _note(self, context: Context, client: str, what: str, outcome: int) -> None:
        named = msgspec.structs.replace(context, request=request_of(client, context.request))
        await keep(self._store.audit, Entry(named, "E", _CONSENT, outcome=outcome, query=f"app {what}"))
