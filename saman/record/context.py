"""Who asks, for which organisation, for what purpose, and when: the one thing every look at the record carries."""

from __future__ import annotations

from datetime import datetime

import msgspec

from saman.model.access import Assignment, Holder
from saman.model.access.scopes import Narrowing

SYSTEM = 0
"""The context number of the back-end client and of Saman's own work: it may use all of the record."""


class Context(msgspec.Struct, frozen=True):
    """One request's standing.

    `number` is the context key that the grants table is written for; `actor` the reference of who acts
    (`Practitioner/…`, `Patient/…`, `RelatedPerson/…` or `system`), `role` a code from `urn:saman:role`, `party` the id
    of the organisation or unit, `purpose` a code from http://terminology.hl7.org/CodeSystem/v3-ActReason.
    `now` is the time that law and grants are judged at, `request` an id for logs that says nothing about anybody;
    `rights` are those that the service model gives the role; `narrowing` is what an app's token leaves of all this,
    `client` the app's id and `approval` that of what it was let do.
    """

    number: int
    actor: str
    role: str
    party: str
    purpose: str
    now: datetime
    request: str
    kind: str = "staff"
    rights: frozenset[str] = frozenset()
    narrowing: Narrowing | None = None
    client: str = ""
    approval: str = ""

    @property
    def is_system(self) -> bool:
        """Whether nothing is fenced off from this context."""
        return self.number == SYSTEM

    @property
    def assignment(self) -> Assignment:
        """What the request acts as, in the words of access rules."""
        holder = Holder(self.kind)
        own = self.actor if holder in (Holder.CITIZEN, Holder.RELATIVE) else None
        return Assignment(
            number=self.number, kind=holder, purpose=self.purpose, role=self.role, party=self.party, actor=own
        )


def system(now: datetime, request: str = "system") -> Context:
    """The context of imports, timers and the back-end client."""
    return Context(SYSTEM, "system", "system", "", "SYSTEM", now, request, "system")
