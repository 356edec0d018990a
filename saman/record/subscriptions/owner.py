"""Whose a subscription is: what has to be known to ask with that owner's own rights later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from saman.kernel.outcome import Refusal
from saman.model.access import Assignment, Holder
from saman.model.access.scopes import Narrowing, read_scopes
from saman.record.context import Context


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Who made a subscription: as whom, through which client and approval, within which scopes, about whom.

    `narrowed` says whether there are scopes at all; `user` is who an app may know to have signed in.
    """

    context: int
    kind: str
    actor: str
    role: str
    party: str
    purpose: str
    client: str = ""
    approval: str = ""
    scope: str = ""
    patient: str = ""
    user: str = ""
    narrowed: bool = False

    @property
    def assignment(self) -> Assignment:
        """What the owner acted as; its context number is still 0."""
        return Assignment(
            number=0,
            kind=Holder(self.kind),
            purpose=self.purpose,
            role=self.role,
            party=self.party,
            actor=self.actor,
        )

    @property
    def narrowing(self) -> Narrowing | None:
        """What the scopes left, None when there were none."""
        return Narrowing(read_scopes(self.scope).scopes, self.patient, self.user) if self.narrowed else None


Stand = Callable[[Owner, str], Awaitable[Context | Refusal]]
"""The standing that an owner has now, for a request of this id; refused when what it rested on has ended."""


def owner_of(context: Context) -> Owner:
    """Whoever asks, as the owner of what they make."""
    narrowing = context.narrowing
    return Owner(
        context=context.number,
        kind=context.kind,
        actor=context.actor,
        role=context.role,
        party=context.party,
        purpose=context.purpose,
        client=context.client,
        approval=context.approval,
        scope=" ".join(one.text for one in narrowing.scopes) if narrowing else "",
        patient=narrowing.patient if narrowing else "",
        user=narrowing.user if narrowing else "",
        narrowed=narrowing is not None,
    )
