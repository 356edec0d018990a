"""Who calls: the one question the interface asks of sign-in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from saman.kernel.outcome import Refusal
from saman.record import Context


class Identify(Protocol):
    """Tells from a call's headers who asks, for which organisation and for what purpose; `Identity.of_headers` does."""

    async def __call__(self, headers: Iterable[tuple[bytes, bytes]]) -> Context | Refusal:
        """The context of the call; its `request` is the id that the answer and the log carry.

        Refused as unauthenticated when nobody is signed in, as forbidden when somebody is who may not use `/fhir`.
        """
        ...
